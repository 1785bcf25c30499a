// A machine of processors that exist only as state: each takes its messages, runs its trampoline and calls in when the
// schedule says so. Faults are scripted; everything random comes from one seed, so a failure can be run again.
using System;
using System.Collections.Generic;
using Commence.Arch;
using Commence.Smp;

namespace Commence.Tests.Smp;

/// <summary>What is wrong with one simulated processor.</summary>
internal sealed class SimulatedFaults
{
    internal bool IsAbsent;             // listed by firmware, not in the machine
    internal bool HangsInTrampoline;    // writes its first stage and nothing more
    internal bool HangsAfterCommence;
    internal int LostResets;            // so many INITs get lost
    internal int LostStarts;            // so many SIPIs get lost
    internal ulong CallInDelayNs;       // from SIPI to call-in
    internal bool NeedsResetPause;      // ignores a SIPI that comes less than 10 ms after INIT
}

/// <summary>One simulated processor.</summary>
internal sealed class SimulatedProcessor
{
    internal SimulatedFaults Faults = new();
    internal ProcessorState State = ProcessorState.Prepared;
    internal BootStage Stage;
    internal bool WaitsForStart;
    internal ulong ResetAt;
    internal ulong? RunsFrom;           // when its trampoline began; null: it does not run
    internal bool IsParked;
    internal bool WasOnline;
    internal int Resets;
    internal int Starts;
}

/// <summary>The machine. A class, so that the struct that the protocol wants can be copied freely.</summary>
internal sealed class SimulatedMachine
{
    private const ulong ResetPauseNs = 10_000_000;
    private const long ShortStepNsMax = 20_000;
    private const long LongStepNsMax = 4_000_000;

    private readonly Random _random;

    internal SimulatedMachine(int seed, int processors)
    {
        _random = new Random(seed);
        for (int i = 0; i < processors; i++)
            Processors.Add(new SimulatedProcessor());
    }

    internal List<SimulatedProcessor> Processors { get; } = [];

    internal ulong Now { get; private set; }

    internal ulong ResetDelayNs { get; set; }

    internal SmpBoot<Port> NewProtocol() => new(new Port(this));

    /// <summary>Lets time pass and some processors take a step.</summary>
    internal void Step()
    {
        // Mostly short, so that messages and answers interleave; sometimes long, so that waits of seconds end soon.
        Now += (ulong)_random.NextInt64(1, _random.Next(4) == 0 ? LongStepNsMax : ShortStepNsMax);
        foreach (SimulatedProcessor processor in Processors)
        {
            if (_random.Next(4) != 0)
                Advance(processor);
        }
    }

    private void Advance(SimulatedProcessor processor)
    {
        if (processor.RunsFrom is not { } began || processor.IsParked)
            return;

        if (processor.Stage == BootStage.None)
        {
            processor.Stage = BootStage.First;
            return;
        }

        if (processor.Faults.HangsInTrampoline || Now < began + processor.Faults.CallInDelayNs)
            return;

        if (processor.Stage != BootStage.Kernel)
        {
            processor.Stage = BootStage.Kernel;
            if (!TryAdvance(processor, ProcessorState.Kicked, ProcessorState.Alive))
                processor.IsParked = true;
            return;
        }

        if (processor.State == ProcessorState.Commenced && !processor.Faults.HangsAfterCommence)
        {
            if (TryAdvance(processor, ProcessorState.Commenced, ProcessorState.Online))
                processor.WasOnline = true;
            processor.IsParked = true; // it idles: nothing more to simulate
        }
    }

    private void Reset(SimulatedProcessor processor)
    {
        processor.Resets++;
        if (processor.Faults.IsAbsent)
            return;
        if (processor.Faults.LostResets > 0)
        {
            processor.Faults.LostResets--;
            return;
        }

        if (processor.State is ProcessorState.Alive or ProcessorState.Commenced or ProcessorState.Online)
            throw new InvalidOperationException("a processor that had called in was reset");
        processor.WaitsForStart = true;
        processor.ResetAt = Now;
        processor.RunsFrom = null;
        processor.IsParked = false;
    }

    private void Start(SimulatedProcessor processor)
    {
        processor.Starts++;
        if (processor.Faults.IsAbsent || !processor.WaitsForStart)
            return; // a running processor ignores it
        if (processor.Faults.LostStarts > 0)
        {
            processor.Faults.LostStarts--;
            return;
        }

        if (processor.Faults.NeedsResetPause && Now - processor.ResetAt < ResetPauseNs)
            return;
        processor.WaitsForStart = false;
        processor.Stage = BootStage.None;
        processor.RunsFrom = Now;
    }

    private static bool TryAdvance(SimulatedProcessor processor, ProcessorState from, ProcessorState to)
    {
        if (processor.State != from)
            return false;
        processor.State = to;
        return true;
    }

    /// <summary>What the protocol sees.</summary>
    internal readonly struct Port(SimulatedMachine machine) : ISmpMachine
    {
        public Nanoseconds Now => new(machine.Now);

        public Nanoseconds ResetDelay => new(machine.ResetDelayNs);

        public void Reset(CpuId cpu)
        {
            machine.Reset(machine.Processors[cpu.Value]);
            machine.MaybeStep();
        }

        public void EndReset(CpuId cpu) => machine.MaybeStep();

        public void Start(CpuId cpu)
        {
            machine.Start(machine.Processors[cpu.Value]);
            machine.MaybeStep();
        }

        public BootStage ReadStage(CpuId cpu)
        {
            machine.MaybeStep();
            return machine.Processors[cpu.Value].Stage;
        }

        public ProcessorState ReadState(CpuId cpu)
        {
            machine.MaybeStep();
            return machine.Processors[cpu.Value].State;
        }

        public bool TryAdvance(CpuId cpu, ProcessorState from, ProcessorState to)
        {
            bool isDone = SimulatedMachine.TryAdvance(machine.Processors[cpu.Value], from, to);
            machine.MaybeStep();
            return isDone;
        }

        public void Wake(CpuId cpu) => machine.MaybeStep();

        public void Relax() => machine.Step();
    }

    // Between any two actions of the boot processor the others may run, or not.
    private void MaybeStep()
    {
        if (_random.Next(3) == 0)
            Step();
    }

    /// <summary>Gives each processor faults by chance.</summary>
    internal void BreakAtRandom()
    {
        ResetDelayNs = _random.Next(4) == 0 ? ResetPauseNs : 0;
        foreach (SimulatedProcessor processor in Processors)
        {
            processor.Faults = _random.Next(8) switch
            {
                0 => new SimulatedFaults { IsAbsent = true },
                1 => new SimulatedFaults { HangsInTrampoline = true },
                2 => new SimulatedFaults { LostStarts = _random.Next(1, 4) },
                3 => new SimulatedFaults { LostResets = 1 },
                4 => new SimulatedFaults { CallInDelayNs = (ulong)_random.NextInt64(0, 3_000_000_000) },
                5 => new SimulatedFaults { HangsAfterCommence = true },
                6 => new SimulatedFaults { NeedsResetPause = true },
                _ => new SimulatedFaults(),
            };
        }
    }
}
