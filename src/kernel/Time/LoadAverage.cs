// How many tasks wanted a processor, or waited uninterruptibly, averaged over 1, 5 and 15 minutes, as /proc/loadavg shows it.
//
// Each 5 s:  load = load * e + active * (1 - e),  e = exp(-5 s / 60 s), exp(-5 s / 300 s), exp(-5 s / 900 s)
// in fixed point with 11 bits behind the point: 2048 * e rounded = 1884, 2014, 2037.
using System.Threading;

namespace Commence.Time;

/// <summary>The three averages.</summary>
public struct LoadAverage
{
    /// <summary>Bits behind the point (Linux: <c>FSHIFT</c>).</summary>
    public const int FractionBits = 11;

    /// <summary>How often <see cref="Update"/> wants to be called.</summary>
    internal const ulong PeriodNs = 5 * Nanoseconds.PerSecond;

    private const ulong One = 1 << FractionBits;
    private const ulong Decay1 = 1884;
    private const ulong Decay5 = 2014;
    private const ulong Decay15 = 2037;

    private ulong _load1;
    private ulong _load5;
    private ulong _load15;

    /// <summary>Over one minute, in 1/2048.</summary>
    public readonly ulong OneMinute => Volatile.Read(in _load1);

    /// <summary>Over five minutes, in 1/2048.</summary>
    public readonly ulong FiveMinutes => Volatile.Read(in _load5);

    /// <summary>Over a quarter of an hour, in 1/2048.</summary>
    public readonly ulong FifteenMinutes => Volatile.Read(in _load15);

    internal void Update(ulong activeCount)
    {
        ulong active = activeCount * One;
        Volatile.Write(ref _load1, Next(_load1, Decay1, active));
        Volatile.Write(ref _load5, Next(_load5, Decay5, active));
        Volatile.Write(ref _load15, Next(_load15, Decay15, active));
    }

    private static ulong Next(ulong load, ulong decay, ulong active)
    {
        ulong next = (load * decay) + (active * (One - decay));
        // Rising loads are rounded up, so that a load of exactly n is reached and not only approached.
        if (active >= load)
            next += One - 1;
        return next / One;
    }
}
