using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Commence.Lib;
using Commence.Memory;
using Commence.Sched;
using Commence.Time;
using Xunit;
using Completion = Commence.Sched.Completion;
using Task = Commence.Sched.Task;

namespace Commence.Tests.Sched;

public class SchedulerTests
{
    private Completion _first;
    private Completion _second;
    private WaitQueue _queue;
    private int _value;

    [Fact]
    public void ThreadsRunAndAreJoined() => HostedKernel.Run(() =>
    {
        KernelThread[] threads = [.. Enumerable.Range(0, 20).Select(i => HostedKernel.Spawn(() => i * i))];
        for (int i = 0; i < threads.Length; i++)
            Assert.Equal(i * i, threads[i].Join());
    });

    [Fact]
    public void AThreadThatIsStartedAsleepBeginsWhenItIsWoken() => HostedKernel.Run(() =>
    {
        bool wasWoken = false;
        KernelThread thread = HostedKernel.Create(() => Volatile.Read(ref wasWoken) ? 7 : 0);
        thread.StartAsleep();
        Assert.Equal(TaskState.Idle, thread.Task.State);
        Volatile.Write(ref wasWoken, true);
        Assert.True(Scheduler.WakeUp(thread.Task, TaskState.Normal));
        Assert.Equal(7, thread.Join());
    });

    [Fact]
    public void DeadTasksAreBuriedAndNotFoundAnyMore() => HostedKernel.Run(() =>
    {
        KernelThread thread = HostedKernel.Spawn(() => 0);
        Task task = thread.Task;
        int number = task.Pid;
        thread.Join();
        HostedKernel.WaitUntil(() => Kmem.IsFreed(task), "the task's memory is free");
        Assert.False(TaskTable.TryFind(number, out _));
    });

    [Fact]
    public void TasksAreFoundByNumber() => HostedKernel.Run(() =>
    {
        Task self = Task.Current;
        Assert.True(TaskTable.TryFind(self.Pid, out Task found));
        Assert.Same(self, found);
        found.Put();
        Assert.True(TaskTable.TryFind(1, out Task init));
        Assert.Equal("init"u8.ToArray(), init.Name.ToArray());
        init.Put();
        Assert.True(TaskTable.TryFind(KernelThreadDaemon.Pid, out Task daemon));
        Assert.Equal("kthreadd"u8.ToArray(), daemon.Name.ToArray());
        daemon.Put();
    });

    [Fact]
    public void PingPong() => HostedKernel.Run(() =>
    {
        const int Rounds = 500;
        KernelThread other = HostedKernel.Spawn(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                _first.Wait();
                _value++;
                _second.Complete();
            }
        });
        for (int i = 0; i < Rounds; i++)
        {
            _first.Complete();
            _second.Wait();
            Assert.Equal(i + 1, _value);
        }

