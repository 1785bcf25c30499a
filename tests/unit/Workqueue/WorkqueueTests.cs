// Workqueues on the hosted kernel's four processors: order, limits, flush, cancellation, timers, and what is never lost.
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;
using Commence.Smp;
using Commence.Tests.Sched;
using Commence.Workqueues;
using Xunit;
using Completion = Commence.Sched.Completion;
using Task = Commence.Sched.Task;

namespace Commence.Tests.Workqueues;

public class WorkqueueTests
{
    private sealed class Act(Action<Act> body) : Work
    {
        private int _runs;

        public Act(Action body)
            : this(_ => body())
        {
        }

        public int Runs => Volatile.Read(ref _runs);

        protected internal override void Run()
        {
            body(this);
            Interlocked.Increment(ref _runs);
        }
    }

    private sealed class LateAct(Action body) : DelayedWork
    {
        private int _runs;

        public int Runs => Volatile.Read(ref _runs);

        protected internal override void Run()
        {
            body();
            Interlocked.Increment(ref _runs);
        }
    }

    private sealed class Gate
    {
        private Completion _completion;

        public void Open() => _completion.CompleteAll();

        public void Pass() => _completion.Wait();
    }

    private static Workqueue Create(WorkqueueFlags flags = WorkqueueFlags.None, int maxActive = 0) =>
        Workqueue.TryCreate("test"u8, flags, maxActive).Value;

    [Fact]
    public void RunsInTheOrderOfQueueingOnOneProcessor() => HostedKernel.Run(() =>
    {
        Workqueue queue = Create(maxActive: 1);
        List<int> order = [];
        for (int i = 0; i < 100; i++)
        {
            int number = i;
            Assert.True(queue.QueueOn(new CpuId(2), new Act(() => order.Add(number))));
        }

        queue.Flush();
        Assert.Equal(Enumerable.Range(0, 100), order);
        Assert.Equal(Errno.None, queue.Destroy());
    });

    [Fact]
    public void AnOrderedQueueRunsOneAfterTheOther() => HostedKernel.Run(() =>
    {
        Workqueue queue = Create(WorkqueueFlags.Unbound, maxActive: 1);
        List<int> order = [];
        int inside = 0;
        for (int i = 0; i < 60; i++)
        {
            int number = i;
            queue.Queue(new Act(() =>
            {
                Assert.Equal(1, Interlocked.Increment(ref inside));
                if (number % 7 == 0)
                    Scheduler.Sleep(Nanoseconds.FromMicroseconds(200));
                order.Add(number);
                Interlocked.Decrement(ref inside);
            }));
        }

        queue.Flush();
        Assert.Equal(Enumerable.Range(0, 60), order);
        Assert.Equal(Errno.None, queue.Destroy());
    });

    [Fact]
    public void StaysOnItsProcessor() => HostedKernel.Run(() =>
    {
        for (int cpu = 0; cpu < HostedKernel.ProcessorCount; cpu++)
        {
            int seen = -1;
            string name = "";
            Act work = new(() =>
            {
                Scheduler.Sleep(Nanoseconds.FromMicroseconds(100)); // it could be moved here
                using Preempt.Guard guard = Preempt.Disable();
                seen = PerCpuArea.Id.Value;
                name = System.Text.Encoding.UTF8.GetString(Task.Current.Name);
            });
            SystemWorkqueues.Normal.QueueOn(new CpuId(cpu), work);
            work.Flush();
            Assert.Equal(cpu, seen);
            Assert.StartsWith($"kworker/{cpu}:", name);
        }
    });

    [Fact]
    public void NamesWorkersAsLinuxDoes() => HostedKernel.Run(() =>
    {
        string unbound = "";
        string high = "";
        int nice = 0;
        Act first = new(() => unbound = System.Text.Encoding.UTF8.GetString(Task.Current.Name));
        Act second = new(() =>
        {
            high = System.Text.Encoding.UTF8.GetString(Task.Current.Name);
            nice = Task.Current.Nice;
        });
        SystemWorkqueues.Unbound.Queue(first);
        SystemWorkqueues.HighPriority.QueueOn(new CpuId(3), second);
        first.Flush();
        second.Flush();
        Assert.StartsWith($"kworker/u{2 * HostedKernel.ProcessorCount}:", unbound);
        Assert.StartsWith("kworker/3:", high);
        Assert.EndsWith("H", high);
        Assert.Equal(-20, nice);
    });

