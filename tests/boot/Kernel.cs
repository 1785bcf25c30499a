// Boots the kernel with the default file system, and what tests ask of how it ended.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Initramfs;
using Xunit;

namespace Commence.BootTests;

/// <summary>The kernel under test.</summary>
internal static class Kernel
{
    private const int ConsoleLinesShown = 60;

    // Sixteen emulated processors on a small, busy host take their time.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);

    private static readonly Lazy<string> s_defaultInitrd = new(() => Pack(DefaultRootfs.Build()));

    /// <summary>The repository.</summary>
    internal static string Root { get; } = FindRoot();

    /// <summary>The kernel's image.</summary>
    internal static string Image { get; } = Path.Combine(Root, "artifacts", "image", "x64", "commence.elf");

    /// <summary>A machine with the default file system and no command line yet.</summary>
    internal static MachineSpec Machine { get; } = new() { Kernel = Image, Initrd = s_defaultInitrd.Value };

    /// <summary>Runs a program on a machine with one processor, or on <paramref name="machine"/>.</summary>
    internal static Task<MachineResult> RunAsync(string program, string[] arguments, MachineSpec? machine = null)
    {
        machine ??= Machine;
        string append = machine.CommandLine;
        return BootAsync(machine with { CommandLine = KernelCommandLine.ForProgram(program, append, arguments) });
    }

    /// <summary>Boots a machine as it is.</summary>
    internal static Task<MachineResult> BootAsync(MachineSpec machine)
    {
        Assert.True(File.Exists(machine.Kernel), $"there is no {machine.Kernel}: ./commence build");
        return VirtualMachine.RunAsync(machine, s_limit);
    }

    /// <summary>Writes a file system to a file, which stays until the tests end.</summary>
    internal static string Pack(InitramfsBuilder files, bool isCompressed = true)
    {
        using MemoryStream archive = new();
        if (isCompressed)
            files.WriteGzipMembersTo(archive);
        else
            files.WriteTo(archive);
        return Store(archive.ToArray());
    }

    /// <summary>Writes bytes to a file, which stays until the tests end.</summary>
    internal static string Store(byte[] contents)
    {
        string path = Path.GetTempFileName();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(path);
        File.WriteAllBytes(path, contents);
        return path;
    }

    /// <summary>Asserts that the program ended with <paramref name="status"/> and the machine powered off in order.</summary>
    internal static void AssertExited(int status, MachineResult result)
    {
        AssertStatus(status, result);
        Assert.True(result.IsPoweredOff, $"the machine did not power off\n{Describe(result)}");
    }

    /// <summary>Asserts that the program ended with <paramref name="status"/>, on a machine that cannot power off.</summary>
    internal static void AssertStatus(int status, MachineResult result)
    {
        Assert.True(result.Outcome == Outcome.Exited && result.ExitStatus == status, $"expected exit status {status}\n{Describe(result)}");
        Assert.True(result.RecordErrors.Count == 0, string.Join('\n', result.RecordErrors));
    }

    /// <summary>Asserts that the kernel stopped itself and named, on the console, each of <paramref name="words"/>.</summary>
    internal static void AssertRefused(MachineResult result, params string[] words)
    {
        Assert.True(result.Outcome == Outcome.Panicked, $"expected a panic\n{Describe(result)}");
        foreach (string word in words)
            Assert.True(result.Console.Contains(word, StringComparison.OrdinalIgnoreCase), $"expected a message with '{word}'\n{Describe(result)}");
    }

    /// <summary>Gives the end of a run in words.</summary>
    internal static string Describe(MachineResult result)
    {
        IEnumerable<string> cpus = result.Cpus.Select(static cpu =>
            $"CPU {cpu.Index} rip={cpu.Rip:x} {(cpu.IsHalted ? "halted" : "")} from {string.Join(' ', cpu.ReturnAddresses.Select(static address => address.ToString("x")))}");
        return string.Join('\n', [
            $"outcome: {result.Outcome}, status {result.ExitStatus}, panic: {result.PanicMessage}",
            .. result.RecordErrors.Select(static error => $"malformed record: {error}"),
            .. cpus,
            result.EmulatorOutput,
            .. result.ConsoleLines.TakeLast(ConsoleLinesShown),
        ]);
    }

    private static string FindRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Commence.slnx")))
            directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException("the tests do not lie in their repository");
    }
}
