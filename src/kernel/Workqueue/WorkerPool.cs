// A pool of workers that serve one list (Linux: struct worker_pool). Two for each processor, of normal and of high priority, whose
// workers stay there; and two whose workers run anywhere.
//
// How many run. A processor's pool keeps *one* worker running: RunningCount counts those that work and are not asleep. When the
// last of them falls asleep with work on the list, the scheduler says so (Worker.OnSleeping) and an idle one is woken. So a work
// that sleeps blocks nobody, and yet work does not fight for its processor. Workers of the pools without a processor are not
// counted: there each work wakes a worker, and they run side by side.
//
// How many there are. One at least is idle, or the manager is making one (WorkerManager.cs).
//
// Lock protects all fields, and the lists of all PoolWorkqueues in this pool. Under it: wake-ups, and the manager's lock.
using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Sched;
using Commence.Time;

namespace Commence.Workqueues;

/// <summary>Workers and what they have to do.</summary>
internal sealed partial class WorkerPool
{
    private const int InstanceShift = 16; // instance numbers end with the pool's: no two pools give the same

    internal IrqSpinLock Lock;
    private IntrusiveList<Work, Work.Linked> _ready;
    private IntrusiveList<Worker, Worker.Linked> _idle;   // last in, first out: the one whose stack is in the cache
    private IntrusiveList<Worker, Worker.Linked> _busy;
    private IntrusiveList<Worker, Worker.AllLinked> _all; // by number
    private int _runningCount;
    private int _flusherCount;
    private ulong _sequence;
    private WaitQueue _finished;                          // flushers, woken after each work while there are some

    /// <summary>Its number: two for each processor, then those without.</summary>
    internal int Number { get; init; }

    /// <summary>Where its workers run; no meaning if <see cref="IsUnbound"/>.</summary>
    internal CpuId Cpu { get; init; }

    /// <summary>Whether its workers run anywhere.</summary>
    internal bool IsUnbound { get; init; }

    /// <summary>Nice value of its workers.</summary>
    internal int Nice { get; init; }

    /// <summary>Workers there are. Racy without the lock.</summary>
    internal int WorkerCount => _all.Count;

    /// <summary>Workers that wait for work. Racy without the lock.</summary>
    internal int IdleCount => _idle.Count;

    internal ulong NextInstance() => (++_sequence << InstanceShift) | (uint)Number;

    /// <summary>Puts a work where the next free worker takes it.</summary>
    internal void List(Work work)
    {
        work.Place = WorkPlace.Ready;
        _ready.AddLast(work);
        Kick();
    }

    /// <summary>Takes an active work off its list.</summary>
    internal void Unlist(Work work)
    {
        if (work.Place == WorkPlace.Ready)
            _ready.Remove(work);
        else
            work.Deferrer!.Deferred.Remove(work);
        work.Deferrer = null;
        work.Place = WorkPlace.None;
        work.Home = null;
    }

    /// <summary>The worker that runs a work now, if one does.</summary>
    internal Worker? FindRunning(Work work)
    {
        foreach (Worker worker in _busy)
        {
            if (worker.Current == work)
                return worker;
        }

        return null;
    }

    /// <summary>Wakes an idle worker if there is work that nobody sees to.</summary>
    internal void Kick()
    {
        if (!NeedsMoreWorkers)
            return;
        if (_idle.First is Worker worker)
            _ = Scheduler.WakeUp(worker.Task, TaskState.Normal); // false: it is awake already, and will look
        else
            WorkerManager.Request(this);
    }

    /// <summary>Waits until the queueing of that name has run or was cancelled.</summary>
    /// <remarks>Context: thread. The caller has called <see cref="AddFlusher"/> under the lock under which it read the name.</remarks>
    internal void WaitFor(Work work, ulong instance)
    {
        IsFinished condition = new(this, work, instance);
        _finished.Wait(ref condition);
        using IrqSpinLock.Guard guard = Lock.Lock();
        _flusherCount--;
    }

    internal void AddFlusher() => _flusherCount++;

    /// <summary>Something is no longer in flight.</summary>
    internal void TellFlushers()
    {
        if (_flusherCount != 0)
            _ = _finished.WakeAll(); // each looks whether it was its own
    }

    private bool NeedsMoreWorkers => !_ready.IsEmpty && _runningCount == 0;

    // A work that was freed after it ran is only read: its memory holds some work for ever, with a name of its own.
    private bool IsInFlight(Work work, ulong instance)
    {
        if (work.Home is not null && work.Instance == instance)
            return true;
        foreach (Worker worker in _busy)
        {
            if (worker.Instance == instance)
                return true;
        }

        return false;
    }

    private readonly struct IsFinished(WorkerPool pool, Work work, ulong instance) : IWaitCondition
    {
        public bool IsMet()
        {
            using IrqSpinLock.Guard guard = pool.Lock.Lock();
            return !pool.IsInFlight(work, instance);
        }
    }
}
