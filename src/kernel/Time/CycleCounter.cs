// The processors' own counters as a clock source: the cheapest to read, and as good as they agree with each other.
using System;

namespace Commence.Time;

/// <summary>The cycle counter (x64: the time-stamp counter).</summary>
public sealed class CycleCounter : ClockSource
{
    private readonly ulong _frequencyHz;

    /// <summary>The counters of all processors.</summary>
    /// <param name="frequencyHz">Their rate, as it was measured or as the processor tells.</param>
    public CycleCounter(ulong frequencyHz) => _frequencyHz = frequencyHz;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => Cpu.CycleCounterName;

    /// <inheritdoc/>
    public override int Rating => 300;

    /// <inheritdoc/>
    public override ulong FrequencyHz => _frequencyHz;

    /// <inheritdoc/>
    public override ulong Mask => ulong.MaxValue;

    /// <inheritdoc/>
    public override ulong Read() => Cpu.ReadCycles();
}
