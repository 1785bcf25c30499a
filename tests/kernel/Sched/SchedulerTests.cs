using System;
using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;
using Commence.Smp;
using Commence.Time;

namespace Commence.Testing;

/// <summary>Threads, wake-ups and migration on the machine's own processors.</summary>
internal static class SchedulerTests
{
    private sealed class Square(int value) : KernelThreadBody
    {
        protected override int Run() => value * value;
    }

    [KernelTest]
    internal static void ThreadsReturnToTheirJoiner()
    {
        for (int round = 0; round < 5; round++)
        {
            Squad squad = new();
            int expected = 0;
            for (int i = 0; i < 32; i++)
            {
                squad.Add(new Square(i));
                expected += i * i;
            }

            squad.Start();
            Check.That(squad.Join() == expected);
        }
    }

    private readonly struct StacksInUse(int count) : IExpectation
    {
        public bool IsFulfilled => KernelMemory.Stacks.InUseCount <= count;
    }

    [KernelTest]
    internal static void StacksOfDeadThreadsComeBack()
    {
        int before = KernelMemory.Stacks.InUseCount;
        for (int i = 0; i < 200; i++)
            Check.That(KernelThread.Run(new Square(i), "short"u8).Join() == i * i);
        StacksInUse expected = new(before);
        Expect.Soon(ref expected);
    }

    private sealed class WhereAmI : KernelThreadBody
    {
        protected override int Run() => PerCpuArea.Id.Value;
    }

    [KernelTest]
    internal static void EveryProcessorRunsThreads()
    {
        for (int i = 0; i < Squad.CpuCount; i++)
            Check.That(KernelThread.RunOn(new CpuId(i), new WhereAmI(), "where"u8).Join() == i);
    }

    private sealed class Table
    {
        internal Completion Ping;
        internal Completion Pong;
        internal WaitQueue Queue;
        internal int Ball;
    }

    private sealed class Partner(Table table, int rounds) : KernelThreadBody
    {
        protected override int Run()
        {
            CpuId home = PerCpuArea.Id;
            int strays = 0;
            for (int i = 0; i < rounds; i++)
            {
                table.Ping.Wait();
                table.Ball++;
                if (PerCpuArea.Id != home)
                    strays++;
                table.Pong.Complete();
            }

            return strays;
        }
    }

    private static void Play(CpuId ours, CpuId theirs, int rounds)
    {
        Table table = new();
        Squad.GoTo(ours);
        KernelThread partner = KernelThread.RunOn(theirs, new Partner(table, rounds), "partner"u8);
        for (int i = 1; i <= rounds; i++)
        {
            table.Ping.Complete();
            table.Pong.Wait();
            Check.That(table.Ball == i);
            Check.That(PerCpuArea.Id == ours);
        }

        Check.That(partner.Join() == 0);
        Squad.GoAnywhere();
        Kmem.Free(table);
    }

    [KernelTest]
    internal static void PingPongOnOneProcessor() => Play(new CpuId(0), new CpuId(0), rounds: 2000);

    [KernelTest(Cpus = 2)]
    internal static void PingPongBetweenNeighbours()
    {
        for (int i = 0; i < Squad.CpuCount; i++)
            Play(new CpuId(i), new CpuId((i + 1) % Squad.CpuCount), rounds: 200);
    }

    private readonly struct BallIsAt(Table table, int value) : IWaitCondition
    {
        public bool IsMet() => Volatile.Read(ref table.Ball) >= value;
    }

    private sealed class StormSleeper(Table table, SharedCounter arrived, int rounds) : KernelThreadBody
    {
        protected override int Run()
        {
            for (int round = 1; round <= rounds; round++)
            {
                BallIsAt condition = new(table, round);
                table.Queue.Wait(ref condition);
                arrived.Increment();
                table.Pong.Complete();
            }

            return 0;
        }
    }

    [KernelTest]
    internal static void StormOfWakeUpsLosesNone()
    {
        const int Rounds = 100;
        Table table = new();
        SharedCounter arrived = new();
        Squad squad = new();
        for (int i = 0; i < (2 * Squad.CpuCount) + 2 && i < Squad.Capacity; i++)
            squad.Add(new StormSleeper(table, arrived, Rounds));
        squad.Start();
        int sleepers = squad.Count;
        for (int round = 1; round <= Rounds; round++)
        {
            Volatile.Write(ref table.Ball, round);
            table.Queue.WakeAll();
            for (int i = 0; i < sleepers; i++)
                table.Pong.Wait();
            Check.That(arrived.Value == round * sleepers);
        }

        squad.Join();
    }

