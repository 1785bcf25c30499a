// From nice to weight: one step of nice changes the share of two competing tasks by about 10 %, that is, weights
// 1024 / 1.25^nice, rounded. So the ratio between two nice values does not depend on where on the scale they are.
using System;

namespace Commence.Sched;

/// <summary>Weights of fair tasks.</summary>
public static class Weights
{
    /// <summary>Weight of nice 0.</summary>
    public const uint Unit = 1024;

    /// <summary>Weight of <see cref="SchedulingPolicy.Idle"/>: a fifth of nice 19.</summary>
    public const uint IdlePolicy = 3;

    /// <summary>Most favourable nice value.</summary>
    public const int NiceMin = -20;

    /// <summary>Least favourable nice value.</summary>
    public const int NiceMax = 19;

    private static ReadOnlySpan<uint> ByNice =>
    [
        88818, 71054, 56843, 45475, 36380, 29104, 23283, 18626, // nice -20
        14901, 11921, 9537, 7629, 6104, 4883, 3906, 3125, // nice -12
        2500, 2000, 1600, 1280, 1024, 819, 655, 524, // nice -4
        419, 336, 268, 215, 172, 137, 110, 88, // nice 4
        70, 56, 45, 36, 29, 23, 18, 15, // nice 12
    ];

    /// <summary>The weight of a nice value.</summary>
    public static uint OfNice(int nice)
    {
        Bug.On(nice is < NiceMin or > NiceMax);
        return ByNice[nice - NiceMin];
    }
}
