// Looks at each tick whether the calls that run keep others waiting, or take so long that a boot that hangs must say where.
//
// A timer: its processor's interrupts must be on. An initcall that spins with interrupts off on that very processor is not seen.
using Commence.Time;

namespace Commence.Init;

/// <summary>The runner's watch.</summary>
internal sealed class InitcallWatch(InitcallRunner runner) : Timer
{
    private static readonly Nanoseconds s_period = new(Limits.TickNanoseconds);

    internal void Start() => Start(Clock.After(s_period));

    internal void Stop() => _ = CancelAndWait(); // also if it meets OnExpired, which starts it anew on its way out

    /// <inheritdoc/>
    protected internal override void OnExpired()
    {
        runner.OnTick();
        Start();
    }
}
