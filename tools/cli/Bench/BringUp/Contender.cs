// Who is measured: what machine it boots, and how its figures are read from what that machine left behind.
using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Cli.Bench.Linux;
using Commence.Machine;
using Commence.Machine.Records;

namespace Commence.Cli.Bench.BringUp;

/// <summary>A kernel in one setting.</summary>
internal abstract class Contender(string name) : IBenchContender
{
    private protected const string Begin = "begin";
    private protected const string FirstInit = "first-init";
    private protected const string LastOnline = "last-online";

    /// <inheritdoc/>
    public string Name { get; } = name;

    /// <summary>Where instructions are counted.</summary>
    internal abstract IReadOnlyList<Mark> Marks { get; }

    internal abstract MachineSpec Machine(int cpus);

    /// <summary>Reads a run's figures.</summary>
    internal BringUpSample Read(BenchRun run, int cpus, Pace pace)
    {
        BringUpSample sample = new() { Contender = Name, Cpus = cpus, Pace = pace };
        if (ReadTimes(run.Result, cpus) is not BringUpSpan span)
            return sample with { Excuse = run.Excuse };
        if (span.Online != cpus)
            return sample with { Excuse = $"{span.Online} of {cpus} came" };

        sample = sample with { Ns = span.Ns, NsWithPreparation = span.NsWithPreparation };
        if (pace == Pace.Clock)
            return sample;
        MarkPassage? last = MarkPassage.Last(run.Passages, LastOnline);
        return sample with
        {
            Instructions = last?.Instructions - MarkPassage.First(run.Passages, FirstInit)?.Instructions,
            InstructionsWithPreparation = last?.Instructions - MarkPassage.First(run.Passages, Begin)?.Instructions,
        };
    }

    private protected abstract BringUpSpan? ReadTimes(MachineResult result, int cpus);

    /// <summary>The address of a symbol of ours.</summary>
    private protected static ulong Address(ElfSymbols symbols, string name) => symbols.Find(name)
        ?? throw new CommandException(ExitStatus.BuildFailed, $"the image has no symbol {name}, which the benchmark counts from");
}

/// <summary>The guest's account of one bring-up.</summary>
internal readonly record struct BringUpSpan(int Online, double Ns, double? NsWithPreparation);

/// <summary>Commence.</summary>
internal sealed class CommenceContender(BenchFiles files, string kernel) : Contender("Commence")
{
    // src/kernel/Smp/BringUpTimes.cs, as the compiler names its methods.
    private const string Marker = "Commence_Kernel_Commence_Smp_BringUpTimes__";

    private readonly ElfSymbols _symbols = ElfSymbols.Read(kernel);

    internal override IReadOnlyList<Mark> Marks =>
    [
        new(Begin, Address(_symbols, Marker + "Begin")),
        new(FirstInit, Address(_symbols, Marker + "FirstInit")),
        new(LastOnline, Address(_symbols, Marker + "LastOnline")),
    ];

    internal override MachineSpec Machine(int cpus) => new()
    {
        Kernel = kernel,
        Initrd = files.Initramfs,
        CommandLine = "quiet",
        Cpus = cpus,
        MemoryMiB = BenchMachine.MemoryMiB,
    };

    private protected override BringUpSpan? ReadTimes(MachineResult result, int cpus) =>
        result.RecordsOf<BringUpRecord>().FirstOrDefault() is BringUpRecord record
            ? new BringUpSpan(record.Cpus, record.LastOnlineNs - record.FirstInitNs, record.LastOnlineNs - record.PrepareNs)
            : null;
}

/// <summary>The floor: bench/floor.</summary>
internal sealed class FloorContender(BenchFiles files) : Contender("Floor")
{
    private const double TimerHz = 3_579_545; // ACPI §4.8.3.3 "Power Management Timer (PM_TMR)"

    private readonly ElfSymbols _symbols = ElfSymbols.Read(files.Floor);

    internal override IReadOnlyList<Mark> Marks =>
        [new(FirstInit, Address(_symbols, "first_init")), new(LastOnline, Address(_symbols, "last_arrived"))];

    internal override MachineSpec Machine(int cpus) => new()
    {
        Kernel = files.Floor,
        Cpus = cpus,
        MemoryMiB = BenchMachine.MemoryMiB,
    };

    private protected override BringUpSpan? ReadTimes(MachineResult result, int cpus) =>
        result.RecordsOf<FloorRecord>().FirstOrDefault() is { RateCycles: > 0 } record
            ? new BringUpSpan(record.Arrived + 1, record.Cycles * (record.RateTicks / TimerHz * 1e9) / record.RateCycles, null)
            : null;
}

/// <summary>Linux in one setting.</summary>
internal sealed class LinuxContender(LinuxKernel kernel, BenchFiles files, string name, string parameters) : Contender(name)
{
    internal override IReadOnlyList<Mark> Marks => [kernel.BringUpBegin, kernel.FirstInit, kernel.LastOnline];

    internal override MachineSpec Machine(int cpus) => kernel.Machine(files, cpus, parameters);

    /// <summary>The settings that are compared.</summary>
    internal static IReadOnlyList<LinuxContender> Settings(LinuxKernel kernel, BenchFiles files)
    {
        string calibrated = $"lpj={kernel.LoopsPerJiffy} tsc=reliable";
        return
        [
            new(kernel, files, "Linux", ""),
            new(kernel, files, "Linux, `lpj= tsc=reliable`", calibrated),
            new(kernel, files, "Linux, and `cpuhp.parallel=0`", calibrated + " cpuhp.parallel=0"),
        ];
    }

    private protected override BringUpSpan? ReadTimes(MachineResult result, int cpus)
    {
        LinuxLog log = LinuxLog.Parse(result.Console);
        return log is { BringUpBegin: long begin, BringUpEnd: long end } ? new BringUpSpan(log.OnlineCount, end - begin, null) : null;
    }
}