    [Fact]
    public void APendingWorkIsNotQueuedTwice() => HostedKernel.Run(() =>
    {
        Gate gate = new();
        Act blocker = new(gate.Pass);
        Act work = new(() => { });
        Workqueue queue = Create(maxActive: 1);
        queue.QueueOn(new CpuId(1), blocker);
        Assert.True(queue.QueueOn(new CpuId(1), work));
        Assert.False(queue.QueueOn(new CpuId(1), work));
        Assert.False(queue.QueueOn(new CpuId(2), work));
        Assert.True(work.IsPending);
        gate.Open();
        queue.Flush();
        Assert.False(work.IsPending);
        Assert.Equal(1, work.Runs);
        Assert.Equal(Errno.None, queue.Destroy());
    });

    // A hundred works of one processor sleep at the same time: none keeps another from beginning.
    [Fact]
    public void ASleepingWorkBlocksNobody() => HostedKernel.Run(() =>
    {
        const int Count = 40;
        Gate gate = new();
        int begun = 0;
        Act[] works = [.. Enumerable.Range(0, Count).Select(_ => new Act(() =>
        {
            Interlocked.Increment(ref begun);
            gate.Pass();
        }))];
        foreach (Act work in works)
            SystemWorkqueues.Normal.QueueOn(new CpuId(1), work);
        HostedKernel.WaitUntil(() => Volatile.Read(ref begun) == Count, "all have begun");
        gate.Open();
        SystemWorkqueues.Normal.Flush();
        Assert.All(works, static work => Assert.Equal(1, work.Runs));
    });

    [Theory]
    [InlineData(WorkqueueFlags.None)]
    [InlineData(WorkqueueFlags.Unbound)]
    [InlineData(WorkqueueFlags.CpuIntensive)]
    public void NoMoreThanMaxActiveRunAtATime(WorkqueueFlags flags) => HostedKernel.Run(() =>
    {
        const int MaxActive = 3;
        Workqueue queue = Create(flags, MaxActive);
        int inside = 0;
        int most = 0;
        Act[] works = [.. Enumerable.Range(0, 30).Select(_ => new Act(() =>
        {
            int now = Interlocked.Increment(ref inside);
            Assert.InRange(now, 1, MaxActive);
            InterlockedMax(ref most, now);
            Scheduler.Sleep(Nanoseconds.FromMilliseconds(1));
            Interlocked.Decrement(ref inside);
        }))];
        foreach (Act work in works)
            queue.QueueOn(new CpuId(0), work);
        queue.Flush();
        Assert.All(works, static work => Assert.Equal(1, work.Runs));
        Assert.Equal(MaxActive, most);
        Assert.Equal(Errno.None, queue.Destroy());
    });

    [Fact]
    public void FlushWaitsForWhatWasQueuedBeforeIt() => HostedKernel.Run(() =>
    {
        Gate gate = new();
        Act blocker = new(gate.Pass);
        Act work = new(() => { });
        Assert.False(work.Flush()); // never queued
        Workqueue queue = Create(maxActive: 1);
        queue.QueueOn(new CpuId(1), blocker);
        queue.QueueOn(new CpuId(1), work);
        bool isFlushed = false;
        KernelThread flusher = HostedKernel.Spawn(() =>
        {
            Assert.True(work.Flush());
            Volatile.Write(ref isFlushed, true);
        });
        KernelThread queueFlusher = HostedKernel.Spawn(queue.Flush);
        HostedKernel.WaitUntil(() => flusher.Task.State == TaskState.Uninterruptible && queueFlusher.Task.State == TaskState.Uninterruptible, "both sleep");
        Assert.False(Volatile.Read(ref isFlushed));
        gate.Open();
        flusher.Join();
        queueFlusher.Join();
        Assert.True(isFlushed);
        Assert.Equal(1, work.Runs);
        Assert.False(work.Flush());
        Assert.Equal(Errno.None, queue.Destroy());
    });

