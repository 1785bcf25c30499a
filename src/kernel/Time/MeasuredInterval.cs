// What a reference clock has measured.
using Commence.Arch;

namespace Commence.Time;

/// <summary>An interval of known length, and what went by on the processor's own clocks.</summary>
/// <param name="own">What went by on the processor's own clocks.</param>
/// <param name="length">How long the interval was.</param>
/// <param name="looseCycles">By how many cycles <paramref name="own"/> may be off at most.</param>
public readonly struct MeasuredInterval(TimerMeasurement own, Nanoseconds length, ulong looseCycles)
{
    /// <summary>Nothing limits the error: only another measurement can tell.</summary>
    public const ulong Unbounded = ulong.MaxValue;

    /// <summary>What went by on the processor's own clocks.</summary>
    public TimerMeasurement Own => own;

    /// <summary>How long the interval was.</summary>
    public Nanoseconds Length => length;

    /// <summary>By how many cycles <see cref="Own"/> may be off at most, both ends together; or <see cref="Unbounded"/>.</summary>
    public ulong LooseCycles => looseCycles;
}
