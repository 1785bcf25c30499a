// The order of the runs: all contenders after each other, then all again. What else the host does then hits all alike.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Commence.Cli.Bench.BringUp;

/// <summary>What is asked for.</summary>
/// <param name="Cpus">Numbers of processors.</param>
/// <param name="Repeats">Runs by the clock.</param>
/// <param name="Exact">Runs with instructions counted.</param>
/// <param name="Limit">The time limit of one run.</param>
/// <param name="LinuxCpusMax">Linux is not measured with more processors than this.</param>
internal sealed record BringUpRequest(IReadOnlyList<int> Cpus, int Repeats, int Exact, TimeSpan Limit, int LinuxCpusMax);

/// <summary>Measures bring-up.</summary>
internal sealed class BringUpBench(BringUpRequest request, BenchFiles files, IReadOnlyList<Contender> contenders)
{
    /// <summary>Instead of figures, where Linux was left out on request.</summary>
    internal const string LeftOut = "left out";

    private readonly List<BringUpSample> _samples = [];

    /// <summary>Runs everything.</summary>
    internal async Task<IReadOnlyList<BringUpSample>> RunAsync(CancellationToken stop)
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
            foreach (Contender contender in contenders)
            {
                // One that has failed would only fail again, and take its time for it.
                if (!_samples.Any(sample => sample.Contender == contender.Name && sample.Cpus == cpus && sample.Pace == pace && sample.Excuse is not null))
                    _samples.Add(await MeasureAsync(contender, pace, cpus, stop));
            }
        }
    }

    private async Task<BringUpSample> MeasureAsync(Contender contender, Pace pace, int cpus, CancellationToken stop)
    {
        if (contender is LinuxContender && cpus > request.LinuxCpusMax)
            return new BringUpSample { Contender = contender.Name, Cpus = cpus, Pace = pace, Excuse = LeftOut };

        BenchRun run = await BenchMachine.RunAsync(
            contender.Machine(cpus), pace, files.Plugin, contender.Marks, isStamped: false, request.Limit, stop);
        BringUpSample sample = contender.Read(run, cpus, pace);
        Say.Note($"{cpus} CPUs, {(pace == Pace.Clock ? "by the clock" : "exactly")}, {contender.Name}: {Tell(sample)}");
        return sample;
    }

    private static string Tell(BringUpSample sample)
    {
        if (sample.Excuse is not null)
            return sample.Excuse;
        string time = Quantity.Time(sample.Ns ?? 0);
        return sample.Instructions is long count ? $"{time}, {count.ToString("#,0", CultureInfo.InvariantCulture)} instructions" : time;
    }
}
