// The runnable tasks of one processor, and which of them runs (Linux: struct rq).
//
//   PickNext:  real time (highest priority) ─ none? ─▶ fair (least virtual run time) ─ none? ─▶ the idle task
//
// Real-time tasks get at most 950 ms of each second while fair tasks wait, so that one that runs away does not take the processor
// from everybody, the shell that could kill it included (Linux: sched_rt_runtime_us).
//
// It knows no machine: time is a parameter and tasks are plain objects, so that unit tests run it as a model. Scheduler
// brings the lock, the clock, the interrupts and the switch.
//
// Invariants: RunnableCount = queued tasks, the running one included, the idle task never;
//   Current is the idle task or has QueueState.Queued, except between Dequeue of the current task and the next PickNext.
// Locks: all members need Lock, except where "racy" is said.
using System;
using System.Threading;
using Commence.Locking;

namespace Commence.Sched;

/// <summary>Why a task enters a run queue.</summary>
internal enum EnqueueReason
{
    /// <summary>It was just made.</summary>
    New,

    /// <summary>It slept.</summary>
    Woken,

    /// <summary>It comes from another processor's queue, or its policy changed.</summary>
    Moved,
}

/// <summary>The run queue of one processor.</summary>
public sealed class RunQueue
{
    /// <summary>Span over which real-time tasks are limited (Linux: <c>sched_rt_period_us</c>).</summary>
    internal const ulong RealTimePeriodNs = 1_000_000_000;

    /// <summary>What they get of it while fair tasks wait (Linux: <c>sched_rt_runtime_us</c>).</summary>
    internal const ulong RealTimeBudgetNs = 950_000_000;

    internal IrqSpinLock Lock;

    private FairQueue _fair;
    private RealTimeQueue _realTime;
    private int _runnableCount;
    private ulong _realTimePeriodStartNs;
    private ulong _realTimeUsedNs; // in this period
    private ulong _clockNs;
    private ulong _switchCount;
    private ulong _pickCount;

    internal RunQueue(CpuId cpu, Task idle)
    {
        Bug.On(!idle.IsIdle);
        Cpu = cpu;
        Idle = idle;
        Current = idle;
        idle.SetCpu(cpu);
    }

    /// <summary>The processor.</summary>
    public CpuId Cpu { get; }

    /// <summary>What runs when nothing else wants to.</summary>
    public Task Idle { get; }

    /// <summary>What runs now. Racy without the lock.</summary>
    public Task Current { get; private set; }

    /// <summary>Runnable tasks without the idle one. Racy without the lock.</summary>
    public int RunnableCount => Volatile.Read(ref _runnableCount);

    /// <summary>Switches to another task so far. Racy without the lock.</summary>
    public ulong SwitchCount => Volatile.Read(ref _switchCount);

    /// <summary>Choices of the next task so far, of the same one again included. Written by its own processor, under the lock.</summary>
    internal ulong PickCount => Volatile.Read(ref _pickCount);

    /// <summary>Sleeps that count as load and began here, less those that ended here; only the sum over all processors
    /// means something. Racy without the lock.</summary>
    internal long UninterruptibleCount;

    /// <summary>A reschedule was asked for and the next <see cref="PickNext"/> has not come yet: no need to ask again.</summary>
    internal bool IsRescheduleRequested;

    /// <summary>The task that was just switched away from, until FinishSwitch; only for the processor itself.</summary>
    internal Task? Previous;

    /// <summary>Time as the queue knows it; never falls, even if the counters of two processors disagree.</summary>
    internal ulong ClockNs => _clockNs;

    internal ulong MinVirtualRuntime => _fair.MinVirtualRuntime;

    /// <summary>Brings the queue's time and the running task's account up to date.</summary>
    internal void Update(ulong nowNs)
    {
        if (nowNs > _clockNs)
            _clockNs = nowNs;
        ChargeCurrent();
        if (_clockNs - _realTimePeriodStartNs >= RealTimePeriodNs)
        {
            _realTimePeriodStartNs = _clockNs;
            _realTimeUsedNs = 0;
        }
    }

    /// <summary>Adds a runnable task.</summary>
    internal void Enqueue(Task task, EnqueueReason reason)
    {
        Bug.On(task.QueueState == QueueState.Queued);
        Bug.On(task.IsIdle);
        Bug.On(task.Cpu != Cpu);
        if (task.IsRealTime)
            _realTime.Enqueue(task);
        else
            _fair.Enqueue(task, reason);
        Volatile.Write(ref _runnableCount, _runnableCount + 1);
        task.QueueState = QueueState.Queued;
    }

