// Numbers as people read them: three digits that matter and a unit.
using System;
using System.Globalization;

namespace Commence.Cli.Bench;

/// <summary>Formats measured values.</summary>
internal static class Quantity
{
    /// <summary>A duration in nanoseconds.</summary>
    internal static string Time(double ns) => ns switch
    {
        < 1e3 => $"{Digits(ns)} ns",
        < 1e6 => $"{Digits(ns / 1e3)} µs",
        < 1e9 => $"{Digits(ns / 1e6)} ms",
        _ => $"{Digits(ns / 1e9)} s",
    };

    /// <summary>A count, exactly, with its thousands apart.</summary>
    internal static string Count(double count) => Math.Round(count).ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>How many times one is the other; a dash where that cannot be said.</summary>
    internal static string Ratio(double? numerator, double? denominator) =>
        numerator is double above && denominator is double below && below > 0 ? $"{Digits(above / below)}×" : "–";

    // Three digits, none invented: 0.123, 1.23, 12.3, 123, 1234.
    private static string Digits(double value)
    {
        int decimals = Math.Abs(value) switch { < 1 => 3, < 10 => 2, < 100 => 1, _ => 0 };
        return value.ToString("F" + decimals, CultureInfo.InvariantCulture);
    }
}
