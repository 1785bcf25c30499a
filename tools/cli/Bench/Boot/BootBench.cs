// The order of the runs: all contenders after each other, then all again. What else the host does then hits all alike.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Commence.Cli.Bench.Boot;

/// <summary>What is asked for.</summary>
/// <param name="Cpus">Numbers of processors.</param>
/// <param name="Repeats">Runs by the clock.</param>
/// <param name="Exact">Runs with instructions counted.</param>
/// <param name="Limit">The time limit of one run.</param>
internal sealed record BootRequest(IReadOnlyList<int> Cpus, int Repeats, int Exact, TimeSpan Limit);

/// <summary>Measures boots.</summary>
internal sealed class BootBench(BootRequest request, BenchFiles files, IReadOnlyList<BootContender> contenders)
{
    private readonly List<BootSample> _samples = [];

    /// <summary>Runs everything.</summary>
    internal async Task<IReadOnlyList<BootSample>> RunAsync(CancellationToken stop)
    {
        foreach (int cpus in request.Cpus)
        {
            await RepeatAsync(Pace.Clock, cpus, request.Repeats, stop);
            await RepeatAsync(Pace.Exact, cpus, request.Exact, stop);
        }
        return _samples;
    }

    private async Task RepeatAsync(Pace pace, int cpus, int repeats, CancellationToken stop)
    {
        for (int i = 0; i < repeats; i++)
        {
            foreach (BootContender contender in contenders)
            {
                // One that has failed would only fail again, and take its time for it.
                if (!_samples.Any(sample => sample.Contender == contender.Name && sample.Cpus == cpus && sample.Pace == pace && sample.Excuse is not null))
                    _samples.Add(await MeasureAsync(contender, pace, cpus, stop));
            }
        }
    }

    private async Task<BootSample> MeasureAsync(BootContender contender, Pace pace, int cpus, CancellationToken stop)
    {
        BenchRun run = await BenchMachine.RunAsync(
            contender.Machine with { Cpus = cpus }, pace, files.Plugin, contender.Marks, isStamped: true, request.Limit, stop);
        BootSample sample = contender.Read(run, cpus, pace);
        Say.Note($"{cpus} CPUs, {(pace == Pace.Clock ? "by the clock" : "exactly")}, {contender.Name}: {Tell(sample)}");
        return sample;
    }

    private static string Tell(BootSample sample) =>
        sample.Excuse ?? (sample.Instructions is long count ? $"{Quantity.Count(count)} instructions" : Quantity.Time(sample.Ns ?? 0));
}