    /// <summary>Takes a task out, the current one or one that waits.</summary>
    /// <param name="task">A task of this queue.</param>
    /// <param name="after">Whether it sleeps now, or moves to another queue.</param>
    internal void Dequeue(Task task, QueueState after)
    {
        Bug.On(task.QueueState != QueueState.Queued);
        Bug.On(after == QueueState.Queued);
        Bug.On(task.Cpu != Cpu);
        if (task.IsRealTime)
            _realTime.Dequeue(task);
        else
            _fair.Dequeue(task);
        Volatile.Write(ref _runnableCount, _runnableCount - 1);
        task.QueueState = after;
    }

    /// <summary>Chooses what runs next and makes it <see cref="Current"/>. The current task competes if it is still queued.</summary>
    /// <remarks>The caller has called <see cref="Update"/>.</remarks>
    internal Task PickNext()
    {
        PutBackCurrent();
        Task next = (IsRealTimeHeldBack ? null : _realTime.PickNext()) ?? _fair.PickNext() ?? Idle;
        Volatile.Write(ref _pickCount, _pickCount + 1);
        next.ExecStartNs = _clockNs;
        next.PickedAtRuntimeNs = next.RuntimeNsField;
        if (next != Current)
            Volatile.Write(ref _switchCount, _switchCount + 1);
        Current = next;
        IsRescheduleRequested = false;
        return next;
    }

    /// <summary>The timer's tick.</summary>
    /// <returns>True if the current task's turn is over and another one waits.</returns>
    /// <remarks>The caller has called <see cref="Update"/>.</remarks>
    internal bool Tick()
    {
        Task current = Current;
        if (current.IsIdle)
            return _runnableCount != 0;
        if (current.IsRealTime)
            return _realTime.IsTurnOver(current) || IsRealTimeHeldBack;
        if (_realTime.Count != 0 && !IsRealTimeHeldBack)
            return true;
        return _fair.IsTurnOver(current, current.RuntimeNsField - current.PickedAtRuntimeNs);
    }

    /// <summary>Whether a task that was just queued should run instead of the current one.</summary>
    /// <remarks>The caller has called <see cref="Update"/>.</remarks>
    internal bool ShouldPreempt(Task queued)
    {
        Task current = Current;
        if (current == queued)
            return false;
        if (current.IsIdle || current.QueueState != QueueState.Queued)
            return true;
        if (queued.IsRealTime)
            return !current.IsRealTime ? !IsRealTimeHeldBack : queued.RealTimePriorityField > current.RealTimePriorityField;
        return !current.IsRealTime && FairQueue.ShouldPreempt(current, queued);
    }

    /// <summary>The current task lets others go first; a reschedule follows.</summary>
    internal void Yield()
    {
        if (Current.IsRealTime)
            RealTimeQueue.Yield(Current);
        else if (!Current.IsIdle)
            _fair.Yield(Current);
    }

    /// <summary>A waiting task that may run on <paramref name="target"/> and that no processor still uses.</summary>
    internal Task? FindMovable(CpuId target) => _realTime.FindMovable(target) ?? _fair.FindMovable(target);

    private bool IsRealTimeHeldBack => _realTimeUsedNs >= RealTimeBudgetNs && _fair.Count != 0;

    private void PutBackCurrent()
    {
        // Neither: the idle task, or one that left the queue, or came back into it between its own Dequeue and this pick.
        if (_realTime.IsRunning(Current))
            _realTime.PutBack(Current);
        else if (_fair.IsRunning(Current))
            _fair.PutBack(Current);
    }

    private void ChargeCurrent()
    {
        Task current = Current;
        if (_clockNs <= current.ExecStartNs)
            return;

        ulong ran = _clockNs - current.ExecStartNs;
        current.ExecStartNs = _clockNs;
        Volatile.Write(ref current.RuntimeNsField, current.RuntimeNsField + ran);
        if (_realTime.IsRunning(current))
        {
            RealTimeQueue.Charge(current, ran);
            _realTimeUsedNs += ran;
        }
        else if (_fair.IsRunning(current))
            _fair.Charge(current, ran);
    }
}
