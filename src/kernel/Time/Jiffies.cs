namespace Commence.Time;

/// <summary>Time in ticks since boot (Linux: <c>jiffies</c>).</summary>
public static class Jiffies
{
    /// <summary>Whole ticks since boot. Derived from the clock, so that a processor that missed ticks does not slow it down.</summary>
    /// <remarks>Context: any, NMI excluded.</remarks>
    public static ulong Now => Clock.Monotonic().Value / Limits.TickNanoseconds;
}
