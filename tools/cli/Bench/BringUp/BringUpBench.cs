// Bring-ups, one after the other (BenchSeries.cs).
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Commence.Cli.Bench.BringUp;

/// <summary>Measures bring-up.</summary>
/// <param name="plan">What is asked for.</param>
/// <param name="linuxCpusMax">Linux is not measured with more processors than this; 0: not at all.</param>
/// <param name="files">What the machines need.</param>
/// <param name="contenders">Who is measured.</param>
internal sealed class BringUpBench(BenchPlan plan, int linuxCpusMax, BenchFiles files, IReadOnlyList<Contender> contenders)
    : BenchSeries<Contender, BringUpSample>(plan, contenders)
{
    /// <summary>Instead of figures, where Linux was left out on request.</summary>
    internal const string LeftOut = "left out";

    private protected override async Task<BringUpSample> MeasureAsync(Contender contender, Pace pace, int cpus, CancellationToken stop)
    {
        if (contender is LinuxContender && cpus > linuxCpusMax)
            return new BringUpSample { Contender = contender.Name, Cpus = cpus, Pace = pace, Excuse = LeftOut };

        BenchRun run = await BenchMachine.RunAsync(
            contender.Machine(cpus), pace, files.Plugin, contender.Marks, isStamped: false, Plan.Limit, stop);
        return contender.Read(run, cpus, pace);
    }

    private protected override string Tell(BringUpSample sample)
    {
        string time = Quantity.Time(sample.Ns ?? 0);
        return sample.Instructions is long count ? $"{time}, {Quantity.Count(count)} instructions" : time;
    }
}
