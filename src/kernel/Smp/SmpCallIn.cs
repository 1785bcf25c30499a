// What a processor does between its first C# and its idle loop.
//
//   Kicked ──▶ Alive ── gate open, or boot processor commences ──▶ counter check, task register ──▶ Online ──▶ idle loop
//                 │                                                                  │
//                 └── finds a verdict instead ──▶ parks ◀────────────────────────────┘
using System.Diagnostics.CodeAnalysis;
using Commence.Arch;
using Commence.Sched;

namespace Commence.Smp;

/// <summary>The way of a started processor into the kernel (Linux: <c>smp_callin</c>, <c>start_secondary</c>).</summary>
public static class SmpCallIn
{
    /// <summary>A processor's first function in the kernel proper, on its idle task's stack.</summary>
    /// <remarks>Context: AP call-in. IRQs: off. Never returns.</remarks>
    [DoesNotReturn]
    public static void Run(CpuId cpu)
    {
        Processor self = Processors.Get(cpu);
        PerCpuArea.Processor = self;
        PerCpuArea.DisablePreemption(); // nobody is scheduled here yet
        if (!self.TryDescribe())
        {
            WaitForKick(self);
            self.TryAdvance(ProcessorState.Kicked, ProcessorState.Failed); // it lacks what the kernel uses: it refuses
            SmpMachine.AnnounceCallIn();
            Park();
        }

        TscOffset.Agree(self);
        WaitForKick(self);
        if (!self.TryAdvance(ProcessorState.Kicked, ProcessorState.Alive))
            Park();

        SmpMachine.AnnounceCallIn();
        WaitForCommence(self);
        TscCheck.RunOnSecondary(self);
        GoOnline(self);
    }

    // It may have been slow to take its first start message, and taken it after the reset of a second try was sent: then the
    // start message of that try will find it running, and be ignored. So it waits for its turn here, unless the reset reaches
    // it first. The wait ends when the boot processor's pause does, 10 ms after the reset (SmpBoot.cs).
    private static void WaitForKick(Processor self)
    {
        while (self.State == ProcessorState.Prepared)
            Cpu.Relax();
    }

    // Halted, not spinning: virtual processors may outnumber real ones. The message that ends the halt comes after the
    // state has changed, and an interrupt that comes before the halt ends it at once.
    private static void WaitForCommence(Processor self)
    {
        while (self.State == ProcessorState.Alive && !SmpMachine.TryPassGate(self))
        {
            Cpu.Idle();
            LocalInterrupts.Disable();
        }
    }

    // The swap decides against a verdict; only after it may anybody be told to use this processor.
    [DoesNotReturn]
    private static void GoOnline(Processor self)
    {
        if (!self.TryAdvance(ProcessorState.Commenced, ProcessorState.Online))
            Park();
        Scheduler.InitSecondary(self); // the idle task is current: the task state names its stack
        SecondaryBoot.LoadTaskState();
        Processors.SetOnline(self.Id);
        self.Join();
        SmpMachine.AnnounceOnline();
        Scheduler.IdleLoop();
    }

    // A processor that comes after its verdict takes no part: it halts until it is reset, if somebody brings it in later.
    // Nothing that it stands on is used for anything else.
    [DoesNotReturn]
    private static void Park()
    {
        while (true)
            Cpu.Halt();
    }
}
