// ./commence bench boot: from the kernel's entry to the first instruction of the first program.
using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Commence.Cli.Bench.Linux;
using Commence.Cli.Build;
using Commence.Cli.Host;

namespace Commence.Cli.Bench.Boot;

/// <summary>Measures boots.</summary>
internal static class BootCommand
{
    private const string Arch = "x64";
    private const int MemoryCpus = 4;
    private const int MemoryMin = 2;
    private const int MemoryMax = 256;

    // A machine with too little memory may hang for ever, and half of those that are tried have too little.
    private static readonly TimeSpan s_memoryLimitMax = TimeSpan.FromSeconds(120);

    internal static Command Create()
    {
        Option<int[]> cpus = BenchCommand.CpusOption(min: 1, 1, 4, 16, 64);
        Option<int> repeats = BenchCommand.RepeatsOption(5);
        Option<int> exact = BenchCommand.ExactOption();
        Option<double> limit = BenchCommand.LimitOption();
        Option<bool> noMemory = new("--no-memory") { Description = "Leave out the search for the smallest memory" };
        Option<bool> noLinux = BenchCommand.NoLinuxOption();
        Option<string?> json = BenchCommand.JsonOption();
        Command command = new("boot", "From the kernel's entry to the first instruction of init; the smallest memory") { cpus, repeats, exact, limit, noMemory, noLinux, json };
        command.SetAction((parsed, stop) =>
        {
            BenchPlan plan = new(
                parsed.GetValue(cpus)!, parsed.GetValue(repeats), parsed.GetValue(exact), TimeSpan.FromSeconds(parsed.GetValue(limit)));
            return RunAsync(plan, !parsed.GetValue(noLinux), !parsed.GetValue(noMemory), parsed.GetValue(json), stop);
        });
        return command;
    }

    private static async Task<int> RunAsync(BenchPlan plan, bool hasLinux, bool hasMemory, string? json, CancellationToken stop)
    {
        BenchCommand.CheckCounts(plan);
        await Installer.EnsureAsync([.. Tool.ForBuild, Tool.Emulator, .. hasLinux ? (Tool[])[Tool.Busybox] : []]);
        await Builder.BuildAsync(BuildTarget.KernelImage(Arch), isVerbose: false, stop);
        BenchFiles files = await BenchFiles.BuildAsync();
        LinuxKernel? linux = hasLinux ? await LinuxKernel.FetchAsync(stop) : null;
        List<BootContender> contenders = [.. OwnSettings(files), .. linux is not null ? LinuxSettings(files, linux) : []];

        HostFacts host = await HostFacts.ReadAsync();
        IReadOnlyList<BootSample> samples = await new BootBench(plan, files, contenders).RunAsync(stop);
        Dictionary<string, int?> memory = hasMemory ? await SearchMemoryAsync(contenders, plan.Limit, stop) : [];
        Console.WriteLine($"## Boot\n\n{host.Describe()}\n\n{Explain(linux, plan)}\n\n{BootReport.Render(samples)}{RenderMemory(memory)}".TrimEnd());
        BenchCommand.WriteJson(json, new { Benchmark = "boot", Host = host, Linux = linux?.Package.Version, Samples = samples, SmallestMemoryMib = memory });
        return samples.Any(static sample => sample.Excuse is not null && !sample.IsLinux) ? ExitStatus.TestsFailed : ExitStatus.Success;
    }

    private static IEnumerable<BootContender> OwnSettings(BenchFiles files)
    {
        const string Serial = "initcall.parallel=0";
        string kernel = Repository.KernelImage(Arch);
        yield return BootContender.ForCommence(files, kernel, BootContender.Commence, "");
        if (KnowsParallelInitcalls(kernel))
            yield return BootContender.ForCommence(files, kernel, $"Commence, `{Serial}`", Serial);
    }

    // A kernel that has the parameter has its name.
    private static bool KnowsParallelInitcalls(string kernel) => File.ReadAllBytes(kernel).AsSpan().IndexOf("initcall.parallel"u8) >= 0;

    private static IEnumerable<BootContender> LinuxSettings(BenchFiles files, LinuxKernel kernel) =>
    [
        BootContender.ForLinux(files, kernel, "Linux", ""),
        BootContender.ForLinux(files, kernel, "Linux, `lpj= tsc=reliable`", $"lpj={kernel.LoopsPerJiffy} tsc=reliable"),
    ];

    private static async Task<Dictionary<string, int?>> SearchMemoryAsync(List<BootContender> contenders, TimeSpan limit, CancellationToken stop)
    {
        TimeSpan memoryLimit = limit < s_memoryLimitMax ? limit : s_memoryLimitMax;
        Dictionary<string, int?> smallest = [];
        foreach (BootContender contender in contenders.Where(static contender => contender.Name is BootContender.Commence or "Linux"))
        {
            Say.Note($"the smallest memory for {contender.Name} with {MemoryCpus} CPUs");
            smallest[contender.Name] = await MemorySearch.SmallestAsync(MemoryMin, MemoryMax, size =>
                MemorySearch.ReachesInitAsync(contender.Machine with { Cpus = MemoryCpus, MemoryMiB = size }, memoryLimit, stop));
        }
        return smallest;
    }

    private static string RenderMemory(Dictionary<string, int?> smallest)
    {
        if (smallest.Count == 0)
            return "";
        MarkdownTable table = new([.. smallest.Keys]);
        table.Add(smallest.Values.Select(static size => size is int mib ? $"{mib} MiB" : $"more than {MemoryMax} MiB"));
        return $"**Smallest memory with which {MemoryCpus} CPUs come to init**\n\n{table}\n";
    }

    private static string Explain(LinuxKernel? linux, BenchPlan plan)
    {
        string text = $"""
            q35, `-cpu max`, {BenchMachine.MemoryMiB} MiB, the same initramfs for all, boots of each by the clock: {plan.Repeats}, in turns.
            A plugin of QEMU's looks up when the kernel is entered and when the first program executes its first instruction.
            """;
        if (!KnowsParallelInitcalls(Repository.KernelImage(Arch)))
            text += "\nThis kernel does not know `initcall.parallel=`: what parallel initcalls save is not measured.";
        return linux is null ? text : text + "\n" + $"""
            Linux: {linux.Package.Name} {linux.Package.Version}; entered at `startup_64`, which its decompressor jumps to.
            """;
    }
}