    [Fact]
    public void AWorkQueuesItselfAnewAndNeverRunsTwiceAtATime() => HostedKernel.Run(() =>
    {
        const int Rounds = 200;
        int inside = 0;
        int rounds = 0;
        Act work = new(self =>
        {
            Assert.Equal(1, Interlocked.Increment(ref inside));
            int round = ++rounds; // no two at a time
            if (round < Rounds)
                Assert.True(SystemWorkqueues.Unbound.QueueOn(new CpuId(round % 4), self));
            if (round % 16 == 0)
                Scheduler.Sleep(Nanoseconds.FromMicroseconds(100)); // others look for work meanwhile
            Interlocked.Decrement(ref inside);
        });
        SystemWorkqueues.Unbound.Queue(work);
        HostedKernel.WaitUntil(() => work.Runs == Rounds, "all rounds");
        work.Flush();
        Assert.Equal(Rounds, rounds);
    });

    // Queued on other processors while it runs, it stays with the worker that runs it.
    [Fact]
    public void NeverRunsOnTwoProcessorsAtATime() => HostedKernel.Run(() =>
    {
        int inside = 0;
        int queued = 0;
        Act work = new(() =>
        {
            Assert.Equal(1, Interlocked.Increment(ref inside));
            Scheduler.Yield();
            Interlocked.Decrement(ref inside);
        });
        KernelThread[] threads = [.. Enumerable.Range(0, 4).Select(number => HostedKernel.Spawn(() =>
        {
            for (int i = 0; i < 200; i++)
            {
                if (SystemWorkqueues.Normal.QueueOn(new CpuId((number + i) % 4), work))
                    Interlocked.Increment(ref queued);
                if (i % 8 == 0)
                    Scheduler.Yield();
            }
        }))];
        foreach (KernelThread thread in threads)
            thread.Join();
        work.Flush();
        Assert.Equal(queued, work.Runs); // each that was accepted has run, once
    });

    [Fact]
    public void EveryEventIsSeenByALaterRun() => HostedKernel.Run(() =>
    {
        int events = 0;
        int seen = 0;
        Act work = new(() => Interlocked.Add(ref seen, Interlocked.Exchange(ref events, 0)));
        KernelThread[] threads = [.. Enumerable.Range(0, 3).Select(_ => HostedKernel.Spawn(() =>
        {
            for (int i = 0; i < 300; i++)
            {
                Interlocked.Increment(ref events);
                SystemWorkqueues.Normal.Queue(work); // refused: a run is still to come
            }
        }))];
        foreach (KernelThread thread in threads)
            thread.Join();
        work.Flush();
        Assert.Equal(900, seen);
    });

    [Fact]
    public void ACancelledWorkDoesNotRun() => HostedKernel.Run(() =>
    {
        Gate gate = new();
        Workqueue queue = Create(maxActive: 1);
        Act blocker = new(gate.Pass);
        Act ready = new(() => { });
        Act inactive = new(() => { });
        queue.QueueOn(new CpuId(1), blocker);
        HostedKernel.WaitUntil(() => !blocker.IsPending, "the blocker runs");
        queue.QueueOn(new CpuId(1), inactive);
        SystemWorkqueues.Normal.QueueOn(new CpuId(2), ready);
        Assert.True(inactive.Cancel());
        Assert.False(inactive.Cancel());
        bool wasPending = ready.CancelAndWait();
        Assert.Equal(wasPending ? 0 : 1, ready.Runs);
        gate.Open();
        queue.Flush();
        Assert.Equal(0, inactive.Runs);
        Assert.Equal(Errno.None, queue.Destroy());
    });

