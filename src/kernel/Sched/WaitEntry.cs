using Commence.Lib;

namespace Commence.Sched;

/// <summary>What a wake-up of a wait queue did to one entry.</summary>
public enum WakeOutcome
{
    /// <summary>Nothing: the event was not for it, or its task runs already.</summary>
    Ignored,

    /// <summary>It took the event and stays on the queue.</summary>
    Taken,

    /// <summary>It took the event and leaves the queue.</summary>
    TakenAndDone,
}

/// <summary>One place in a wait queue: a task that sleeps, or whoever else wants to know (poll).</summary>
/// <remarks>Intrusive: an entry is in one queue at a time. The queue's lock protects it.</remarks>
public abstract class WaitEntry
{
    internal ListLink<WaitEntry> Link;
    internal bool IsQueuedField;   // written under the queue's lock; read without it by its owner, who then takes the lock
    internal bool IsExclusive;

    /// <summary>Whether it is in a queue. False, read with acquire order: the last waker is done with it.</summary>
    public bool IsQueued => System.Threading.Volatile.Read(ref IsQueuedField);

    /// <summary>Something happened that the queue's users wait for.</summary>
    /// <param name="key">What happened, in the queue's own terms (poll events); 0: anything.</param>
    /// <remarks>Context: any. IRQs: off. Locks: the queue's is held; it may take <c>Task.WakeLock</c> and a run queue's.</remarks>
    protected internal abstract WakeOutcome OnWake(uint key);

    internal readonly struct Linked : ILinked<WaitEntry>
    {
        public static ref ListLink<WaitEntry> Link(WaitEntry item) => ref item.Link;
    }
}

/// <summary>The place of a sleeping task; each task has one.</summary>
internal sealed class TaskWaiter : WaitEntry
{
    internal Task Task = null!;

    protected internal override WakeOutcome OnWake(uint key) =>
        Scheduler.WakeUp(Task, TaskState.Normal) ? WakeOutcome.TakenAndDone : WakeOutcome.Ignored;
}
