// The tick: from each processor's own timer, or, where that does not work, from the machine's, passed on by the boot processor.
//
//   local timer ── no interrupt ──▶ legacy tick over an I/O APIC ── none ──▶ over the 8259s ── none ──▶ panic
//
// Source of the idea to look whether the tick arrives: Linux's check_timer.
using System;
using Commence.Arch;
using Commence.Debug;
using Commence.Init;
using Commence.Irq;
using Commence.Lib;
using Commence.Locking;
using Commence.Smp;

namespace Commence.Time;

/// <summary>Rates and starts of the ticks.</summary>
public static class TickTimer
{
    // While the boot processor looks whether the tick arrives, the local timer ticks faster: the look costs that much less.
    private const uint ProbeDivisor = 16;

    // The host may run something else for long. Only a machine without any tick waits so long.
    private const ulong ProbeMaxNs = Nanoseconds.PerSecond;

    // Written by the boot processor before the others start.
    private static uint s_ticksPerInterrupt; // of the local timer; 0: it is not used
    private static LegacyTick? s_legacy;     // what ticks instead

    /// <summary>Takes the rates that were measured.</summary>
    /// <remarks>Context: early boot.</remarks>
    internal static void SetRates(ClockRates rates)
    {
        bool isWanted = !InterruptParameters.IsLocalTimerOff;
        s_ticksPerInterrupt = isWanted ? (uint)Math.Min(uint.MaxValue, rates.TimerPerSecond / Limits.TicksPerSecond) : 0;
    }

    /// <summary>Starts the calling processor's tick, if it has one of its own.</summary>
    /// <remarks>Context: boot, AP call-in. IRQs: off.</remarks>
    public static void StartOnThisCpu()
    {
        Processor.Current.LoopsPerTick = Delay.LoopsPerTick;
        if (s_ticksPerInterrupt != 0)
            InterruptController.StartPeriodicTimer(s_ticksPerInterrupt);
    }

    /// <summary>Whether processors have ticks of their own, which can be stopped.</summary>
    public static bool IsLocal => s_ticksPerInterrupt != 0;

    /// <summary>Stops the calling processor's tick.</summary>
    /// <remarks>Context: idle. IRQs: off. Only if <see cref="IsLocal"/>.</remarks>
    internal static void StopOnThisCpu() => InterruptController.StopTimer();

    /// <summary>Lets the calling processor's next tick come after a while only.</summary>
    /// <param name="ns">How long; rounded up to whole ticks, and cut to what the timer can count.</param>
    /// <remarks>Context: idle. IRQs: off. Only if <see cref="IsLocal"/>.</remarks>
    internal static void StretchOnThisCpu(ulong ns)
    {
        ulong ticks = Math.Min((ns / Limits.TickNanoseconds) + 1, uint.MaxValue / s_ticksPerInterrupt);
        InterruptController.StartPeriodicTimer((uint)ticks * s_ticksPerInterrupt);
    }

    /// <summary>Starts the boot processor's tick and waits for the first one; takes the next way to one if none comes.</summary>
    /// <remarks>Context: boot, on the boot processor. IRQs: on.</remarks>
    public static void StartAndCheck()
    {
        if (s_ticksPerInterrupt != 0 && TryLocalTimer())
            return;

        LegacyTick? legacy = Platform.Instance.LegacyTick;
        while (legacy is not null && InterruptRouter.Instance is { } router)
        {
            if (TryLegacy(legacy))
                return;
            Printk.Warning($"..TIMER: no interrupt by {legacy.Name} through {router.Name}");
            if (!Platform.Instance.TryFallBackToLegacyRouter())
                break;
        }

        Panic.Now($"no timer interrupt arrives: neither the local timer's nor the legacy timer's by any way. Boot with \"nolapic\", or with \"noapic\"");
    }

    private static bool TryLocalTimer()
    {
        using (LocalIrq.Disable())
            InterruptController.StartPeriodicTimer(Math.Max(1, s_ticksPerInterrupt / ProbeDivisor));

        bool hasCome = TryAwaitTick();
        using (LocalIrq.Disable())
        {
            if (hasCome)
                StartOnThisCpu();
            else
                InterruptController.StopTimer();
        }

        if (!hasCome)
        {
            Printk.Warning($"..TIMER: the local timer does not interrupt");
            s_ticksPerInterrupt = 0;
        }

        return hasCome;
    }

    private static bool TryLegacy(LegacyTick legacy)
    {
        if (!legacy.TryStart(Limits.TicksPerSecond))
            return false;
        if (!TryAwaitTick())
        {
            legacy.Stop();
            return false;
        }

        s_legacy = legacy;
        Printk.Info($"..TIMER: ticks by {legacy.Name} through {InterruptRouter.Instance!.Name}");
        return true;
    }

    private static bool TryAwaitTick()
    {
        Processor here = Processor.Current;
        ulong before = here.TickCount;
        ulong deadline = Clock.After(new Nanoseconds(ProbeMaxNs)).Value;
        while (here.TickCount == before && Clock.Monotonic().Value < deadline)
            Cpu.Relax();
        return here.TickCount != before;
    }
}