    [Fact]
    public void CancelAndWaitStopsAWorkThatQueuesItself() => HostedKernel.Run(() =>
    {
        for (int round = 0; round < 20; round++)
        {
            Act work = new(self => SystemWorkqueues.Normal.Queue(self));
            SystemWorkqueues.Normal.QueueOn(new CpuId(round % 4), work);
            HostedKernel.WaitUntil(() => work.Runs > 0, "it runs");
            work.CancelAndWait();
            int runs = work.Runs;
            Assert.False(work.IsPending);
            Assert.True(SystemWorkqueues.Normal.Queue(work)); // and it may be used again
            work.CancelAndWait();
            Assert.InRange(work.Runs, runs, int.MaxValue);
        }
    });

    [Fact]
    public void ADelayedWorkRunsOnceItsTimeHasCome() => HostedKernel.Run(() =>
    {
        ulong ran = 0;
        LateAct work = new(() => ran = Commence.Time.Clock.Monotonic().Value);
        ulong due = Commence.Time.Clock.Monotonic().Value + 5_000_000;
        Assert.True(SystemWorkqueues.Normal.QueueDelayedOn(new CpuId(2), work, Nanoseconds.FromMilliseconds(5)));
        Assert.False(SystemWorkqueues.Normal.QueueDelayed(work, default)); // it is pending
        HostedKernel.WaitUntil(() => work.Runs == 1, "it has run");
        Assert.InRange(ran, due, ulong.MaxValue); // never early
        work.Flush();
        work.Free();
    });

    [Fact]
    public void ADelayedWorkIsCancelledFlushedAndMoved() => HostedKernel.Run(() =>
    {
        LateAct work = new(() => { });
        SystemWorkqueues.Normal.QueueDelayed(work, Nanoseconds.FromSeconds(3600));
        Assert.True(work.CancelAndWait());
        Assert.False(work.CancelAndWait());
        Assert.Equal(0, work.Runs);

        SystemWorkqueues.Normal.QueueDelayed(work, Nanoseconds.FromSeconds(3600));
        Assert.True(work.FlushDelayed());
        Assert.Equal(1, work.Runs);

        Assert.False(SystemWorkqueues.Normal.ModifyDelayed(work, Nanoseconds.FromSeconds(3600)));
        Assert.True(SystemWorkqueues.Normal.ModifyDelayed(work, default));
        HostedKernel.WaitUntil(() => work.Runs == 2, "it has run");
        work.Flush();
        work.Free();
    });

    [Fact]
    public void ADrainedQueueTakesOnlyItsOwnWork() => HostedKernel.Run(() =>
    {
        Gate gate = new();
        Workqueue queue = Create(WorkqueueFlags.Unbound);
        int chain = 0;
        Act link = null!;
        link = new Act(() =>
        {
            gate.Pass();
            if (++chain < 5)
                Assert.True(queue.Queue(link));
        });
        queue.Queue(link);
        KernelThread drainer = HostedKernel.Spawn(() => (int)queue.Destroy());
        HostedKernel.WaitUntil(() => drainer.Task.State == TaskState.Uninterruptible, "it drains");
        Act stranger = new(() => { });
        Assert.False(queue.Queue(stranger));
        Assert.False(stranger.IsPending);
        gate.Open();
        Assert.Equal((int)Errno.None, drainer.Join());
        Assert.Equal(5, chain);
        Assert.True(Kmem.IsFreed(queue));
    });

    [Fact]
    public void AWorkThatLeavesPreemptionOffIsReportedAndRepaired() => HostedKernel.Run(() =>
    {
        Act bad = new(PerCpuArea.DisablePreemption);
        Act next = new(() => Assert.True(Preempt.IsPossible));
        SystemWorkqueues.Normal.QueueOn(new CpuId(1), bad);
        SystemWorkqueues.Normal.QueueOn(new CpuId(1), next);
        next.Flush();
        bad.Flush();
        Assert.Equal(1, next.Runs);
    });

