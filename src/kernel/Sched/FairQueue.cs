// Fair sharing by virtual run time, in the manner of Linux's CFS (kernel/sched/fair.c before 6.6).
//
// Each task has a virtual run time, which grows as it runs, the more slowly the greater its weight:
//     VirtualRuntime += ran * Weights.Unit / weight
// The queue always picks the task with the smallest one (the leftmost of the tree). So all tasks that stay runnable grow at
// the same virtual speed, that is, get processor time in proportion to their weights.
//
// Invariants (tests/unit/Sched/FairQueueTests.cs):
//   1. MinVirtualRuntime never falls. It is the place where newcomers enter.
//   2. What is picked has the smallest virtual run time of all that are queued.
//   3. While tasks i and j stay runnable, their virtual run times differ by at most one slice each (plus one tick), so
//      |service_i / weight_i - service_j / weight_j| is bounded, and nobody starves.
//   4. A newcomer enters one slice late; a sleeper enters at most WakeCreditNs early, however long it slept.
// Virtual times are compared by their signed difference, since they may wrap.
//
// Locks: the run queue's lock protects all of it.
using System;
using Commence.Lib;

namespace Commence.Sched;

/// <summary>A task's part in the fair queue.</summary>
internal struct FairEntity
{
    internal TreeLink<Task> Link;
    internal ulong VirtualRuntime;
    internal uint Weight;
}

/// <summary>The runnable fair tasks of one processor. The running one counts, but is not in the tree.</summary>
internal struct FairQueue
{
    /// <summary>Within this time every task runs once, if there are not too many (Linux: <c>sched_latency_ns</c>).</summary>
    internal const ulong LatencyNs = 12_000_000;

    /// <summary>No slice is shorter (Linux: <c>sched_min_granularity_ns</c>).</summary>
    internal const ulong SliceMinNs = 3_000_000;

    /// <summary>How much earlier than the others a sleeper may be.</summary>
    internal const ulong WakeCreditNs = LatencyNs / 2;

    /// <summary>How much less a woken task must have run to preempt (Linux: <c>sched_wakeup_granularity_ns</c>).</summary>
    internal const ulong WakeGranularityNs = 1_000_000;

    private RedBlackTree<Task, ByVirtualRuntime> _tree;
    private Task? _running;
    private ulong _minVirtualRuntime;
    private ulong _totalWeight;
    private int _count;

    /// <summary>Tasks that are queued, the running one included.</summary>
    internal readonly int Count => _count;

    internal readonly ulong TotalWeight => _totalWeight;

    internal readonly ulong MinVirtualRuntime => _minVirtualRuntime;

    /// <summary>The one that would be picked if the running one did not go on.</summary>
    internal readonly Task? Leftmost => _tree.First;

    /// <summary>Whether this queue picked the task, and it was not put back since.</summary>
    internal readonly bool IsRunning(Task task) => _running == task;

    /// <summary>Whether <paramref name="left"/> is the earlier virtual time.</summary>
    internal static bool IsEarlier(ulong left, ulong right) => (long)(left - right) < 0;

    /// <summary>Real time as virtual time of a task of this weight.</summary>
    internal static ulong ToVirtual(ulong ns, uint weight) =>
        weight == Weights.Unit ? ns : ns * Weights.Unit / weight;

    internal void Enqueue(Task task, EnqueueReason reason)
    {
        ref FairEntity entity = ref task.Fair;
        _count++;
        _totalWeight += entity.Weight;
        switch (reason)
        {
            case EnqueueReason.New:
                entity.VirtualRuntime = _minVirtualRuntime + ToVirtual(SliceOf(task), entity.Weight);
                break;
            case EnqueueReason.Woken:
                ulong earliest = _minVirtualRuntime - WakeCreditNs;
                if (IsEarlier(entity.VirtualRuntime, earliest))
                    entity.VirtualRuntime = earliest;
                break;
            default:
                break; // moved: Scheduler has converted its time already
        }

        Insert(task);
        UpdateMin();
    }

    internal void Dequeue(Task task)
    {
        _count--;
        _totalWeight -= task.Fair.Weight;
        if (_running == task)
            _running = null;
        else
            Take(task);
        UpdateMin();
    }