        other.Join();
    });

    [Fact]
    public void PingPongBetweenAllPairsOfProcessors() => HostedKernel.Run(() =>
    {
        const int Rounds = 50;
        for (int a = 0; a < HostedKernel.ProcessorCount; a++)
        {
            for (int b = 0; b < HostedKernel.ProcessorCount; b++)
            {
                Assert.Equal(Errno.None, Scheduler.SetAffinity(Task.Current, CpuMask.Of(new CpuId(a))));
                CpuId where = new(b);
                KernelThread other = HostedKernel.Spawn(() =>
                {
                    Assert.Equal(Errno.None, Scheduler.SetAffinity(Task.Current, CpuMask.Of(where)));
                    for (int i = 0; i < Rounds; i++)
                    {
                        _first.Wait();
                        Assert.Equal(where, PerCpuArea.Id);
                        _second.Complete();
                    }
                });
                for (int i = 0; i < Rounds; i++)
                {
                    _first.Complete();
                    _second.Wait();
                    Assert.Equal(new CpuId(a), PerCpuArea.Id);
                }

                other.Join();
            }
        }
    });

    private readonly struct AtLeast(SchedulerTests test, int value) : IWaitCondition
    {
        public bool IsMet() => Volatile.Read(ref test._value) >= value;
    }

    [Fact]
    public void StormOfWakeUpsLosesNone() => HostedKernel.Run(() =>
    {
        const int Sleepers = 12;
        const int Rounds = 200;
        int arrived = 0;
        KernelThread[] threads = [.. Enumerable.Range(0, Sleepers).Select(_ => HostedKernel.Spawn(() =>
        {
            for (int round = 1; round <= Rounds; round++)
            {
                AtLeast condition = new(this, round);
                _queue.Wait(ref condition);
                if (Interlocked.Increment(ref arrived) == Sleepers * round)
                    _first.Complete();
            }
        }))];
        for (int round = 1; round <= Rounds; round++)
        {
            Volatile.Write(ref _value, round);
            _queue.WakeAll();
            _first.Wait();
        }

        foreach (KernelThread thread in threads)
            thread.Join();
        Assert.False(_queue.HasWaiters());
    });

    private readonly struct TakesOne(SchedulerTests test) : IWaitCondition
    {
        public bool IsMet()
        {
            while (true)
            {
                int value = Volatile.Read(ref test._value);
                if (value == 0)
                    return false;
                if (Interlocked.CompareExchange(ref test._value, value - 1, value) == value)
                    return true;
            }
        }
    }

    [Fact]
    public void WakeOneIsEnoughForEachItem() => HostedKernel.Run(() =>
    {
        const int Consumers = 6;
        const int PerConsumer = 100;
        KernelThread[] threads = [.. Enumerable.Range(0, Consumers).Select(_ => HostedKernel.Spawn(() =>
        {
            _first.Wait();
            for (int i = 0; i < PerConsumer; i++)
            {
                TakesOne condition = new(this);
                Assert.Equal(WaitResult.Met, _queue.WaitExclusiveInterruptible(ref condition));
            }
        }))];
        _first.CompleteAll();
        for (int i = 0; i < Consumers * PerConsumer; i++)
        {
            Interlocked.Increment(ref _value);
            _queue.WakeOne();
            if (i % 7 == 0)
                Scheduler.Yield();
        }

        foreach (KernelThread thread in threads)
            thread.Join();
        Assert.Equal(0, _value);
    });

    [Fact]
    public void SleepLastsAtLeastAsLong() => HostedKernel.Run(() =>
    {
        for (ulong ms = 0; ms < 20; ms += 3)
        {
            Nanoseconds begin = Clock.Monotonic();
            Scheduler.Sleep(Nanoseconds.FromMilliseconds(ms));
            Assert.True(Clock.Monotonic() - begin >= Nanoseconds.FromMilliseconds(ms));
        }
    });

    [Fact]
    public void WaitEndsAtItsDeadline() => HostedKernel.Run(() =>
    {
        AtLeast never = new(this, 1);
        Nanoseconds deadline = Clock.Monotonic() + Nanoseconds.FromMilliseconds(5);
        Assert.Equal(WaitResult.TimedOut, _queue.Wait(ref never, deadline));
        Assert.True(Clock.Monotonic() >= deadline);
        Assert.Equal(WaitResult.TimedOut, _first.Wait(Clock.Monotonic() + Nanoseconds.FromMilliseconds(5)));
        Assert.False(_queue.HasWaiters());

        // The condition wins over a deadline that has passed.
        _value = 1;
        Assert.Equal(WaitResult.Met, _queue.Wait(ref never, deadline));
    });

    [Fact]
    public void SignalsEndInterruptibleSleeps() => HostedKernel.Run(() =>
    {
        for (int i = 0; i < 100; i++)
        {
            KernelThread sleeper = HostedKernel.Spawn(() =>
            {
                AtLeast never = new(this, 1);
                return (int)_queue.WaitInterruptible(ref never);
            });
            if (i % 2 == 0)
                Scheduler.Yield();
            sleeper.Task.AddWork(TaskWork.Signal);
            Scheduler.WakeUp(sleeper.Task, TaskState.Interruptible);
            Assert.Equal((int)WaitResult.Interrupted, sleeper.Join());
        }
    });

    [Fact]
    public void OnlyFatalSignalsEndKillableSleeps() => HostedKernel.Run(() =>
    {
        KernelThread sleeper = HostedKernel.Spawn(() =>
        {
            AtLeast never = new(this, 1);
            return (int)_queue.WaitKillable(ref never);
        });
        Task task = sleeper.Task;
        HostedKernel.WaitUntil(() => task.State == TaskState.Killable, "it sleeps");
        task.AddWork(TaskWork.Signal);
        Assert.False(Scheduler.WakeUp(task, TaskState.Interruptible));
        task.AddWork(TaskWork.FatalSignal);
        Assert.True(Scheduler.WakeUp(task, TaskState.Interruptible | TaskState.WakeKill));
        Assert.Equal((int)WaitResult.Interrupted, sleeper.Join());
    });

    [Fact]
    public void StoppedThreadsEnd() => HostedKernel.Run(() =>
    {
        KernelThread thread = HostedKernel.Spawn(() =>
        {
            int rounds = 0;
            while (!KernelThread.ShouldStop)
            {
                Scheduler.Sleep(Nanoseconds.FromMilliseconds(1));
                rounds++;
            }

            return rounds;
        });
        Scheduler.Sleep(Nanoseconds.FromMilliseconds(20));
        Assert.True(thread.Stop() > 0);
    });

    [Fact]
    public void BusyThreadIsMovedByItsAffinity() => HostedKernel.Run(() =>
    {
        KernelThread busy = HostedKernel.Spawn(() =>
        {
            while (!KernelThread.ShouldStop)
                Cpu.Relax();
        });
        for (int round = 0; round < 20; round++)
        {
            CpuId cpu = new(round % HostedKernel.ProcessorCount);
            Assert.Equal(Errno.None, Scheduler.SetAffinity(busy.Task, CpuMask.Of(cpu)));
            HostedKernel.WaitUntil(() => busy.Task.IsOnCpu, "it runs");
            Assert.Equal(cpu, busy.Task.Cpu);
        }

        busy.Stop();
    });

    [Fact]
    public void SleepingThreadWakesWhereItMay() => HostedKernel.Run(() =>
    {
        KernelThread sleeper = HostedKernel.Spawn(() =>
        {
            int wrong = 0;
            for (int i = 0; i < 40; i++)
            {
                _first.Wait();
                Task.Current.GetAffinity(out CpuMask allowed);
                if (!allowed.Contains(PerCpuArea.Id))
                    wrong++;
                _second.Complete();
            }

            return wrong;
        });
        for (int i = 0; i < 40; i++)
        {
            CpuMask cpus = CpuMask.Of(new CpuId(i % HostedKernel.ProcessorCount));
            Assert.Equal(Errno.None, Scheduler.SetAffinity(sleeper.Task, in cpus));
            _first.Complete();
            _second.Wait();
        }

        Assert.Equal(0, sleeper.Join());
    });

    [Fact]
    public void AffinityWithoutAnActiveProcessorIsRefused() => HostedKernel.Run(() =>
    {
        CpuMask none = default;
        Assert.Equal(Errno.EINVAL, Scheduler.SetAffinity(Task.Current, in none));
        CpuMask absent = CpuMask.Of(new CpuId(500));
        Assert.Equal(Errno.EINVAL, Scheduler.SetAffinity(Task.Current, in absent));
    });

    [Fact]
    public void AllProcessorsTakeWork() => HostedKernel.Run(() =>
    {
        int seen = 0;
        KernelThread[] threads = [.. Enumerable.Range(0, 2 * HostedKernel.ProcessorCount).Select(_ => HostedKernel.Spawn(() =>
        {
            while (!KernelThread.ShouldStop)
            {
                Interlocked.Or(ref seen, 1 << PerCpuArea.Id.Value);
                Cpu.Relax();
            }
        }))];
        HostedKernel.WaitUntil(() => Volatile.Read(ref seen) == (1 << HostedKernel.ProcessorCount) - 1, "each processor ran one");
        foreach (KernelThread thread in threads)
            thread.Stop();
    });

    // Tasks that pile up on one processor are pulled by the idle ones.
    [Fact]
    public void IdleProcessorsPullWaitingTasks() => HostedKernel.Run(() =>
    {
        int seen = 0;
        CpuMask one = CpuMask.Of(new CpuId(0));
        CpuMask all = CpuMask.FirstCpus(HostedKernel.ProcessorCount);
        KernelThread[] threads = [.. Enumerable.Range(0, HostedKernel.ProcessorCount).Select(_ => HostedKernel.Spawn(() =>
        {
            while (!KernelThread.ShouldStop)
            {
                Interlocked.Or(ref seen, 1 << PerCpuArea.Id.Value);
                Cpu.Relax();
            }
        }))];
        foreach (KernelThread thread in threads)
            Assert.Equal(Errno.None, Scheduler.SetAffinity(thread.Task, in one));
        Volatile.Write(ref seen, 0);
        foreach (KernelThread thread in threads)
            Assert.Equal(Errno.None, Scheduler.SetAffinity(thread.Task, in all));
        HostedKernel.WaitUntil(() => Volatile.Read(ref seen) == (1 << HostedKernel.ProcessorCount) - 1, "each processor pulled one");
        foreach (KernelThread thread in threads)
            thread.Stop();
    });

    [Fact]
    public void RealTimeTaskRunsBeforeFairOnes() => HostedKernel.Run(() =>
    {
        // On one processor: a busy fair thread must not delay the real-time one.
        CpuMask one = CpuMask.Of(new CpuId(1));
        KernelThread busy = HostedKernel.Spawn(() =>
        {
            while (!KernelThread.ShouldStop)
                Cpu.Relax();
        });
        KernelThread urgent = HostedKernel.Spawn(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                _first.Wait();
                _second.Complete();
            }
        });
        Assert.Equal(Errno.None, Scheduler.SetAffinity(busy.Task, in one));
        Assert.Equal(Errno.None, Scheduler.SetAffinity(urgent.Task, in one));
        Scheduler.SetPolicy(urgent.Task, SchedulingPolicy.Fifo, nice: 0, realTimePriority: 10);
        for (int i = 0; i < 50; i++)
        {
            _first.Complete();
            _second.Wait();
        }

        urgent.Join();
        busy.Stop();
    });

    [Fact]
    public void PolicyOfARunningTaskMayChange() => HostedKernel.Run(() =>
    {
        KernelThread busy = HostedKernel.Spawn(() =>
        {
            while (!KernelThread.ShouldStop)
                Cpu.Relax();
        });
        for (int i = 0; i < 50; i++)
        {
            Scheduler.SetNice(busy.Task, (i % 40) - 20);
            if (i % 3 == 0)
                Scheduler.SetPolicy(busy.Task, SchedulingPolicy.RoundRobin, 0, 1 + (i % 99));
            else
                Scheduler.SetPolicy(busy.Task, SchedulingPolicy.Normal, i % 20, 0);
            Scheduler.Yield();
        }

        busy.Stop();
    });
}
