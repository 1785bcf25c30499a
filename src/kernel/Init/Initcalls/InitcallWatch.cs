// Looks once a second whether an initcall takes too long, so that a boot that hangs says where.
//
// A timer: its processor's interrupts must be on. An initcall that spins with interrupts off on that very processor is not seen.
using Commence.Time;

namespace Commence.Init;

/// <summary>The runner's watch.</summary>
internal sealed class InitcallWatch(InitcallRunner runner) : Timer
{
    private static readonly Nanoseconds s_period = new(1_000_000_000);

    internal void Start() => Start(Clock.After(s_period));

    internal void Stop() => _ = CancelAndWait(); // also if it meets OnExpired, which starts it anew on its way out

    /// <inheritdoc/>
    protected internal override void OnExpired()
    {
        runner.ReportOverdue();
        Start();
    }
}
