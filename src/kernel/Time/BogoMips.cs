using Commence.Lib;

namespace Commence.Time;

/// <summary>Turns of the delay loop as millions of "instructions" a second, where a turn counts for two, as Linux prints them.</summary>
public readonly struct BogoMips : ITextFormattable
{
    private const ulong LoopsPerMillion = 500_000;
    private const ulong LoopsPerHundredth = LoopsPerMillion / 100;

    private readonly ulong _loopsPerTick;

    /// <summary>The figure for a processor, or the sum of several.</summary>
    /// <param name="loopsPerTick">Linux: <c>loops_per_jiffy</c>.</param>
    public BogoMips(ulong loopsPerTick) => _loopsPerTick = loopsPerTick;

    /// <summary>In hundredths.</summary>
    public ulong Hundredths => _loopsPerTick / (LoopsPerHundredth / Limits.TicksPerSecond);

    /// <summary>Writes <c>5237.48</c>.</summary>
    public void Format(ref TextWriter text) => text.Append($"{Hundredths / 100}.{Hundredths % 100:d2}");
}
