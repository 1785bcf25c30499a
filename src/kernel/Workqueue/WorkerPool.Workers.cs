// The pool as its workers see it: what to do next.
using Commence.Lib;
using Commence.Locking;
using Commence.Sched;
using Commence.Time;

namespace Commence.Workqueues;

/// <summary>What a worker does next.</summary>
internal enum WorkerStep
{
    /// <summary>Runs its current work.</summary>
    Run,

    /// <summary>Sleeps until it is woken.</summary>
    Sleep,

    /// <summary>Ends: there are too many.</summary>
    End,
}

internal sealed partial class WorkerPool
{
    /// <summary>Ends what the worker has done, and finds it something else.</summary>
    /// <remarks>Context: the worker. If it is to sleep its state is set already.</remarks>
    internal WorkerStep NextStep(Worker worker)
    {
        using IrqSpinLock.Guard guard = Lock.Lock();
        if (worker.Current is not null)
            Finish(worker);
        if (worker.MustEnd)
            return WorkerStep.End;
        if (worker.IsIdle)
            LeaveIdle(worker);

        Work? next = worker.Deferred.First ?? TakeReady(worker);
        if (next is not null)
        {
            Begin(worker, next);
            return WorkerStep.Run;
        }

        StopCounting(worker);
        EnterIdle(worker);
        return WorkerStep.Sleep;
    }

    /// <summary>A worker that counts as running is about to sleep in its work.</summary>
    internal void OnSleeping(Worker worker)
    {
        using IrqSpinLock.Guard guard = Lock.Lock();
        worker.IsAsleep = true;
        _runningCount--;
        Kick();
    }

    /// <summary>It goes on.</summary>
    internal void OnRunning(Worker worker)
    {
        using IrqSpinLock.Guard guard = Lock.Lock();
        worker.IsAsleep = false;
        _runningCount++;
    }

    // One that has work in hand goes on as long as no other runs; one that comes from sleep begins only if none does.
    private Work? TakeReady(Worker worker)
    {
        int othersMax = worker.IsCounted ? 1 : 0;
        if (_ready.IsEmpty || _runningCount > othersMax)
            return null;

        while (_ready.First is Work work)
        {
            Worker? runner = FindRunning(work);
            if (runner is null)
                return work;

            _ready.Remove(work);
            work.Place = WorkPlace.Deferred;
            work.Deferrer = runner;
            runner.Deferred.AddLast(work);
        }

        return null;
    }

    private void Begin(Worker worker, Work work)
    {
        PoolWorkqueue home = work.Home!;
        StartCounting(worker, home.Workqueue.IsCpuIntensive);
        worker.Current = work;
        worker.CurrentHome = home;
        worker.Instance = work.Instance;
        worker.Color = work.Color;
        _busy.AddLast(worker);
        Unlist(work);
        work.Unclaim(); // from here on it can be queued anew
        if (_idle.IsEmpty)
            WorkerManager.Request(this); // before this work sleeps, there is somebody to see to the rest

        // A counted worker is running, so this does nothing. Of the others each wakes the next, while there is work.
        Kick();
    }

    private void Finish(Worker worker)
    {
        PoolWorkqueue home = worker.CurrentHome!;
        _busy.Remove(worker);
        worker.Current = null;
        worker.CurrentHome = null;
        worker.Instance = 0;
        home.Finish(worker.Color);
    }

    private void StartCounting(Worker worker, bool isCpuIntensive)
    {
        if (IsUnbound || worker.IsCounted != isCpuIntensive)
            return;
        worker.IsCounted = !isCpuIntensive;
        _runningCount += isCpuIntensive ? -1 : 1;
    }

    private void StopCounting(Worker worker)
    {
        if (!worker.IsCounted)
            return;
        worker.IsCounted = false;
        _runningCount--;
    }

    private void EnterIdle(Worker worker)
    {
        AddIdle(worker);
        Task.Current.SetState(TaskState.Idle); // under the lock: whoever finds it on the list can wake it
    }

    private void AddIdle(Worker worker)
    {
        worker.IsIdle = true;
        worker.IdleSince = Clock.Monotonic();
        _idle.AddFirst(worker);
        if (HasTooManyIdle)
            WorkerManager.RequestCull(this);
    }

    private void LeaveIdle(Worker worker)
    {
        worker.IsIdle = false;
        _idle.Remove(worker);
    }
}
