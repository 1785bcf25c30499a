// A machine of processors that exist only as state: local APICs that take messages (late, or not at all), memory (state
// words, stages), and time. Each processor runs its trampoline and calls in when the schedule says so. Faults are scripted;
// everything random comes from one seed, so a failure can be run again.
using System;
using System.Collections.Generic;
using System.Reflection;
using Commence.Arch;
using Commence.Smp;

namespace Commence.Tests.Smp;

/// <summary>What is wrong with one simulated processor.</summary>
internal sealed record SimulatedFaults
{
    public bool IsAbsent { get; init; }             // listed by firmware, not in the machine
    public bool HangsInTrampoline { get; init; }    // writes its first stage and nothing more
    public bool FaultsInTrampoline { get; init; }   // notes an exception and halts
    public bool HangsAfterCommence { get; init; }
    public bool Refuses { get; init; }                // finds at its call-in that it lacks something
    public int LostResets { get; init; }            // so many INITs get lost
    public int LostStarts { get; init; }            // so many SIPIs get lost
    public ulong CallInDelayNs { get; init; }       // from SIPI to call-in
    public ulong DeliveryDelayNs { get; init; }     // its messages arrive that much later
    public ulong SleepNs { get; init; }               // its host does not run it for so long; messages that come meanwhile are one
    public bool NeedsResetPause { get; init; }      // ignores a SIPI that comes less than 10 ms after INIT
    public bool HasStuckDelivery { get; init; }     // the delivery-status bit of messages to it never clears; they do not arrive

    /// <summary>It could come within the protocol's patience.</summary>
    internal bool IsSound => this is { IsAbsent: false, HangsInTrampoline: false, FaultsInTrampoline: false, HasStuckDelivery: false, Refuses: false,
        HangsAfterCommence: false, CallInDelayNs: < 500_000_000, SleepNs: < 500_000_000, LostStarts: < 3, LostResets: < 2 };

    public override string ToString() => this == new SimulatedFaults() ? "sound" : string.Join(", ", Named());

    private IEnumerable<string> Named()
    {
        foreach (PropertyInfo property in typeof(SimulatedFaults).GetProperties())
        {
            object value = property.GetValue(this)!;
            if (!value.Equals(Activator.CreateInstance(property.PropertyType)))
                yield return value is true ? property.Name : $"{property.Name} {value}";
        }
    }
}

/// <summary>One simulated processor.</summary>
internal sealed class SimulatedProcessor
{
    internal SimulatedFaults Faults = new();
    internal ProcessorState State = ProcessorState.Prepared;
    internal BootStage Stage;
    internal int LostResetsLeft;
    internal int LostStartsLeft;
    internal bool WaitsForStart;
    internal ulong ResetAt;
    internal ulong? RunsFrom;           // when its trampoline began; null: it does not run
    internal bool IsParked;
    internal bool WasOnline;
    internal int Resets;
    internal ulong FirstResetAt; // 0: never
    internal int Starts;
    internal readonly Queue<(ulong At, bool IsStart)> Messages = [];

    internal void Break(SimulatedFaults faults)
    {
        Faults = faults;
        LostResetsLeft = faults.LostResets;
        LostStartsLeft = faults.LostStarts;
    }
}

/// <summary>The machine. A class, so that the struct that the protocol wants can be copied freely.</summary>
internal sealed class SimulatedMachine
{
    private const ulong ResetPauseNs = 10_000_000;
    internal const ulong DeliveryMaxNs = 100_000_000;
    private const long ShortStepNsMax = 20_000;
    private const long LongStepNsMax = 4_000_000;

    private readonly Random _random;
    private int _inStep;

    internal SimulatedMachine(int seed, int processors)
    {
        _random = new Random(seed);
        for (int i = 0; i < processors; i++)
            Processors.Add(new SimulatedProcessor());
    }

    internal List<SimulatedProcessor> Processors { get; } = [];

    internal ulong Now { get; private set; }

    internal ulong ResetDelayNs { get; init; }

    internal ulong ResendAfterNs { get; init; } = 200_000;

    /// <summary>Processors know no start message: INIT makes them begin where the start vector says.</summary>
    internal bool NeedsStartVector { get; init; }

    /// <summary>Processors may share real ones.</summary>
    internal bool IsShared { get; init; }

    /// <summary>Who has called in goes on by itself.</summary>
    internal bool IsGateOpen { get; private set; }

    /// <summary>The processor whose boot page the start vector names; -1: none.</summary>
    internal int StartVector { get; private set; } = -1;

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
        if (Now < processor.Faults.SleepNs)
            return;

        // A processor notes that a reset is pending and that a start is, not in which order they came.
        (bool hasReset, bool hasStart) = (false, false);
        while (processor.Messages.TryPeek(out (ulong At, bool IsStart) message) && message.At <= Now)
        {
            processor.Messages.Dequeue();
            if (processor.Faults.SleepNs == 0)
                Receive(processor, message.IsStart, message.At);
            hasReset |= !message.IsStart;
            hasStart |= message.IsStart;
        }

        if (processor.Faults.SleepNs != 0 && hasReset)
            Receive(processor, isStart: false, Now);
        if (processor.Faults.SleepNs != 0 && hasStart)
            Receive(processor, isStart: true, Now);

        if (processor.RunsFrom is not { } began || processor.IsParked)
            return;

