// Boots, one after the other (BenchSeries.cs).
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Commence.Cli.Bench.Boot;

/// <summary>Measures boots.</summary>
internal sealed class BootBench(BenchPlan plan, BenchFiles files, IReadOnlyList<BootContender> contenders)
    : BenchSeries<BootContender, BootSample>(plan, contenders)
{
    private protected override async Task<BootSample> MeasureAsync(BootContender contender, Pace pace, int cpus, CancellationToken stop)
    {
        BenchRun run = await BenchMachine.RunAsync(
            contender.Machine with { Cpus = cpus }, pace, files.Plugin, contender.Marks, isStamped: true, Plan.Limit, stop);
        return contender.Read(run, cpus, pace);
    }

    private protected override string Tell(BootSample sample) =>
        sample.Instructions is long count ? $"{Quantity.Count(count)} instructions" : Quantity.Time(sample.Ns ?? 0);
}
