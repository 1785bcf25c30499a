// ./commence bench bringup: from the first INIT to the last processor online.
using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Commence.Cli.Bench.Linux;
using Commence.Cli.Build;
using Commence.Cli.Host;

namespace Commence.Cli.Bench.BringUp;

/// <summary>Measures bring-up.</summary>
internal static class BringUpCommand
{
    private const string Arch = "x64";

    // Linux with 255 processors takes many minutes on an emulator.
    private const int QuickLinuxCpusMax = 64;

    internal static Command Create()
    {
        Option<int[]> cpus = BenchCommand.CpusOption(min: 2, 2, 4, 16, 64, 255);
        Option<int> repeats = BenchCommand.RepeatsOption(5);
        Option<int> exact = BenchCommand.ExactOption();
        Option<double> limit = BenchCommand.LimitOption();
        Option<bool> quick = new("--quick") { Description = $"Leave Linux out above {QuickLinuxCpusMax} processors" };
        Option<bool> noLinux = BenchCommand.NoLinuxOption();
        Option<string?> json = BenchCommand.JsonOption();
        Command command = new("bringup", "From the first INIT to the last processor online") { cpus, repeats, exact, limit, quick, noLinux, json };
        command.SetAction((parsed, stop) =>
        {
            BenchPlan plan = new(
                parsed.GetValue(cpus)!, parsed.GetValue(repeats), parsed.GetValue(exact), TimeSpan.FromSeconds(parsed.GetValue(limit)));
            int linuxCpusMax = parsed.GetValue(noLinux) ? 0 : parsed.GetValue(quick) ? QuickLinuxCpusMax : int.MaxValue;
            return RunAsync(plan, linuxCpusMax, parsed.GetValue(json), stop);
        });
        return command;
    }

    private static async Task<int> RunAsync(BenchPlan plan, int linuxCpusMax, string? json, CancellationToken stop)
    {
        BenchCommand.CheckCounts(plan);
        bool hasLinux = linuxCpusMax != 0;
        await Installer.EnsureAsync([.. Tool.ForBuild, Tool.Emulator, .. hasLinux ? (Tool[])[Tool.Busybox] : []]);
        await Builder.BuildAsync(BuildTarget.KernelImage(Arch), isVerbose: false, stop);
        BenchFiles files = await BenchFiles.BuildAsync();
        LinuxKernel? linux = hasLinux ? await LinuxKernel.FetchAsync(stop) : null;
        List<Contender> contenders =
        [
            new FloorContender(files),
            new CommenceContender(files, Repository.KernelImage(Arch)),
            .. linux is not null ? LinuxContender.Settings(linux, files) : [],
        ];

        HostFacts host = await HostFacts.ReadAsync();
        IReadOnlyList<BringUpSample> samples = await new BringUpBench(plan, linuxCpusMax, files, contenders).RunAsync(stop);
        Console.WriteLine($"## Bring-up\n\n{host.Describe()}\n\n{Explain(linux, plan)}\n\n{BringUpReport.Render(samples).TrimEnd()}");
        BenchCommand.WriteJson(json, new { Benchmark = "bringup", Host = host, Linux = linux?.Package.Version, Samples = samples });
        return samples.Any(static sample => sample.Excuse is not null && sample.Contender is "Commence" or "Floor") ? ExitStatus.TestsFailed : ExitStatus.Success;
    }

    private static string Explain(LinuxKernel? linux, BenchPlan plan)
    {
        string text = $"""
            q35, `-cpu max`, {BenchMachine.MemoryMiB} MiB, runs of each by the clock: {plan.Repeats}, in turns. Floor: one broadcast
            INIT and SIPI until all have been counted. Commence: the first INIT until the last processor runs its idle task; with
            preparation: from where memory, stacks and idle tasks for them begin to be made.
            """;
        return linux is null ? text : text + "\n" + $"""
            Linux: {linux.Package.Name} {linux.Package.Version}. By the clock: from the log's "Bringing up secondary CPUs" to "Brought up"; idle tasks
            are made before, the other tasks of a processor in between. Instructions: from the first INIT, or with preparation from
            `smp_init`. Settings: as it is; with `lpj={linux.LoopsPerJiffy} tsc=reliable`; with these and `cpuhp.parallel=0`.
            """;
    }
}