    /// <summary>Takes the leftmost out of the tree and makes it the running one; null if there is none.</summary>
    internal Task? PickNext()
    {
        Bug.On(_running is not null);
        Task? next = _tree.First;
        if (next is null)
            return null;

        Take(next);
        _running = next;
        return next;
    }

    /// <summary>The running one goes back to the others.</summary>
    internal void PutBack(Task task)
    {
        Bug.On(_running != task);
        _running = null;
        Insert(task);
    }

    /// <summary>Charges the running task.</summary>
    internal void Charge(Task task, ulong ranNs)
    {
        Bug.On(_running != task);
        task.Fair.VirtualRuntime += ToVirtual(ranNs, task.Fair.Weight);
        UpdateMin();
    }

    /// <summary>How long the task may run before another one's turn comes.</summary>
    internal readonly ulong SliceOf(Task task)
    {
        ulong period = Math.Max(LatencyNs, (ulong)_count * SliceMinNs);
        ulong slice = _totalWeight == 0 ? period : period * task.Fair.Weight / _totalWeight;
        return Math.Max(slice, SliceMinNs);
    }

    /// <summary>Whether the running task has had its turn.</summary>
    internal readonly bool IsTurnOver(Task running, ulong ranNs)
    {
        Task? first = _tree.First;
        if (first is null)
            return false;

        ulong slice = SliceOf(running);
        if (ranNs >= slice)
            return true;

        // Its share shrank while it ran, or it got ahead of the others by waking late.
        return ranNs >= SliceMinNs
            && (long)(running.Fair.VirtualRuntime - first.Fair.VirtualRuntime) > (long)slice;
    }

    /// <summary>Whether a woken task is so far behind that it should not wait for the running one's turn to end.</summary>
    internal static bool ShouldPreempt(Task running, Task woken)
    {
        if (woken.PolicyField == SchedulingPolicy.Idle)
            return false;
        if (running.PolicyField == SchedulingPolicy.Idle)
            return true;
        if (woken.PolicyField == SchedulingPolicy.Batch)
            return false;

        long ahead = (long)(running.Fair.VirtualRuntime - woken.Fair.VirtualRuntime);
        return ahead > (long)ToVirtual(WakeGranularityNs, woken.Fair.Weight);
    }

    /// <summary>The running task lets the next one go first.</summary>
    internal void Yield(Task running)
    {
        // Level with the leftmost: the tree puts it behind those that are equal.
        Task? first = _tree.First;
        if (first is not null && IsEarlier(running.Fair.VirtualRuntime, first.Fair.VirtualRuntime))
            running.Fair.VirtualRuntime = first.Fair.VirtualRuntime;
        UpdateMin();
    }

    /// <summary>The first waiting task that may run on <paramref name="target"/> and that no processor still uses.</summary>
    internal readonly Task? FindMovable(CpuId target)
    {
        foreach (Task task in _tree)
        {
            if (!task.IsOnCpu && task.AllowedCpus.Contains(target))
                return task;
        }

        return null;
    }

    // One place each, since the tree's code is inlined.
    private void Insert(Task task) => _tree.Add(task);

    private void Take(Task task) => _tree.Remove(task);

    private void UpdateMin()
    {
        Task? first = _tree.First;
        Task? smallest = _running;
        if (smallest is null || (first is not null && IsEarlier(first.Fair.VirtualRuntime, smallest.Fair.VirtualRuntime)))
            smallest = first;
        if (smallest is not null && IsEarlier(_minVirtualRuntime, smallest.Fair.VirtualRuntime))
            _minVirtualRuntime = smallest.Fair.VirtualRuntime;
    }

    internal readonly struct ByVirtualRuntime : IOrdered<Task>
    {
        public static ref TreeLink<Task> Link(Task item) => ref item.Fair.Link;

        public static bool IsBefore(Task left, Task right) => IsEarlier(left.Fair.VirtualRuntime, right.Fair.VirtualRuntime);

        public static bool IsAugmented => false;

        public static void Summarize(Task item)
        {
        }
    }
}
