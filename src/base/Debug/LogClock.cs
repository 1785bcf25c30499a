// Time stamps of the log: nanoseconds since boot, usable before the time keeper exists and from any context.
using System.Threading;

namespace Commence.Debug;

/// <summary>The log's clock: the cycle counter, scaled once its rate is known. Before that it stands at zero.</summary>
public static class LogClock
{
    private static ulong s_start;
    private static ulong s_cyclesPerMillisecond; // 0: not known yet. Written once by the boot processor.

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
    public static ulong Now
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
}
