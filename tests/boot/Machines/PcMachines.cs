// The machines that QEMU makes, in the words of the tests, and what every boot of one of them must show.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Records;
using Xunit;

namespace Commence.BootTests.Machines;

/// <summary>Makes machines and judges how they boot.</summary>
internal static class PcMachines
{
    /// <summary>The program counts the processors that it may use, so that more than the log says that they are there.</summary>
    private const string Program = "/bin/busybox";

    /// <summary>Firmware of <c>microvm</c> that reads MP tables and ACPI from QEMU.</summary>
    internal static string Qboot => FindFirmware("qemu/qboot.rom");

    /// <summary>SeaBIOS for <c>microvm</c>.</summary>
    internal static string SeaBiosMicrovm => FindFirmware("seabios/bios-microvm.bin");

    /// <summary>Boots a machine to the end of a program that counts processors.</summary>
    /// <param name="machine">QEMU's machine type with its properties.</param>
    /// <param name="smp">QEMU's <c>-smp</c>.</param>
    /// <param name="parameters">Kernel parameters.</param>
    /// <param name="cpuModel">QEMU's processor.</param>
    /// <param name="firmware">Firmware that replaces the machine's own.</param>
    /// <param name="arguments">Further arguments of QEMU.</param>
    internal static Task<MachineResult> BootAsync(
        string machine,
        string smp,
        string parameters = "",
        string cpuModel = "max",
        string? firmware = null,
        IReadOnlyList<string>? arguments = null) =>
        Kernel.RunAsync(Program, ["nproc"], Describe(machine, smp, parameters, cpuModel, firmware, arguments));

    /// <summary>Describes a machine to <see cref="VirtualMachine"/>.</summary>
    internal static MachineSpec Describe(
        string machine,
        string smp,
        string parameters = "",
        string cpuModel = "max",
        string? firmware = null,
        IReadOnlyList<string>? arguments = null) => Kernel.Machine with
        {
            Machine = machine,
            CpuModel = cpuModel,
            Firmware = firmware,
            CommandLine = parameters,
            ExtraArguments = ["-smp", smp, .. arguments ?? []],
        };

    /// <summary>Asserts that exactly the processors of these APIC ids are online, that the program could use all of them, and where
    /// the kernel has its knowledge from.</summary>
    internal static void AssertOnline(MachineResult result, IEnumerable<long> apicIds, string source)
    {
        long[] wanted = [.. apicIds.Order()];
        Kernel.AssertStatus(0, result);
        long[] online = [.. result.RecordsOf<CpuRecord>().Where(static cpu => cpu.State == "online").Select(static cpu => cpu.Apic).Order()];
        Assert.True(wanted.SequenceEqual(online), $"online: {string.Join(' ', online)}; expected: {string.Join(' ', wanted)}\n{Kernel.Describe(result)}");
        Assert.True(result.ConsoleLines.Contains(wanted.Length.ToString()), $"the program does not count {wanted.Length} processors\n{Kernel.Describe(result)}");
        AssertSays(result, $"from {source}");
    }

    /// <summary>Asserts that the kernel found nothing wrong: with the firmware, with a processor, or with itself.</summary>
    internal static void AssertNothingWrong(MachineResult result)
    {
        AssertSaysNothingOf(result, "firmware bug");
        foreach (string word in (string[])["not responding", "stuck", "cannot be", "left out", "WARNING", "BUG:"])
            AssertSaysNothingOf(result, word);
        Assert.True(result.RecordsOf<CpuRecord>().All(static cpu => cpu.State == "online"), Kernel.Describe(result));
    }

    /// <summary>Asserts that a line of the console holds each of <paramref name="texts"/>.</summary>
    internal static void AssertSays(MachineResult result, params string[] texts)
    {
        foreach (string text in texts)
            Assert.True(result.Console.Contains(text, StringComparison.Ordinal), $"the kernel does not say '{text}'\n{Kernel.Describe(result)}");
    }

    /// <summary>Asserts that no line of the console holds <paramref name="text"/>.</summary>
    internal static void AssertSaysNothingOf(MachineResult result, string text) =>
        Assert.False(result.Console.Contains(text, StringComparison.Ordinal), $"the kernel says '{text}'\n{Kernel.Describe(result)}");

    /// <summary>The ids 0 to <paramref name="count"/> - 1.</summary>
    internal static IEnumerable<long> Ids(int count) => Enumerable.Range(0, count).Select(static id => (long)id);

    // Debian's packages put firmware below /usr/share, a QEMU built from source below /usr/local/share.
    private static string FindFirmware(string name)
    {
        foreach (string root in (string[])["/usr/share", "/usr/local/share", "/usr/share/qemu"])
        {
            string path = Path.Combine(root, name);
            if (File.Exists(path))
                return path;
        }

        return Path.GetFileName(name); // QEMU looks in its own folders, and says what is missing
    }
}
