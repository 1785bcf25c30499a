// Who is booted, and how a boot's figures are read. The plugin looks up at the same two places in all: where the kernel is
// entered, and at the first instruction of the first program, which is the same file for all.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.RegularExpressions;
using Commence.Cli.Bench.Linux;
using Commence.Machine;

namespace Commence.Cli.Bench.Boot;

/// <summary>A kernel in one setting.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="Machine">A machine that boots it, without a number of processors yet.</param>
/// <param name="Marks">Decompressor, if there is one; entry; init.</param>
internal sealed partial record BootContender(string Name, MachineSpec Machine, IReadOnlyList<Mark> Marks) : IBenchContender
{
    internal const string Commence = "Commence";

    private const string Decompressor = "decompressor";
    private const string Entry = "entry";
    private const string Init = "init";

    // Under -icount shift=0 an instruction takes a nanosecond, and QEMU's time-stamp counter counts these.
    private const double VirtualNsPerCycle = 1;

    internal static BootContender ForCommence(BenchFiles files, string kernel, string name, string parameters) => new(
        name,
        new MachineSpec
        {
            Kernel = kernel,
            Initrd = files.Initramfs,
            CommandLine = $"quiet {parameters}".TrimEnd(),
            MemoryMiB = BenchMachine.MemoryMiB,
        },
        [new Mark(Entry, EntryOf(kernel)), new Mark(Init, files.InitEntry)]);

    internal static BootContender ForLinux(BenchFiles files, LinuxKernel kernel, string name, string parameters) => new(
        name,
        kernel.Machine(files, cpus: 1, parameters),
        [LinuxKernel.Decompressor, kernel.Entry, new Mark(Init, files.InitEntry)]);

    /// <summary>Reads a run's figures.</summary>
    internal BootSample Read(BenchRun run, int cpus, Pace pace)
    {
        BootSample sample = new() { Contender = Name, Cpus = cpus, Pace = pace };
        if (MarkPassage.First(run.Passages, Init) is not MarkPassage init || MarkPassage.First(run.Passages, Entry) is not MarkPassage entry)
            return sample with { Excuse = run.Excuse };

        MarkPassage? before = MarkPassage.First(run.Passages, Decompressor);
        return pace == Pace.Clock
            ? sample with { Ns = init.HostNs - entry.HostNs, DecompressorNs = entry.HostNs - before?.HostNs }
            : sample with
            {
                Instructions = init.Instructions - entry.Instructions,
                DecompressorInstructions = entry.Instructions - before?.Instructions,
                SincePowerOnNs = ReadCycles(run.Result.Console) * VirtualNsPerCycle,
            };
    }

    /// <summary>What our first program says of the time-stamp counter; null if it says nothing.</summary>
    internal static double? ReadCycles(string console) =>
        Cycles().Match(console) is { Success: true } match ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : null;

    // The loader jumps where the image's PVH note says, to code that is linked at its physical address.
    private static ulong EntryOf(string kernel) => ElfSymbols.Read(kernel).Find("pvh_entry")
        ?? throw new CommandException(ExitStatus.BuildFailed, "the image has no symbol pvh_entry, which the benchmark counts from");

    [GeneratedRegex(BenchFiles.InitBegin + @"(\d{1,20})\r?$", RegexOptions.Multiline)]
    private static partial Regex Cycles();
}
