// Signals that were sent and not yet taken.
//
// A bit per signal, and details in the order of arrival. A standard signal is kept once: further ones are lost, as POSIX allows.
// Real-time signals queue up. If there is no memory for the details of a standard signal, the bit alone stays.
using Commence.Lib;
using Commence.Memory;

namespace Commence.Signals;

/// <summary>Pending signals of a thread, or of a process as a whole (Linux: <c>struct sigpending</c>).</summary>
/// <remarks>The process's SignalLock protects it. All-zero is empty.</remarks>
public struct PendingSignals
{
    private IntrusiveList<Queued, Queued.ByAge> _queue;
    private SignalSet _set;

    private sealed class Queued
    {
        internal SignalInfo Info;
        internal ListLink<Queued> Link;

        internal readonly struct ByAge : ILinked<Queued>
        {
            public static ref ListLink<Queued> Link(Queued item) => ref item.Link;
        }
    }

    /// <summary>Which signals are pending.</summary>
    public readonly SignalSet Set => _set;

    /// <summary>Signals with details.</summary>
    public readonly int Count => _queue.Count;

    /// <summary>Adds a signal.</summary>
    /// <param name="info">The signal and its details.</param>
    /// <param name="countMax">How many may wait with details (RLIMIT_SIGPENDING).</param>
    /// <returns>EAGAIN if a real-time signal cannot be queued; none.</returns>
    /// <remarks>Context: any.</remarks>
    public Errno Add(in SignalInfo info, int countMax)
    {
        Signal signal = info.Signal;
        if (!signal.IsRealtime() && _set.Contains(signal))
            return Errno.None;

        // What the kernel itself has to say is queued beyond the limit: it is bounded by one of each.
        bool mayQueue = _queue.Count < countMax || (!signal.IsRealtime() && info.Code != SignalCode.SI_USER);
        if (mayQueue && Kmem.TryNew(out Queued queued))
        {
            queued.Info = info;
            _queue.AddLast(queued);
        }
        else if (signal.IsRealtime() && info.Code != SignalCode.SI_USER)
        {
            return Errno.EAGAIN;
        }

        _set = _set.With(signal);
        return Errno.None;
    }

    /// <summary>Takes the next signal out of those that are not blocked.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryTake(SignalSet blocked, out SignalInfo info)
    {
        info = default;
        if (!_set.Except(blocked).TryTakeFirst(out Signal signal))
            return false;

        Take(signal, out info);
        return true;
    }

    /// <summary>Takes one instance of a pending signal.</summary>
    public void Take(Signal signal, out SignalInfo info)
    {
        Queued? found = null;
        bool hasMore = false;
        foreach (Queued queued in _queue)
        {
            if (queued.Info.Signal != signal)
                continue;
            if (found is not null)
            {
                hasMore = true;
                break;
            }

            found = queued;
        }

        if (!hasMore)
            _set = _set.Without(signal);
        if (found is null)
        {
            // Its details were lost for want of memory: it looks like one that a process without a name sent.
            info = SignalInfo.FromUser(signal, SignalCode.SI_USER, 0, 0);
            return;
        }

        info = found.Info;
        _queue.Remove(found);
        Kmem.Free(found);
    }

    /// <summary>Forgets signals.</summary>
    public void Discard(SignalSet signals)
    {
        if (_set.Intersect(signals).IsEmpty)
            return;

        _set = _set.Except(signals);
        foreach (Queued queued in _queue)
        {
            if (!signals.Contains(queued.Info.Signal))
                continue;

            _queue.Remove(queued);
            Kmem.Free(queued);
        }
    }
}
