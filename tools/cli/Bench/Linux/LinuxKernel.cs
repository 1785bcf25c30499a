// A Linux kernel to measure: its image, and what we must know of it.
//
// Debian's package has no symbols: its System.map is a stub. But the kernel knows its own, so it is booted once with busybox
// and asked. With nokaslr they are the same in every boot, so the answer is kept beside the package.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Initramfs;

namespace Commence.Cli.Bench.Linux;

/// <summary>A kernel with its addresses.</summary>
internal sealed partial class LinuxKernel
{
    // What the parameters are for: no output on the slow serial line while we measure; the same addresses in every boot; a
    // panic ends the run.
    private const string CommonParameters = "console=ttyS0 quiet nokaslr panic=-1";

    // Where the image is linked (__START_KERNEL_map).  Source: Linux documentation, x86_64 "Complete virtual memory map".
    private const ulong KernelMap = 0xffff_ffff_8000_0000;

    // Where the boot loader puts the part that is not compressed.  Source: Linux documentation, "The Linux/x86 Boot Protocol".
    private const ulong DecompressorEntry = 0x100000;

    private static readonly string[] s_symbols = ["startup_64", "smp_init", "native_kick_ap", "native_cpu_up", "native_smp_cpus_done"];

    private static readonly TimeSpan s_probeMax = TimeSpan.FromMinutes(3);

    private readonly Dictionary<string, ulong> _symbols;

    private LinuxKernel(LinuxPackage package, Dictionary<string, ulong> symbols, long loopsPerJiffy)
    {
        Package = package;
        _symbols = symbols;
        LoopsPerJiffy = loopsPerJiffy;
    }

    internal LinuxPackage Package { get; }

    /// <summary>For <c>lpj=</c>.</summary>
    internal long LoopsPerJiffy { get; }

    /// <summary>The first instruction of the boot loader's protocol in protected mode; then it decompresses itself.</summary>
    internal static Mark Decompressor { get; } = new("decompressor", DecompressorEntry);

    /// <summary>The first instruction of the kernel proper.</summary>
    internal Mark Entry => new("entry", Symbol("startup_64") - KernelMap);

    /// <summary>Idle tasks are about to be made for the other processors.</summary>
    internal Mark BringUpBegin => new("begin", Symbol("smp_init"));

    /// <summary>A processor is about to get its INIT; passed once for each. Newer kernels have the first name.</summary>
    internal Mark FirstInit => new("first-init", _symbols.TryGetValue("native_kick_ap", out ulong address) ? address : Symbol("native_cpu_up"));

    /// <summary>The last one is online.</summary>
    internal Mark LastOnline => new("last-online", Symbol("native_smp_cpus_done"));

    /// <summary>Fetches the kernel and asks it.</summary>
    internal static async Task<LinuxKernel> FetchAsync(CancellationToken stop)
    {
        LinuxPackage package = await LinuxPackage.FetchAsync();
        string path = Path.Combine(Path.GetDirectoryName(package.Kernel)!, "answers.txt");
        string answers = File.Exists(path) ? await File.ReadAllTextAsync(path, stop) : await ProbeAsync(package, stop);
        LinuxKernel kernel = Parse(package, answers);
        await File.WriteAllTextAsync(path, answers, stop);
        return kernel;
    }

    /// <summary>A machine that boots it with our first program.</summary>
    internal MachineSpec Machine(BenchFiles files, int cpus, string parameters) => new()
    {
        Kernel = Package.Kernel,
        Initrd = files.Initramfs,
        CommandLine = $"{CommonParameters} {parameters} -- log",
        Cpus = cpus,
        MemoryMiB = BenchMachine.MemoryMiB,
    };

    /// <summary>Takes its answers apart.</summary>
    internal static LinuxKernel Parse(LinuxPackage package, string answers)
    {
        Dictionary<string, ulong> symbols = [];
        foreach (Match match in SymbolLine().Matches(answers))
            symbols[match.Groups[2].Value] = ulong.Parse(match.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (LinuxLog.Parse(answers).LoopsPerJiffy is not long loops || !symbols.ContainsKey("startup_64"))
            throw new CommandException(ExitStatus.NoStatus, $"{package.Name} did not tell its symbols and its loops per jiffy:\n{Tail(answers)}");
        return new LinuxKernel(package, symbols, loops);
    }

    private ulong Symbol(string name) => _symbols.TryGetValue(name, out ulong address)
        ? address
        : throw new CommandException(ExitStatus.NoStatus, $"{Package.Name} has no symbol {name}: this version cannot be measured yet");

    private static async Task<string> ProbeAsync(LinuxPackage package, CancellationToken stop)
    {
        Say.Note($"asking {package.Name} where its functions are");
        InitramfsBuilder files = DefaultRootfs.Build();
        files.AddFile("/init", System.Text.Encoding.UTF8.GetBytes(
            $"#!/bin/sh\nmount -t proc proc /proc\ngrep -E ' ({string.Join('|', s_symbols)})$' /proc/kallsyms\ndmesg | grep lpj=\npoweroff -f\n"));
        string archive = Path.Combine(BenchFiles.Folder, "probe.cpio.gz");
        using (FileStream output = File.Create(archive))
            files.WriteGzipTo(output);

        MachineSpec machine = new()
        {
            Kernel = package.Kernel,
            Initrd = archive,
            CommandLine = CommonParameters,
            Cpus = 1,
            MemoryMiB = BenchMachine.MemoryMiB,
        };
        MachineResult result = await new VirtualMachine(machine).RunAsync(s_probeMax, stop);
        stop.ThrowIfCancellationRequested();
        return result.Console;
    }

    private static string Tail(string text) => string.Join('\n', text.TrimEnd().Split('\n').TakeLast(5));

    // "ffffffff81000b53 T startup_64"
    [GeneratedRegex(@"^([0-9a-f]{16}) [A-Za-z] (\w+)\r?$", RegexOptions.Multiline)]
    private static partial Regex SymbolLine();
}