        if (processor.Stage == BootStage.None)
        {
            processor.Stage = BootStage.First;
            return;
        }

        if (processor.Faults.HangsInTrampoline || processor.Faults.FaultsInTrampoline || Now < began + processor.Faults.CallInDelayNs)
            return;

        if (processor.Stage != BootStage.Kernel)
        {
            processor.Stage = BootStage.Kernel;
            if (processor.State == ProcessorState.Prepared)
                return; // waits for its turn, below
            if (processor.Faults.Refuses)
            {
                TryAdvance(processor, ProcessorState.Kicked, ProcessorState.Failed);
                processor.IsParked = true;
            }
            else if (!TryAdvance(processor, ProcessorState.Kicked, ProcessorState.Alive))
                processor.IsParked = true;
            return;
        }

        if (processor.State == ProcessorState.Kicked)
        {
            TryAdvance(processor, ProcessorState.Kicked, processor.Faults.Refuses ? ProcessorState.Failed : ProcessorState.Alive);
            return;
        }

        if (processor.State == ProcessorState.Alive && IsGateOpen)
        {
            TryAdvance(processor, ProcessorState.Alive, ProcessorState.Commenced);
            return;
        }

        if (processor.State == ProcessorState.Commenced && !processor.Faults.HangsAfterCommence)
        {
            if (TryAdvance(processor, ProcessorState.Commenced, ProcessorState.Online))
                processor.WasOnline = true;
            processor.IsParked = true; // it idles: nothing more to simulate
        }
    }

    private void Receive(SimulatedProcessor processor, bool isStart, ulong at)
    {
        if (isStart)
            Start(processor, at);
        else
            Reset(processor, at);
    }

    private void Reset(SimulatedProcessor processor, ulong at)
    {
        if (processor.LostResetsLeft > 0)
        {
            processor.LostResetsLeft--;
            return;
        }

        if (processor.State is ProcessorState.Alive or ProcessorState.Commenced or ProcessorState.Online)
            throw new InvalidOperationException("a processor that had called in was reset");
        processor.ResetAt = at;
        processor.IsParked = false;
        if (NeedsStartVector)
            Begin(StartVector >= 0 ? Processors[StartVector] : processor, isRightOne: StartVector >= 0 && Processors[StartVector] == processor);
        else
            (processor.WaitsForStart, processor.RunsFrom) = (true, null);
    }

    private void Begin(SimulatedProcessor processor, bool isRightOne)
    {
        if (!isRightOne)
            throw new InvalidOperationException("a processor began on another one's boot page, or on none");
        processor.Stage = BootStage.None;
        processor.RunsFrom = Now;
    }

    private void Start(SimulatedProcessor processor, ulong at)
    {
        if (!processor.WaitsForStart)
            return; // a running processor ignores it
        if (processor.LostStartsLeft > 0)
        {
            processor.LostStartsLeft--;
            return;
        }

        if (processor.Faults.NeedsResetPause && at - processor.ResetAt < ResetPauseNs)
            return;
        processor.WaitsForStart = false;
        processor.Stage = BootStage.None;
        processor.RunsFrom = Now;
    }

    private void Send(CpuId cpu, bool isStart)
    {
        SimulatedProcessor processor = Processors[cpu.Value];
        if (isStart)
            processor.Starts++;
        else if (processor.Resets++ == 0)
            processor.FirstResetAt = Now;
        if (processor.Faults.HasStuckDelivery)
            Now += DeliveryMaxNs; // the bounded poll of the delivery status
        else if (!processor.Faults.IsAbsent)
            processor.Messages.Enqueue((Now + processor.Faults.DeliveryDelayNs, isStart));
        MaybeStep();
    }

    private static bool TryAdvance(SimulatedProcessor processor, ProcessorState from, ProcessorState to)
    {
        if (processor.State != from)
            return false;
        processor.State = to;
        return true;
    }

    // Between any two actions of the boot processor the others may run, or not.
    private void MaybeStep()
    {
        if (_random.Next(3) == 0 && _inStep++ == 0)
            Step();
        _inStep = 0;
    }

    /// <summary>What the protocol sees.</summary>
    internal readonly struct Port(SimulatedMachine machine) : ISmpMachine
    {
        public Nanoseconds Now => new(machine.Now);

        public Nanoseconds ResetDelay => new(machine.ResetDelayNs);

        public Nanoseconds ResendAfter => new(machine.ResendAfterNs);

        public bool IsShared => machine.IsShared;

        public bool NeedsStartVector => machine.NeedsStartVector;

        public void Reset(CpuId cpu) => machine.Send(cpu, isStart: false);

        public void EndReset(CpuId cpu) => machine.MaybeStep();

        public void Start(CpuId cpu) => machine.Send(cpu, isStart: true);

        public void SetStartVector(CpuId cpu) => machine.StartVector = cpu.Value;

        public void ClearStartVector() => machine.StartVector = -1;

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

        public bool HasSettled(CpuId cpu) => ReadState(cpu) == ProcessorState.Online;

        public void SetGate(bool isOpen)
        {
            machine.IsGateOpen = isOpen;
            machine.MaybeStep();
        }

        public void Wake(CpuId cpu) => machine.MaybeStep();

        public void Expect(ProcessorState target, int count) => machine.MaybeStep();

        public void Wait(Nanoseconds until) => machine.Step();
    }
}
