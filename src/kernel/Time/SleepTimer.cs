using Commence.Sched;

namespace Commence.Time;

/// <summary>Ends one task's sleep; each task has one.</summary>
internal sealed class SleepTimer : Timer
{
    internal Task Task = null!;

    protected internal override void OnExpired() =>
        _ = Scheduler.WakeUp(Task, TaskState.Normal); // false: it runs already, and looks at the clock itself
}
