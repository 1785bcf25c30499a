using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using System.Threading;
using Commence.Arch;
using Commence.Arch.Hosted;
using Xunit;

namespace Commence.Tests.Hosted;

public class HostedMachineTests
{
    [Fact]
    public void EachProcessorHasItsOwnWords()
    {
        using HostedMachine machine = new(4);
        HashSet<int> seen = [];
        machine.Run(cpu =>
        {
            Assert.Equal(cpu, PerCpuArea.Id);
            Assert.True(LocalInterrupts.AreEnabled);
            for (int i = 0; i <= cpu.Value; i++)
                PerCpuArea.DisablePreemption();
            Assert.Equal((uint)cpu.Value + 1, PerCpuArea.PreemptDepth);
            lock (seen)
                seen.Add(cpu.Value);
        });
        Assert.Equal([0, 1, 2, 3], seen.Order());
    }

    [Fact]
    public void TheWishAndTheDepthShareAWord()
    {
        using HostedMachine machine = new(1);
        using IDisposable here = machine.Enter(0);
        Assert.False(PerCpuArea.IsRescheduleWanted);
        PerCpuArea.DisablePreemption();
        PerCpuArea.DisablePreemption();
        PerCpuArea.WantReschedule();
        Assert.True(PerCpuArea.IsRescheduleWanted);
        Assert.False(PerCpuArea.EnablePreemption());
        Assert.True(PerCpuArea.EnablePreemption());
        PerCpuArea.ClearRescheduleWish();
        Assert.False(PerCpuArea.IsRescheduleWanted);
    }

    [Fact]
    public void InterruptsWaitUntilTheyAreOn()
    {
        using HostedMachine machine = new(1);
        using IDisposable here = machine.Enter(0);
        List<string> log = [];
        IrqFlags outer = LocalInterrupts.Save();
        machine[0].Interrupt(() => log.Add($"first, depth {PerCpuArea.InterruptDepth}, {(LocalInterrupts.AreEnabled ? "on" : "off")}"));
        machine[0].Interrupt(() => log.Add("second"));
        IrqFlags inner = LocalInterrupts.Save();
        Cpu.Relax();
        LocalInterrupts.Restore(inner);
        Assert.Empty(log);
        LocalInterrupts.Restore(outer);
        Assert.Equal(["first, depth 1, off", "second"], log);
        Assert.True(LocalInterrupts.AreEnabled);
        Assert.Equal(2, machine[0].InterruptCount);
    }

    [Fact]
    public void AnIdleProcessorWakesForAnInterrupt()
    {
        using HostedMachine machine = new(2);
        int rounds = 0;
        machine.Run(cpu =>
        {
            for (int i = 0; i < 1000; i++)
            {
                if (cpu.Value == 0)
                {
                    machine[1].Interrupt(() => Interlocked.Increment(ref rounds));
                    while (Volatile.Read(ref rounds) <= i)
                        Cpu.Relax();
                }
                else if (Volatile.Read(ref rounds) <= i)
                {
                    LocalInterrupts.Disable();
                    Cpu.Idle();
                }
            }
        });
        Assert.Equal(1000, rounds);
    }

