// Who wants to know that a task falls asleep: because something else that it was to do can then be done by others.
//
// Workers of a workqueue's pool are told of in the same place, but have a word of their own (Task.Worker), since they are also told
// of when they go on.
namespace Commence.Sched;

/// <summary>Is told when a task is about to sleep. Set it with <see cref="Task.SleepNotice"/>.</summary>
internal abstract class SleepNotice
{
    /// <summary>The task is about to sleep.</summary>
    /// <remarks>Context: the task itself, its state set, before the switch. It must not sleep nor change the task's state, so: no
    /// mutex; allocations that may fail are allowed, they never sleep. A wake-up may have come meanwhile: then the task goes on at once.</remarks>
    internal abstract void OnSleeping();
}

public sealed partial class Task
{
    /// <summary>Who is told when it falls asleep; null: nobody. Written and read by the task itself.</summary>
    internal SleepNotice? SleepNotice;
}
