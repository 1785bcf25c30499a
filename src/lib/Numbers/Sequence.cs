// Comparing counters that wrap: ticket numbers, generations, jiffies.
namespace Commence.Lib;

/// <summary>The order of numbers that start again at 0 after their highest (Linux: <c>time_after</c>). It holds as long as
/// the two are less than half the range apart.</summary>
public static class Sequence
{
    /// <summary><paramref name="left"/> was drawn before <paramref name="right"/>.</summary>
    public static bool IsBefore(uint left, uint right) => (int)(left - right) < 0;

    /// <inheritdoc cref="IsBefore(uint, uint)"/>
    public static bool IsBefore(ulong left, ulong right) => (long)(left - right) < 0;

    /// <summary><paramref name="left"/> was drawn after <paramref name="right"/>.</summary>
    public static bool IsAfter(uint left, uint right) => IsBefore(right, left);

    /// <inheritdoc cref="IsAfter(uint, uint)"/>
    public static bool IsAfter(ulong left, ulong right) => IsBefore(right, left);
}
