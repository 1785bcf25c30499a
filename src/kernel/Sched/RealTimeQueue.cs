// Real-time tasks: one list for each priority, the highest first, each list in the order of arrival.
//
// FIFO runs until it sleeps, yields or a higher priority comes; round robin also until its slice ends, and then goes behind
// its equals. A preempted task stays first among its equals.  Source: POSIX.1-2017, "Scheduling Policies", SCHED_FIFO and SCHED_RR.
//
// Invariants: bit p of the map is set iff list p has a task; the running task counts but is in no list.
// Locks: the run queue's lock protects all of it.
using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using Commence.Lib;

namespace Commence.Sched;

/// <summary>The runnable real-time tasks of one processor.</summary>
internal struct RealTimeQueue
{
    internal const int PriorityMin = 1;
    internal const int PriorityMax = 99;

    /// <summary>Turn of a round-robin task (Linux: <c>RR_TIMESLICE</c>).</summary>
    internal const ulong SliceNs = 100_000_000;

    private const int WordBits = 64;

    private Lists _lists;
    private ulong _mapLow;
    private ulong _mapHigh;
    private int _count;
    private Task? _running;

    /// <summary>Tasks that are queued, the running one included.</summary>
    internal readonly int Count => _count;

    /// <summary>The highest priority that waits; 0 if none does.</summary>
    internal readonly int HighestWaiting
    {
        get
        {
            if (_mapHigh != 0)
                return WordBits + BitOperations.Log2(_mapHigh);
            return _mapLow != 0 ? BitOperations.Log2(_mapLow) : 0;
        }
    }

    /// <summary>Whether this queue picked the task, and it was not put back since.</summary>
    internal readonly bool IsRunning(Task task) => _running == task;

    internal void Enqueue(Task task)
    {
        _count++;
        task.RealTimeSliceLeftNs = SliceNs;
        Insert(task, isFirst: false);
    }

    internal void Dequeue(Task task)
    {
        _count--;
        if (_running == task)
            _running = null;
        else
            Take(task);
    }

    /// <summary>Takes the first of the highest priority and makes it the running one; null if there is none.</summary>
    internal Task? PickNext()
    {
        Bug.On(_running is not null);
        int priority = HighestWaiting;
        if (priority == 0)
            return null;

        Task next = _lists[priority].First!;
        Take(next);
        _running = next;
        return next;
    }

    /// <summary>The running one goes back to the others: to the front, unless its turn is over.</summary>
    internal void PutBack(Task task)
    {
        Bug.On(_running != task);
        _running = null;
        bool isTurnOver = task.RealTimeSliceLeftNs == 0;
        if (isTurnOver)
            task.RealTimeSliceLeftNs = SliceNs;
        Insert(task, isFirst: !isTurnOver);
    }

    /// <summary>Charges the running task.</summary>
    internal static void Charge(Task task, ulong ranNs)
    {
        if (task.PolicyField == SchedulingPolicy.RoundRobin)
            task.RealTimeSliceLeftNs -= Math.Min(ranNs, task.RealTimeSliceLeftNs);
    }

    /// <summary>Whether the running task has had its turn and an equal waits.</summary>
    internal readonly bool IsTurnOver(Task running) =>
        running.PolicyField == SchedulingPolicy.RoundRobin
        && running.RealTimeSliceLeftNs == 0
        && HighestWaiting >= running.RealTimePriorityField;

    /// <summary>The running task goes behind its equals.</summary>
    internal static void Yield(Task running) => running.RealTimeSliceLeftNs = 0;

    /// <summary>The first waiting task that may run on <paramref name="target"/>, the highest priority first.</summary>
    internal readonly Task? FindMovable(CpuId target)
    {
        for (int priority = HighestWaiting; priority >= PriorityMin; priority--)
        {
            foreach (Task task in _lists[priority])
            {
                if (!task.IsOnCpu && task.AllowedCpus.Contains(target))
                    return task;
            }
        }

        return null;
    }

    private void Insert(Task task, bool isFirst)
    {
        int priority = task.RealTimePriorityField;
        Bug.On(priority is < PriorityMin or > PriorityMax);
        if (isFirst)
            _lists[priority].AddFirst(task);
        else
            _lists[priority].AddLast(task);
        if (priority < WordBits)
            _mapLow |= 1ul << priority;
        else
            _mapHigh |= 1ul << (priority - WordBits);
    }

    private void Take(Task task)
    {
        int priority = task.RealTimePriorityField;
        _lists[priority].Remove(task);
        if (!_lists[priority].IsEmpty)
            return;
        if (priority < WordBits)
            _mapLow &= ~(1ul << priority);
        else
            _mapHigh &= ~(1ul << (priority - WordBits));
    }

    [InlineArray(PriorityMax + 1)]
    private struct Lists
    {
        private IntrusiveList<Task, Task.RealTimeLinked> _list0;
    }
}
