// No tick where nobody needs one: a processor that was found idle by its tick, and has no timer pending, stops it, and starts
// it again before it runs anything else (Linux: NOHZ idle).
//
// Who would miss the tick, and why nobody does:
//   timers       the tick is not stopped while one is pending; they are started on the processor itself
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

/// <summary>Stops and starts the tick of an idle processor.</summary>
internal static class IdleTick
{
    /// <summary>A processor comes online idle, without a tick.</summary>
    /// <remarks>Context: AP call-in. IRQs: off.</remarks>
    internal static void BeginStopped(Processor here)
    {
        here.LoopsPerTick = Delay.LoopsPerTick;
        if (TickTimer.IsLocal)
            Volatile.Write(ref here.TickStoppedNs, Clock.Monotonic().Value);
    }

    /// <summary>Stops the tick, if there is nothing to do and nothing to wait for.</summary>
    /// <remarks>Context: the tick. IRQs: off.</remarks>
    internal static void StopIfIdle(Processor here, ulong nowNs)
    {
        RunQueue queue = here.RunQueue;
        if (!TickTimer.IsLocal || !queue.Current.IsIdle || queue.RunnableCount != 0 || here.Timers.Count != 0)
            return;

        TickTimer.StopOnThisCpu();
        Volatile.Write(ref here.TickStoppedNs, nowNs);
    }

    /// <summary>Starts the tick again, if it was stopped.</summary>
    /// <remarks>Context: idle task of the processor. IRQs: off.</remarks>
    internal static void Resume(Processor here)
    {
        if (here.TickStoppedNs == 0)
            return;

        // In this order a reader in between misses the idle time rather than counts it twice.
        ulong elapsed = Clock.Monotonic().Value - here.TickStoppedNs;
        Volatile.Write(ref here.TickStoppedNs, 0);
        here.Times.AddIdle(elapsed / Limits.TickNanoseconds);
        TickTimer.StartOnThisCpu();
    }
}
