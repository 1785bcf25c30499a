// How a task competes. Numbers as programs see them in sched_setscheduler (include/uapi/linux/sched.h).
namespace Commence.Sched;

/// <summary>Scheduling policies (Linux: <c>SCHED_…</c>).</summary>
public enum SchedulingPolicy
{
    /// <summary>Shares the processor by weight (<c>SCHED_OTHER</c>).</summary>
    Normal = 0,

    /// <summary>Real time: runs until it sleeps, yields, or a higher priority comes.</summary>
    Fifo = 1,

    /// <summary>Real time: as <see cref="Fifo"/>, in turns with its equals.</summary>
    RoundRobin = 2,

    /// <summary>As <see cref="Normal"/>, but a wake-up never preempts for it.</summary>
    Batch = 3,

    /// <summary>Runs where nobody else wants to.</summary>
    Idle = 5,
}

/// <summary>Where a task stands with respect to run queues. Written under the lock of its run queue.</summary>
internal enum QueueState
{
    /// <summary>In none: it sleeps, is new, or is dead.</summary>
    Off = 0,

    /// <summary>In the queue of <see cref="Task.Cpu"/>; the running task counts as queued.</summary>
    Queued = 1,

    /// <summary>Runnable, but taken out to be put into another queue; only the mover may queue it.</summary>
    Moving = 2,
}
