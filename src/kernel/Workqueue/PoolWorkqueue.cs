// A workqueue's part in one pool (Linux: struct pool_workqueue): what limits and counts its work there.
//
// All fields are under the pool's lock. A work is *in flight* from its queueing until it has run or was cancelled; it is *active*
// from the moment that it may run. What is in flight is counted under one of two colours. A flush changes the colour for what
// comes later, and waits until nothing of the old one is left; flushes of one workqueue come one after the other, so two do.
using Commence.Lib;

namespace Commence.Workqueues;

/// <summary>A workqueue in a pool.</summary>
internal sealed class PoolWorkqueue
{
    private int _inFlight0;
    private int _inFlight1;
    private IntrusiveList<Work, Work.Linked> _inactive; // in the order of their queueing
    private int _activeCount;
    private int _color;
    private bool _isFlushed; // somebody waits for the other colour

    internal Workqueue Workqueue = null!;
    internal WorkerPool Pool = null!;

    /// <summary>Whether nothing of it is in flight.</summary>
    internal bool IsEmpty => _inFlight0 + _inFlight1 == 0;

    /// <summary>Takes a claimed work.</summary>
    internal void Add(Work work)
    {
        work.LastPool = Pool; // before Home: see Work.Home
        work.Home = this;
        work.Instance = Pool.NextInstance();
        work.Color = _color;
        InFlight(_color)++;
        if (_activeCount < Workqueue.MaxActive)
        {
            Activate(work);
        }
        else
        {
            work.Place = WorkPlace.Inactive;
            _inactive.AddLast(work);
        }
    }

    /// <summary>Takes a pending work off its list for good: it was cancelled.</summary>
    internal void Remove(Work work)
    {
        WorkPlace place = work.Place;
        int color = work.Color;
        if (place == WorkPlace.Inactive)
        {
            _inactive.Remove(work);
            work.Place = WorkPlace.None;
            work.Home = null;
        }
        else
        {
            Pool.Unlist(work);
        }

        Leave(color, wasActive: place != WorkPlace.Inactive);
    }

    /// <summary>An active work has run.</summary>
    internal void Finish(int color) => Leave(color, wasActive: true);

    /// <summary>Begins a new colour.</summary>
    /// <returns>True if something of the old one is in flight: the workqueue will hear when nothing is.</returns>
    internal bool TryBeginFlush()
    {
        int old = _color;
        _color ^= 1;
        Bug.On(InFlight(_color) != 0); // the flush before has waited for it
        _isFlushed = InFlight(old) != 0;
        return _isFlushed;
    }

    private void Leave(int color, bool wasActive)
    {
        if (wasActive)
        {
            _activeCount--;
            if (_activeCount < Workqueue.MaxActive && _inactive.RemoveFirst() is Work next)
                Activate(next);
        }

        ref int count = ref InFlight(color);
        count--;
        Bug.On(count < 0);
        Pool.TellFlushers();
        if (count == 0 && _isFlushed && color != _color)
        {
            _isFlushed = false;
            Workqueue.OnPartFlushed();
        }
    }

    private void Activate(Work work)
    {
        _activeCount++;
        Pool.List(work);
    }

    private ref int InFlight(int color) => ref color == 0 ? ref _inFlight0 : ref _inFlight1;
}