    [Fact]
    public void WithoutMemoryForWorkersTheWorkGoesOn() => HostedKernel.Run(() =>
    {
        Workqueue queue = Create();
        int before = Kmem.NewsLeft;
        Kmem.NewsLeft = 0;
        try
        {
            Act[] works = [.. Enumerable.Range(0, 20).Select(_ => new Act(() => Scheduler.Sleep(Nanoseconds.FromMicroseconds(50))))];
            foreach (Act work in works)
                queue.QueueOn(new CpuId(3), work);
            queue.Flush();
            Assert.All(works, static work => Assert.Equal(1, work.Runs));
        }
        finally
        {
            Kmem.NewsLeft = before;
        }

        Assert.Equal(Errno.None, queue.Destroy());
    });

    [Fact]
    public void IdleWorkersEndWhenThereAreTooMany() => HostedKernel.Run(() =>
    {
        Nanoseconds before = WorkerManager.IdleMax;
        WorkerManager.IdleMax = Nanoseconds.FromMilliseconds(2);
        try
        {
            Gate gate = new();
            for (int i = 0; i < 12; i++)
                SystemWorkqueues.Normal.QueueOn(new CpuId(0), new Act(gate.Pass));
            WorkerPool pool = Processors.Get(new CpuId(0)).WorkerPool!;
            HostedKernel.WaitUntil(() => pool.WorkerCount > 12, "a worker for each, and an idle one");
            gate.Open();
            SystemWorkqueues.Normal.Flush();
            WorkerManager.Request(pool); // it may sleep on the long limit
            HostedKernel.WaitUntil(() => pool.WorkerCount <= 3, "too many have ended");
            Act last = new(() => { });
            SystemWorkqueues.Normal.QueueOn(new CpuId(0), last);
            last.Flush();
            Assert.Equal(1, last.Runs);
        }
        finally
        {
            WorkerManager.IdleMax = before;
        }
    });

    // Everything at once, at random: what was accepted and not cancelled runs, once.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void NothingIsLostAmongRandomOperations(int seed) => HostedKernel.Run(() =>
    {
        Workqueue[] queues = [Create(), Create(maxActive: 2), Create(WorkqueueFlags.Unbound, 3), Create(WorkqueueFlags.HighPriority)];
        Act[] works = [.. Enumerable.Range(0, 12).Select(number => new Act(() =>
        {
            if (number % 3 == 0)
                Scheduler.Sleep(Nanoseconds.FromMicroseconds(30));
        }))];
        int[] accepted = new int[works.Length];
        ConcurrentQueue<string> log = [];
        KernelThread[] threads = [.. Enumerable.Range(0, 4).Select(thread => HostedKernel.Spawn(() =>
        {
            Random random = new((seed * 100) + thread);
            for (int i = 0; i < 150; i++)
            {
                int which = random.Next(works.Length);
                Act work = works[which];
                switch (random.Next(8))
                {
                    case 0:
                        if (work.Cancel())
                            Interlocked.Decrement(ref accepted[which]);
                        break;
                    case 1:
                        if (work.CancelAndWait())
                            Interlocked.Decrement(ref accepted[which]);
                        break;
                    case 2:
                        work.Flush();
                        break;
                    case 3:
                        queues[random.Next(queues.Length)].Flush();
                        break;
                    default:
                        // A work belongs to one queue, as in Linux; its processor varies.
                        if (queues[which % queues.Length].QueueOn(new CpuId(random.Next(4)), work))
                            Interlocked.Increment(ref accepted[which]);
                        break;
                }
            }
        }))];
        foreach (KernelThread thread in threads)
            thread.Join();
        foreach (Workqueue queue in queues)
            Assert.Equal(Errno.None, queue.Destroy());
        Assert.Equal(accepted, works.Select(static work => work.Runs));
        Assert.All(works, static work => Assert.False(work.IsPending));
    });

    private static void InterlockedMax(ref int place, int value)
    {
        int seen = Volatile.Read(ref place);
        while (seen < value)
        {
            int found = Interlocked.CompareExchange(ref place, value, seen);
            if (found == seen)
                return;
            seen = found;
        }
    }
}
