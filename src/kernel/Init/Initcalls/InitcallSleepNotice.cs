using Commence.Sched;

namespace Commence.Init;

/// <summary>Tells the runner that a task sleeps in a call.</summary>
internal sealed class InitcallSleepNotice(InitcallRunner runner) : SleepNotice
{
    /// <inheritdoc/>
    internal override void OnSleeping() => runner.OnSleeping();
}