    private struct TakesOne(Table table) : IWaitCondition
    {
        public bool IsMet()
        {
            while (true)
            {
                int ball = Volatile.Read(ref table.Ball);
                if (ball == 0)
                    return false;
                if (Interlocked.CompareExchange(ref table.Ball, ball - 1, ball) == ball)
                    return true;
            }
        }
    }

    private sealed class Consumer(Table table, int count) : KernelThreadBody
    {
        protected override int Run()
        {
            for (int i = 0; i < count; i++)
            {
                TakesOne condition = new(table);
                Bug.On(table.Queue.WaitExclusiveInterruptible(ref condition) != WaitResult.Met);
            }

            return count;
        }
    }

    [KernelTest]
    internal static void WakeOneIsEnoughForEachItem()
    {
        const int PerConsumer = 200;
        Table table = new();
        Squad squad = new();
        for (int i = 0; i < Squad.CpuCount + 2; i++)
            squad.Add(new Consumer(table, PerConsumer));
        squad.Start();
        int total = squad.Count * PerConsumer;
        for (int i = 0; i < total; i++)
        {
            Interlocked.Increment(ref table.Ball);
            table.Queue.WakeOne();
        }

        Check.That(squad.Join() == total);
        Check.That(table.Ball == 0);
    }

    private sealed class Spinner(SharedCounter? turns = null) : KernelThreadBody
    {
        protected override int Run()
        {
            while (!KernelThread.ShouldStop)
            {
                turns?.Increment();
                Cpu.Relax();
            }

            return 0;
        }
    }

    // Kernel code that never gives the processor up must not keep it: the tick takes it away.
    [KernelTest]
    internal static void BusyThreadsOfOneProcessorTakeTurns()
    {
        SharedCounter first = new();
        SharedCounter second = new();
        Squad squad = new();
        squad.Add(new Spinner(first), new CpuId(0));
        squad.Add(new Spinner(second), new CpuId(0));
        squad.Start();
        for (int i = 0; i < 5; i++)
        {
            CounterReaches firstRuns = new(first, first.Value + 1);
            CounterReaches secondRuns = new(second, second.Value + 1);
            Expect.Soon(ref firstRuns);
            Expect.Soon(ref secondRuns);
        }

        squad.Stop();
    }

    private readonly struct RunsOn(Task task, CpuId cpu) : IExpectation
    {
        public bool IsFulfilled => task.IsOnCpu && task.Cpu == cpu;
    }

    [KernelTest(Cpus = 2)]
    internal static void BusyThreadFollowsItsAffinity()
    {
        Squad squad = new();
        Task task = squad.Add(new Spinner()).Task;
        squad.Start();
        for (int i = 0; i < 2 * Squad.CpuCount; i++)
        {
            CpuId cpu = new((i * 7) % Squad.CpuCount);
            CpuMask only = CpuMask.Of(cpu);
            Check.That(Scheduler.SetAffinity(task, in only) == Errno.None);
            RunsOn there = new(task, cpu);
            Expect.Soon(ref there);
        }

        squad.Stop();
    }

    private sealed class Nomad(int rounds) : KernelThreadBody
    {
        protected override int Run()
        {
            for (int i = 0; i < rounds; i++)
                Squad.GoTo(new CpuId((i * 3) % Squad.CpuCount));
            return 0;
        }
    }

    [KernelTest(Cpus = 2)]
    internal static void ThreadsMoveThemselves()
    {
        Squad squad = new();
        for (int i = 0; i < Squad.CpuCount + 1; i++)
            squad.Add(new Nomad(100));
        squad.Start();
        squad.Join();
    }

    private sealed class Visitor(Visits visits) : KernelThreadBody
    {
        protected override int Run()
        {
            while (!KernelThread.ShouldStop)
            {
                visits.Add();
                Cpu.Relax();
            }

            return 0;
        }
    }

