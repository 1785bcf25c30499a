// The statistics of a few runs on a host that does other things too: median and extremes. A mean would follow the outliers.
using System;
using System.Collections.Generic;
using System.Linq;

namespace Commence.Cli.Bench;

/// <summary>The middle and the ends of some values.</summary>
internal readonly record struct Spread(double Min, double Median, double Max, int Count)
{
    /// <summary>Sums values up; null for none.</summary>
    internal static Spread? Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
            return null;
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 != 0 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(sorted[0], median, sorted[^1], sorted.Length);
    }

    /// <summary>Writes "median (min–max)", or the one value where all are alike.</summary>
    internal string Format(Func<double, string> one)
    {
        (string min, string median, string max) = (one(Min), one(Median), one(Max));
        return min == max ? median : $"{median} ({min}–{max})";
    }
}
