// One run's figures, and what a table makes of several. Public members are what --json writes.
using System;
using System.Collections.Generic;
using System.Linq;

namespace Commence.Cli.Bench;

/// <summary>What one run gave.</summary>
internal abstract record BenchSample
{
    /// <summary>Who was measured.</summary>
    public required string Contender { get; init; }

    public required int Cpus { get; init; }

    public required Pace Pace { get; init; }

    /// <summary>Why there are no figures; null if there are.</summary>
    public string? Excuse { get; init; }

    internal bool IsLinux => Contender.StartsWith("Linux", StringComparison.Ordinal);
}

/// <summary>A column of a table: one figure of one contender.</summary>
internal sealed record SampleColumn<TSample>(string Name, string Contender, Func<TSample, double?> Value)
    where TSample : BenchSample
{
    /// <summary>The median in one row of the table; null if a run failed or nobody measured it.</summary>
    internal double? Median(IEnumerable<TSample> row)
    {
        List<TSample> own = Own(row);
        return own.Any(static sample => sample.Excuse is not null) ? null : Spread.Of(own.Select(Value).OfType<double>())?.Median;
    }

    /// <summary>Median and extremes, or why there are none.</summary>
    internal string Cell(IEnumerable<TSample> row, Func<double, string> format)
    {
        List<TSample> own = Own(row);
        string? excuse = own.Select(static sample => sample.Excuse).FirstOrDefault(static excuse => excuse is not null);
        return excuse ?? Spread.Of(own.Select(Value).OfType<double>())?.Format(format) ?? "–";
    }

    /// <summary>Whether there is any figure in it.</summary>
    internal bool HasValues(IEnumerable<TSample> samples) => Own(samples).Any(sample => Value(sample) is not null);

    private List<TSample> Own(IEnumerable<TSample> samples) => [.. samples.Where(sample => sample.Contender == Contender)];
}
