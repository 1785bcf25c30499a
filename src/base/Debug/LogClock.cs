// Time stamps of the log: nanoseconds since boot, usable before the time keeper exists and from any context.
using System.Threading;

namespace Commence.Debug;

/// <summary>A better clock for the log than the cycle counter, where the processors' counters disagree.</summary>
public abstract class LogTimeSource
{
    /// <summary>Nanoseconds since boot.</summary>
    /// <returns>False if they cannot be had without waiting.</returns>
    /// <remarks>Context: any, NMI included.</remarks>
    public abstract bool TryRead(out ulong ns);
}

/// <summary>The log's clock: the cycle counter, scaled once its rate is known. Before that it stands at zero.</summary>
public static class LogClock
{
    private static ulong s_start;
    private static ulong s_cyclesPerMillisecond; // 0: not known yet. Written once by the boot processor.

    private static LogTimeSource? s_source; // set once, when the cycle counters are given up
    private static ulong s_last;            // what that source said last

    /// <summary>Where the time comes from instead of the cycle counter; null: from the cycle counter.</summary>
    public static LogTimeSource? Source
    {
        get => Volatile.Read(ref s_source);
        set => Volatile.Write(ref s_source, value);
    }

    /// <summary>Remembers when the kernel began.</summary>
    public static void Start() => s_start = Cpu.ReadCycles();

    /// <summary>Cycle count at <see cref="Start"/>.</summary>
    public static ulong StartCycles => s_start;

    /// <summary>Gives the counter's rate.</summary>
    public static void SetRate(ulong cyclesPerMillisecond) => Volatile.Write(ref s_cyclesPerMillisecond, cyclesPerMillisecond);

    /// <summary>The counter's rate; 0 while it is unknown.</summary>
    public static ulong CyclesPerMillisecond => Volatile.Read(ref s_cyclesPerMillisecond);

    /// <summary>Nanoseconds since <see cref="Start"/>; 0 while the rate is unknown.</summary>
    /// <remarks>Context: any.</remarks>
    public static ulong Now => Source is { } source ? ReadFrom(source) : CycleTime;

    /// <summary>The same by the calling processor's cycle counter in any case: it never stands, for waits that must end.</summary>
    /// <remarks>Context: any.</remarks>
    public static ulong CycleTime
    {
        get
        {
            ulong rate = Volatile.Read(ref s_cyclesPerMillisecond);
            if (rate == 0)
                return 0;

            ulong cycles = Cpu.ReadCycles() - s_start;
            return (cycles / rate * 1_000_000) + (cycles % rate * 1_000_000 / rate);
        }
    }

    // A clock that is just being changed, perhaps by whoever logs: the time before is better than to wait for oneself.
    private static ulong ReadFrom(LogTimeSource source)
    {
        if (source.TryRead(out ulong ns))
            Volatile.Write(ref s_last, ns);
        return Volatile.Read(ref s_last);
    }
}
