// The order of the runs: all contenders after each other, then all again. What else the host does then hits all alike.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Commence.Cli.Bench;

/// <summary>How often what is run.</summary>
/// <param name="Cpus">Numbers of processors.</param>
/// <param name="Repeats">Runs by the clock.</param>
/// <param name="Exact">Runs with instructions counted.</param>
/// <param name="Limit">The time limit of one run.</param>
internal sealed record BenchPlan(IReadOnlyList<int> Cpus, int Repeats, int Exact, TimeSpan Limit);

/// <summary>A kernel in one setting.</summary>
internal interface IBenchContender
{
    /// <summary>What it is called in tables.</summary>
    string Name { get; }
}

/// <summary>Runs all contenders as a plan says.</summary>
internal abstract class BenchSeries<TContender, TSample>(BenchPlan plan, IReadOnlyList<TContender> contenders)
    where TContender : IBenchContender
    where TSample : BenchSample
{
    private readonly List<TSample> _samples = [];

    /// <summary>What is asked for.</summary>
    private protected BenchPlan Plan { get; } = plan;

    /// <summary>Runs everything.</summary>
    internal async Task<IReadOnlyList<TSample>> RunAsync(CancellationToken stop)
    {
        foreach (int cpus in Plan.Cpus)
        {
            await RepeatAsync(Pace.Clock, cpus, Plan.Repeats, stop);
            await RepeatAsync(Pace.Exact, cpus, Plan.Exact, stop);
        }
        return _samples;
    }

    /// <summary>One run.</summary>
    private protected abstract Task<TSample> MeasureAsync(TContender contender, Pace pace, int cpus, CancellationToken stop);

    /// <summary>A run's figures in a few words, while one waits for the table.</summary>
    private protected abstract string Tell(TSample sample);

    private async Task RepeatAsync(Pace pace, int cpus, int repeats, CancellationToken stop)
    {
        for (int i = 0; i < repeats; i++)
        {
            foreach (TContender contender in contenders.Where(contender => !HasFailed(contender, pace, cpus)))
            {
                TSample sample = await MeasureAsync(contender, pace, cpus, stop);
                _samples.Add(sample);
                Say.Note($"{cpus} CPUs, {(pace == Pace.Clock ? "by the clock" : "exactly")}, {contender.Name}: {sample.Excuse ?? Tell(sample)}");
            }
        }
    }

    // One that has failed would only fail again, and take its time for it.
    private bool HasFailed(TContender contender, Pace pace, int cpus) => _samples.Any(sample =>
        sample.Contender == contender.Name && sample.Cpus == cpus && sample.Pace == pace && sample.Excuse is not null);
}
