// The pending timers of one processor, in the order of their deadlines.
//
// A tree rather than a wheel: exact order, O(log n), no cascades; the tick looks at the first one only.
// Locks: Lock protects all fields, and the timers that belong to the queue. It is a leaf, except that OnExpired runs without it.
using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Smp;

namespace Commence.Time;

/// <summary>Timers of one processor (Linux: <c>timer_base</c>).</summary>
public sealed class TimerQueue
{
    internal IrqSpinLock Lock;

    /// <summary>The timer whose OnExpired runs now; null if none does.</summary>
    internal Timer? Running;

    private RedBlackTree<Timer, ByDeadline> _timers;

    /// <summary>How many timers are pending. Racy without the lock.</summary>
    public int Count => _timers.Count;

    internal static TimerQueue OfThisProcessor(in Pinned here)
    {
        _ = here; // the answer is worth something only while the caller stays where it is
        return Processor.Current.Timers;
    }

    /// <summary>Fires all timers whose deadline has come.</summary>
    /// <remarks>Context: the tick. IRQs: off.</remarks>
    internal void Run(ulong nowNs)
    {
        while (TryTakeExpired(nowNs) is Timer timer)
            timer.OnExpired();
    }

    /// <summary>The next deadline.</summary>
    /// <returns>False if no timer is pending.</returns>
    internal bool TryGetNextDeadline(out ulong ns)
    {
        using IrqSpinLock.Guard guard = Lock.Lock();
        Timer? first = _timers.First;
        ns = first?.ExpiresNs ?? 0;
        return first is not null;
    }

    internal void Add(Timer timer)
    {
        _timers.Add(timer);
        Volatile.Write(ref timer.IsPendingField, true);
    }

    internal bool Remove(Timer timer)
    {
        if (!timer.IsPendingField)
            return false;

        _timers.Remove(timer);
        Volatile.Write(ref timer.IsPendingField, false);
        return true;
    }

    private Timer? TryTakeExpired(ulong nowNs)
    {
        using IrqSpinLock.Guard guard = Lock.Lock();
        Timer? first = _timers.First;
        if (first is not null && first.ExpiresNs <= nowNs)
            Remove(first);
        else
            first = null;
        Running = first;
        return first;
    }

    internal readonly struct ByDeadline : IOrdered<Timer>
    {
        public static ref TreeLink<Timer> Link(Timer item) => ref item.Link;

        public static bool IsBefore(Timer left, Timer right) => left.ExpiresNs < right.ExpiresNs;

        public static bool IsAugmented => false;

        public static void Summarize(Timer item)
        {
        }
    }
}
