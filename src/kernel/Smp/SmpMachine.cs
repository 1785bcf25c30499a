// The machine of the bring-up protocol, for real.
using System.Threading;
using Commence.Arch;
using Commence.Lib;
using Commence.Locking;
using Commence.Sched;
using Commence.Time;

namespace Commence.Smp;

/// <summary>Messages to real processors.</summary>
internal struct SmpMachine : ISmpMachine
{
    // A message that the interrupt controller has not sent after this long will not be sent (SDM Vol 3A §8.4.4: 100 ms).
    private const ulong DeliveryMaxNs = 100_000_000;

    // SDM Vol 3A §8.4.4.1: 200 µs between the two start messages. A virtual processor may have to wait for a real one.
    private const ulong ResendAfterNs = 200_000;
    private const ulong ResendAfterVirtualNs = 5_000_000;

    /// <summary>Time between a processor's reset and its start message; negative: what the processor needs.</summary>
    [KernelParameter("cpu_init_udelay", Min = 0, Max = 1_000_000, Unit = "us", Early = true, Help = "time between a processor's reset (INIT) and its start message")]
    internal static int ResetDelayUs { get; set; } = -1;

    private static Arrivals s_calledIn;
    private static Arrivals s_online;
    private static bool s_isGateOpen; // written by the processor that brings up the others

    // From the opening of the gate on, the waiter takes part in the comparison of counters for this long.
    private const ulong CompareMaxNs = 1_000_000;

    private readonly CpuMask _processors;
    private readonly Pfn _startPage; // on which all begin; 0: each on its own
    private ProcessorState _awaited;
    private ulong _compareUntil;

    /// <summary>A machine of which some processors are brought up.</summary>
    /// <param name="processors">Those.</param>
    /// <param name="startPage">A page on which all begin; 0: each begins on its own.</param>
    internal SmpMachine(in CpuMask processors, Pfn startPage)
    {
        _processors = processors;
        _startPage = startPage;
        _awaited = ProcessorState.Alive;
        _compareUntil = 0;
    }

    public readonly Nanoseconds Now => Clock.Monotonic();

    public readonly Nanoseconds ResetDelay =>
        ResetDelayUs < 0 ? SecondaryBoot.ResetDelay : Nanoseconds.FromMicroseconds((ulong)ResetDelayUs);

    public readonly Nanoseconds ResendAfter => new(IsShared ? ResendAfterVirtualNs : ResendAfterNs);

    public readonly bool IsShared => SpinPolicy.IsBargingAllowed;

    public readonly bool NeedsStartVector => SecondaryBoot.NeedsStartVector;

    /// <summary>The calling processor has called in.</summary>
    /// <remarks>Context: AP call-in. IRQs: off.</remarks>
    internal static void AnnounceCallIn() => s_calledIn.Announce();

    /// <summary>The calling processor is online.</summary>
    /// <inheritdoc cref="AnnounceCallIn"/>
    internal static void AnnounceOnline() => s_online.Announce();

    /// <summary>A processor that has called in goes on by itself, if the gate is open.</summary>
    /// <returns>False if it is to wait.</returns>
    /// <remarks>Context: AP call-in. IRQs: off.</remarks>
    internal static bool TryPassGate(Processor self) =>
        Volatile.Read(ref s_isGateOpen) && self.TryAdvance(ProcessorState.Alive, ProcessorState.Commenced);

    public void SetGate(bool isOpen)
    {
        Volatile.Write(ref s_isGateOpen, isOpen);
        if (isOpen)
            _compareUntil = Now.Value + CompareMaxNs;
    }

    public readonly void Reset(CpuId cpu)
    {
        Processor processor = Processors.Get(cpu);
        BringUpTimes.FirstInit();
        using (LocalIrq.Disable())
            SecondaryBoot.Reset(processor.HardwareId);
        WaitForDelivery(processor);
    }

    public readonly void EndReset(CpuId cpu)
    {
        Processor processor = Processors.Get(cpu);
        using (LocalIrq.Disable())
            SecondaryBoot.EndReset(processor.HardwareId);
        WaitForDelivery(processor);
    }

    public readonly void Start(CpuId cpu)
    {
        Processor processor = Processors.Get(cpu);
        using (LocalIrq.Disable())
            SecondaryBoot.Start(processor.HardwareId, _startPage == default ? processor.BootPage : _startPage);
        WaitForDelivery(processor);
    }

    public readonly void SetStartVector(CpuId cpu) => SecondaryBoot.SetStartVector(Processors.Get(cpu).BootPage);

    public readonly void ClearStartVector() => SecondaryBoot.ClearStartVector();

    public readonly BootStage ReadStage(CpuId cpu) => SecondaryBoot.ReadStage(Processors.Get(cpu).BootPage);

    // Online counts only once the processor is in all the sets.
    public readonly ProcessorState ReadState(CpuId cpu)
    {
        Processor processor = Processors.Get(cpu);
        ProcessorState state = processor.State;
        return state == ProcessorState.Online && !processor.HasJoined ? ProcessorState.Commenced : state;
    }

    public readonly bool HasSettled(CpuId cpu) => Scheduler.IsIdle(cpu);

    public readonly bool TryAdvance(CpuId cpu, ProcessorState from, ProcessorState to) => Processors.Get(cpu).TryAdvance(from, to);

    public readonly void Wake(CpuId cpu)
    {
        using LocalIrq.Guard irq = LocalIrq.Disable();
        InterruptController.SendReschedule(Processors.Get(cpu).HardwareId);
    }

    public void Expect(ProcessorState target, int count)
    {
        _awaited = target;
        if (target == ProcessorState.Alive)
        {
            s_calledIn.Begin();
            s_calledIn.Expect(count);
            s_online.Begin(); // nobody of these is online yet, but some may be before they are awaited
        }
        else
        {
            s_online.Expect(count);
        }
    }

    // A long wait is halted through, since the waiter would take time from virtual processors that share a real one with it;
    // the tick ends a halt in time. A short one is spun away.
    public readonly void Wait(Nanoseconds until)
    {
        ulong now = Now.Value;
        if (now < _compareUntil)
            TscCheck.LookAt(in _processors);
        else if (until.Value <= now + Limits.TickNanoseconds)
            Cpu.Relax();
        else if (_awaited == ProcessorState.Alive)
            s_calledIn.Halt();
        else
            s_online.Halt();
    }

    private readonly void WaitForDelivery(Processor processor)
    {
        ulong end = 0;
        while (!SecondaryBoot.IsDelivered)
        {
            ulong now = Now.Value;
            if (end == 0)
                end = now + DeliveryMaxNs;
            if (now > end)
            {
                Printk.Error($"CPU{processor.Id}: APIC message to id {processor.HardwareId} not delivered");
                return;
            }

            Cpu.Relax();
        }
    }
}
