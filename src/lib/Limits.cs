// Limits that several layers share. A limit that only one type needs stands in that type.
namespace Commence;

/// <summary>Sizes that bound the kernel's fixed tables.</summary>
public static class Limits
{
    /// <summary>Processors that the kernel can number (Linux: <c>CONFIG_NR_CPUS</c>).</summary>
    public const int CpuCountMax = 1024;

    /// <summary>Bytes of a page (Linux: <c>PAGE_SIZE</c>).</summary>
    public const int PageSizeBytes = 1 << PageShift;

    /// <summary>log2 of <see cref="PageSizeBytes"/> (Linux: <c>PAGE_SHIFT</c>).</summary>
    public const int PageShift = 12;

    /// <summary>Timer ticks per second on each processor (Linux: <c>HZ</c>).</summary>
    public const int TicksPerSecond = 250;

    /// <summary>Nanoseconds of a tick (Linux: <c>TICK_NSEC</c>).</summary>
    public const ulong TickNanoseconds = 1_000_000_000 / TicksPerSecond;
}