    [Fact]
    public void AFailureOnAnyProcessorFailsTheTest()
    {
        using HostedMachine machine = new(3);
        KernelBugException failure = Assert.Throws<KernelBugException>(() => machine.Run(cpu =>
        {
            Bug.On(cpu.Value == 1);
            while (true)
                Cpu.Relax(); // the others are stopped
        }));
        Assert.Contains("cpu.Value == 1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AHangEnds()
    {
        using HostedMachine machine = new(2);
        Assert.Throws<TimeoutException>(() => machine.Run(
            cpu =>
            {
                LocalInterrupts.Disable();
                Cpu.Idle();
            },
            TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public void HaltingEndsTheTest()
    {
        using HostedMachine machine = new(1);
        Assert.Throws<ProcessorHaltedException>(() => machine.Run(cpu => Cpu.Halt()));
    }

    // The smallest scheduler: each processor has a thread of its own that takes the next ready thread and lets it run one turn.
    private sealed class Circle : TestTrapSink
    {
        private sealed class Named(int number)
        {
            public int Number { get; } = number;
        }

        private readonly ThreadContext[] _contexts; // the processors' own, then the others
        private readonly Queue<int> _ready = new();
        private readonly int _processors;
        private readonly int _turnsEach;
        private readonly bool[] _ended;
        private int _unfinished;
        private int _moves;

        public Circle(int processors, int threads, int turnsEach)
        {
            _processors = processors;
            _contexts = new ThreadContext[processors + threads];
            _turnsEach = turnsEach;
            _unfinished = threads;
            _ended = new bool[processors + threads];
            Turns = new int[threads];
            Instance = this;
            for (int i = processors; i < _contexts.Length; i++)
            {
                _contexts[i].Initialise(default);
                _ready.Enqueue(i);
            }
        }

        public int[] Turns { get; }

        // Where there are several processors, the test goes on until a thread has moved.
        private bool IsEnough(int turns) => turns >= _turnsEach && (_processors == 1 || Volatile.Read(ref _moves) > 0);

        public void Work(CpuId cpu)
        {
            LocalInterrupts.Disable();
            ThreadContext.Adopt(ref _contexts[cpu.Value], default, new Named(cpu.Value));
            while (Volatile.Read(ref _unfinished) > 0)
            {
                int next;
                bool isFound;
                lock (_ready)
                    isFound = _ready.TryDequeue(out next);
                if (isFound)
                {
                    Switch(cpu.Value, next);
                    Assert.Equal(cpu, PerCpuArea.Id);

                    // Only now has the processor left the thread, and another one may take it.
                    if (!_ended[next])
                    {
                        lock (_ready)
                            _ready.Enqueue(next);
                    }
                }

                Cpu.Relax();
            }
        }

        [DoesNotReturn]
        public override void OnThreadStart()
        {
            int self = Self;
            int cpu = PerCpuArea.Id.Value;
            while (!IsEnough(++Turns[self - _processors]))
            {
                Switch(self, PerCpuArea.Id.Value);
                Assert.Equal(self, Self);
                if (PerCpuArea.Id.Value != cpu)
                {
                    cpu = PerCpuArea.Id.Value;
                    Interlocked.Increment(ref _moves);
                }
            }

            _ended[self] = true;
            Interlocked.Decrement(ref _unfinished);
            Switch(self, PerCpuArea.Id.Value);
            throw new InvalidOperationException("an ended thread ran again");
        }

        private static int Self => ((Named)PerCpuArea.CurrentTask!).Number;

        private void Switch(int from, int to) => ThreadContext.Switch(ref _contexts[from], ref _contexts[to], new Named(to));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ThreadsSwitchAndMoveBetweenProcessors(int processors)
    {
        using HostedMachine machine = new(processors);
        Circle circle;
        using (machine.Enter(0))
            circle = new Circle(processors, threads: 5, turnsEach: 200);
        machine.Run(circle.Work);
        Assert.All(circle.Turns, turns => Assert.True(turns >= 200));
    }

    private sealed class Listener : TestTrapSink
    {
        public int Reschedules;
        public int Calls;
        public int Ticks;

        public override void OnRescheduleIpi()
        {
            Assert.True(PerCpuArea.IsRescheduleWanted);
            PerCpuArea.ClearRescheduleWish();
            Interlocked.Increment(ref Reschedules);
        }

        public override void OnCallFunctionIpi() => Interlocked.Increment(ref Calls);

        public override void OnTimer(ref TrapFrame frame)
        {
            Assert.True(frame.HadInterruptsEnabled);
            Interlocked.Increment(ref Ticks);
        }
    }

    [Fact]
    public void MessagesAndTicksArrive()
    {
        using HostedMachine machine = new(2);
        Listener kernel = new();
        TrapSink.Instance = kernel;
        machine.Run(cpu =>
        {
            if (cpu.Value == 0)
            {
                InterruptController.SendReschedule(new ApicId(1));
                InterruptController.SendCallFunction(new ApicId(1));
            }
            else
            {
                InterruptController.StartPeriodicTimer(1000);
                while (kernel.Reschedules == 0 || kernel.Calls == 0 || kernel.Ticks < 3)
                    Cpu.Idle();
                InterruptController.StopTimer();
            }
        });
        Assert.Equal((1, 1), (kernel.Reschedules, kernel.Calls));
    }

    // Both are read at one moment: however long the host takes in between, they have gone on by the same, to one of the timer's ticks.
    [Fact]
    public void TheTimerIsMeasuredAgainstTheCounter()
    {
        long cyclesPerTick = Stopwatch.Frequency / 1_000_000; // the timer counts microseconds
        TimerMeasurement begin = InterruptController.ReadTimers();
        TimerMeasurement gone;
        do
        {
            gone = InterruptController.ReadTimers().Since(in begin);
            Assert.InRange((long)gone.Cycles - (gone.TimerTicks * cyclesPerTick), 1 - cyclesPerTick, cyclesPerTick - 1);
        }
        while (gone.TimerTicks < 100);
    }

    private sealed class Secondary(HostedMachine machine) : TestTrapSink
    {
        public int Started;

        [DoesNotReturn]
        public override void OnSecondaryStart(CpuId cpu)
        {
            Assert.Equal(cpu, PerCpuArea.Id);
            Assert.False(LocalInterrupts.AreEnabled);
            Interlocked.Increment(ref Started);
            machine[0].Interrupt(() => { }); // wakes the boot processor
            while (true)
                Cpu.Idle();
        }
    }

    [Fact]
    public void ProcessorsStartEachOther()
    {
        using HostedMachine machine = new(4);
        Secondary kernel = new(machine);
        TrapSink.Instance = kernel;
        using (machine.Enter(0))
        {
            for (int cpu = 1; cpu < 4; cpu++)
            {
                Pfn page = new((ulong)cpu);
                SecondaryBoot.Prepare(page, default, default, new CpuId(cpu), new ApicId((uint)cpu), default);
                Assert.Equal(BootStage.None, SecondaryBoot.ReadStage(page));
                SecondaryBoot.Reset(new ApicId((uint)cpu));
                SecondaryBoot.Start(new ApicId((uint)cpu), page);
                SecondaryBoot.Start(new ApicId((uint)cpu), page); // the second message is ignored
                Assert.Equal(BootStage.Kernel, SecondaryBoot.ReadStage(page));
            }

            while (Volatile.Read(ref kernel.Started) < 3)
                Cpu.Idle();
        }

        Assert.Equal(3, kernel.Started);
    }
}