    private sealed class Visits
    {
        private IrqSpinLock _lock;
        private CpuMask _seen;

        internal int Count
        {
            get
            {
                using IrqSpinLock.Guard guard = _lock.Lock();
                return _seen.Count;
            }
        }

        internal void Add()
        {
            using IrqSpinLock.Guard guard = _lock.Lock();
            _seen.Add(guard.IrqOff.Cpu);
        }
    }

    private readonly struct AllVisited(Visits visits) : IExpectation
    {
        public bool IsFulfilled => visits.Count == Squad.CpuCount;
    }

    [KernelTest(Cpus = 2)]
    internal static void IdleProcessorsTakeWaitingThreads()
    {
        // All begin on one processor; the others come and get them.
        Visits visits = new();
        Squad squad = new();
        for (int i = 0; i < 2 * Squad.CpuCount && i < Squad.Capacity; i++)
            squad.Add(new Visitor(visits), new CpuId(0));
        squad.Start();
        CpuMask all = CpuMask.FirstCpus(CpuMask.Capacity);
        for (int i = 0; i < squad.Count; i++)
            Check.That(Scheduler.SetAffinity(squad[i].Task, in all) == Errno.None);
        AllVisited expected = new(visits);
        Expect.Soon(ref expected);
        squad.Stop();
    }

    private sealed class Sleeper(Table table) : KernelThreadBody
    {
        protected override int Run()
        {
            BallIsAt never = new(table, int.MaxValue);
            return (int)table.Queue.WaitInterruptible(ref never);
        }
    }

    [KernelTest]
    internal static void SignalsEndInterruptibleSleeps()
    {
        Table table = new();
        for (int i = 0; i < 100; i++)
        {
            KernelThread thread = KernelThread.Run(new Sleeper(table), "sleeper"u8);
            if (i % 3 == 0)
                Scheduler.Yield();
            thread.Task.AddWork(TaskWork.Signal);
            _ = Scheduler.WakeUp(thread.Task, TaskState.Interruptible); // it may not sleep yet, and will not then
            Check.That(thread.Join() == (int)WaitResult.Interrupted);
        }
    }

    [KernelTest]
    internal static void TasksAreFoundByNumber()
    {
        Check.That(TaskTable.TryFind(1, out Task init));
        Check.That(init.Name.SequenceEqual("init"u8));
        init.Put();
        Check.That(TaskTable.TryFind(KernelThreadDaemon.Pid, out Task daemon));
        daemon.Put();
        Check.That(!TaskTable.TryFind(0, out _));
    }

    [KernelTest]
    internal static void ABusyProcessorTicks()
    {
        for (int i = 0; i < Squad.CpuCount; i++)
        {
            Squad.GoTo(new CpuId(i));
            Processor processor = Processors.Get(new CpuId(i));
            ulong wanted = processor.TickCount + 2;
            Nanoseconds limit = Clock.Monotonic() + Nanoseconds.FromSeconds(60);
            while (processor.TickCount < wanted && Clock.Monotonic() < limit)
                Cpu.Relax();
            Check.That(processor.TickCount >= wanted);
        }

        Squad.GoAnywhere();
    }

    [KernelTest]
    internal static void AnIdleProcessorDoesNotTickAndItsIdleTimeIsCounted()
    {
        if (!TickTimer.IsLocal)
            return; // the boot processor passes its tick on to all

        Squad.GoTo(new CpuId(0)); // a processor on which a test sleeps has a timer to wait for
        for (int i = 1; i < Squad.CpuCount; i++)
        {
            RestsWithoutTicks rest = new(Processors.Get(new CpuId(i)));
            Expect.Soon(ref rest);
        }

        Squad.GoAnywhere();
    }

    // Five ticks' worth of idle time in which it did not tick once. Whatever runs there in between only delays that.
    private struct RestsWithoutTicks(Processor processor) : IExpectation
    {
        private const ulong IdleTicks = 5;

        private ulong _ticks = processor.TickCount;
        private ulong _idle = processor.IdleTicks;

        public bool IsFulfilled
        {
            get
            {
                if (processor.TickCount == _ticks)
                    return processor.IdleTicks - _idle >= IdleTicks;
                _ticks = processor.TickCount;
                _idle = processor.IdleTicks;
                return false;
            }
        }
    }
}
