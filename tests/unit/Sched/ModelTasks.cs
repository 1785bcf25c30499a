using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Sched;

namespace Commence.Tests.Sched;

/// <summary>A run queue without a machine: tasks are plain objects, and time is a number.</summary>
internal sealed class ModelQueue
{
    public const ulong Tick = Limits.TickNanoseconds;

    private readonly List<Commence.Sched.Task> _sleeping = [];
    private readonly List<Commence.Sched.Task> _queued = [];

    public ModelQueue()
    {
        Commence.Sched.Task idle = new();
        idle.AddFlags(TaskFlags.Idle);
        Queue = new RunQueue(new CpuId(0), idle);
    }

    public RunQueue Queue { get; }

    public ulong Now { get; private set; }

    public Commence.Sched.Task Current => Queue.Current;

    /// <summary>Tasks in the queue, the running one included.</summary>
    public IReadOnlyList<Commence.Sched.Task> Queued => _queued;

    public IReadOnlyList<Commence.Sched.Task> Sleeping => _sleeping;

    public static Commence.Sched.Task NewFair(int nice = 0)
    {
        Commence.Sched.Task task = new() { NiceField = nice };
        task.Fair.Weight = Weights.OfNice(nice);
        return task;
    }

    public static Commence.Sched.Task NewRealTime(int priority, SchedulingPolicy policy = SchedulingPolicy.Fifo) =>
        new() { PolicyField = policy, RealTimePriorityField = priority };

    public Commence.Sched.Task Add(Commence.Sched.Task task)
    {
        Queue.Update(Now);
        Queue.Enqueue(task, EnqueueReason.New);
        _queued.Add(task);
        return task;
    }

    public bool Wake(Commence.Sched.Task task)
    {
        _sleeping.Remove(task);
        Queue.Update(Now);
        Queue.Enqueue(task, EnqueueReason.Woken);
        _queued.Add(task);
        return Queue.ShouldPreempt(task);
    }

    /// <summary>The current task goes to sleep, or a waiting one is taken out, and somebody is picked.</summary>
    public void Sleep(Commence.Sched.Task task)
    {
        Queue.Update(Now);
        Queue.Dequeue(task, QueueState.Off);
        _queued.Remove(task);
        _sleeping.Add(task);
        if (task == Current)
            Queue.PickNext();
    }

    public Commence.Sched.Task Reschedule()
    {
        Queue.Update(Now);
        return Queue.PickNext();
    }

    /// <summary>Lets time pass; the timer ticks, and turns that are over end.</summary>
    public void Run(ulong ns)
    {
        ulong end = Now + ns;
        while (Now < end)
        {
            ulong nextTick = ((Now / Tick) + 1) * Tick;
            Now = Math.Min(nextTick, end);
            Queue.Update(Now);
            if (Now == nextTick && Queue.Tick())
                Queue.PickNext();
        }
    }

    /// <summary>The least virtual run time of all that are queued.</summary>
    public ulong LeastVirtualRuntime() => _queued.Where(task => !task.IsRealTime)
        .Select(task => task.Fair.VirtualRuntime)
        .Aggregate((left, right) => FairQueue.IsEarlier(left, right) ? left : right);
}
