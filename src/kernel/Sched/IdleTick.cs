// No tick where nobody needs one: a processor that was found idle by its tick stops it, or stretches it to the deadline of its
// next timer, and starts it again before it runs anything else (Linux: NOHZ idle).
//
// Who would miss the tick, and why nobody does:
//   timers       the stretched tick comes at the next deadline; timers are started on the processor itself, which then looks again
//   balancing    a processor with tasks that wait wakes an idle one from its own tick (Scheduler.Balance.cs)
//   all          where there is no timer for each processor, the tick is passed on by the boot processor, and never stops
//   time         is read from a counter; the load averages are the boot processor's, which always ticks
//   /proc/stat   idle time without ticks is added when the tick starts again, and by readers (Processor.IdleTicks)
//
// Virtual processors that share real ones gain most: 255 idle ones would interrupt their host 64,000 times a second.
using System.Threading;
using Commence.Smp;
using Commence.Time;

namespace Commence.Sched;

/// <summary>Stops, stretches and starts the tick of an idle processor.</summary>
internal static class IdleTick
{
    // A deadline that is nearer than this is waited for with the tick as it is.
    private const ulong WorthStretchingNs = 3 * Limits.TickNanoseconds;

    /// <summary>A processor comes online idle, without a tick.</summary>
    /// <remarks>Context: AP call-in. IRQs: off.</remarks>
    internal static void BeginStopped(Processor here)
    {
        here.LoopsPerTick = Delay.LoopsPerTick;
        here.TickWakeNs = ulong.MaxValue;
        if (TickTimer.IsLocal)
            Volatile.Write(ref here.TickStoppedNs, Clock.Monotonic().Value);
    }

    /// <summary>A tick has come: if the processor was without, its idle time is counted up to now.</summary>
    /// <returns>Whether it was without: the tick itself is counted then.</returns>
    /// <remarks>Context: the tick. IRQs: off.</remarks>
    internal static bool TryCountIdle(Processor here, ulong nowNs)
    {
        if (here.TickStoppedNs == 0)
            return false;

        CountIdle(here, nowNs);
        Volatile.Write(ref here.TickStoppedNs, nowNs);
        return true;
    }

    /// <summary>Stops the tick if there is nothing to do, or stretches it to the next timer's deadline.</summary>
    /// <remarks>Context: the tick. IRQs: off.</remarks>
    internal static void StopIfIdle(Processor here, ulong nowNs)
    {
        RunQueue queue = here.RunQueue;
        if (!TickTimer.IsLocal || !queue.Current.IsIdle || queue.RunnableCount != 0)
            return;

        ulong wakeNs = here.Timers.TryGetNextDeadline(out ulong deadlineNs) ? deadlineNs : ulong.MaxValue;
        if (wakeNs == ulong.MaxValue)
            TickTimer.StopOnThisCpu();
        else if (wakeNs > nowNs + WorthStretchingNs)
            TickTimer.StretchOnThisCpu(wakeNs - nowNs);
        else
        {
            Resume(here);
            return;
        }

        here.TickWakeNs = wakeNs;
        if (here.TickStoppedNs == 0)
            Volatile.Write(ref here.TickStoppedNs, nowNs);
    }

    /// <summary>Starts the tick again if an interrupt handler has started a timer that the processor would sleep through.</summary>
    /// <remarks>Context: idle task of the processor. IRQs: off.</remarks>
    internal static void MindTimers(Processor here)
    {
        if (here.TickStoppedNs != 0 && here.Timers.TryGetNextDeadline(out ulong deadlineNs) && deadlineNs < here.TickWakeNs)
            Resume(here);
    }

    /// <summary>Starts the tick again, if it was stopped.</summary>
    /// <remarks>Context: idle task of the processor, the tick. IRQs: off.</remarks>
    internal static void Resume(Processor here)
    {
        if (here.TickStoppedNs == 0)
            return;

        CountIdle(here, Clock.Monotonic().Value);
        Volatile.Write(ref here.TickStoppedNs, 0);
        TickTimer.StartOnThisCpu();
    }

    // A reader in between may count a little of it twice; the next look is right again.
    private static void CountIdle(Processor here, ulong nowNs)
    {
        if (nowNs > here.TickStoppedNs)
            here.Times.AddIdle((nowNs - here.TickStoppedNs) / Limits.TickNanoseconds);
    }
}
