// Readers of the kernel log that wait for more of it.
//
// printk works where nothing can be woken: in an NMI, under a scheduler's lock. So a reader looks ten times a second by itself,
// and for pollers a timer does, as long as there are any.
using System.Threading;
using Commence.Locking;
using Commence.Sched;
using Commence.Time;

namespace Commence.Fs;

/// <summary>Waiting for the kernel log.</summary>
internal static class LogWaiters
{
    private const ulong PeriodMs = 100;

    private static WaitQueue s_queue;
    private static LogTimer? s_timer;      // made when it is first needed
    private static ulong s_seenEnd;        // the timer's: where the log ended when it last looked

    /// <summary>Pollers; woken when the log has grown.</summary>
    internal static ref WaitQueue Queue => ref s_queue;

    /// <summary>Waits until there is a record of this number, or until it is time to look again.</summary>
    internal static WaitResult Wait(ulong next)
    {
        HasMore condition = new(next);
        return s_queue.WaitInterruptible(ref condition, NextLook());
    }

    /// <summary>Makes the timer run, for somebody who has entered the queue.</summary>
    internal static void StartLooking()
    {
        if (Volatile.Read(ref s_timer) is null)
            Interlocked.CompareExchange(ref s_timer, new LogTimer(), null);
        if (!s_timer!.IsPending)
            s_timer.Start(NextLook());
    }

    private static Nanoseconds NextLook() => new(Clock.Monotonic().Value + Nanoseconds.FromMilliseconds(PeriodMs).Value);

    private readonly struct HasMore : IWaitCondition
    {
        private readonly ulong _next;

        internal HasMore(ulong next) => _next = next;

        public bool IsMet() => Printk.Ring.End > _next;
    }

    private sealed class LogTimer : Timer
    {
        protected internal override void OnExpired()
        {
            ulong end = Printk.Ring.End;
            if (end != s_seenEnd)
                s_queue.WakeAll();
            s_seenEnd = end;

            // Whoever enters the queue looks at IsPending after that, and this is decided under the queue's lock.
            using IrqSpinLock.Guard guard = s_queue.Spin.Lock();
            if (!s_queue.Entries.IsEmpty)
                Start(NextLook());
        }
    }
}
