// The kernel started by GRUB from a disc, which a BIOS or UEFI started before: all that QEMU does not do for it here.
using System;
using System.Collections.Concurrent;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Iso;
using Xunit;

namespace Commence.BootTests;

public sealed class DiscTests
{
    // GRUB's acpi command makes new tables without those of the given signature, and a new root pointer to them.
    private const string WithoutMadt = "acpi --exclude=APIC";

    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> s_discs = new();

    public static TheoryData<string, bool, int> Machines()
    {
        TheoryData<string, bool, int> machines = [];
        foreach (int cpus in (int[])[1, 4, 8])
        {
            machines.Add("pc", false, cpus);
            machines.Add("q35", false, cpus);
            machines.Add("q35", true, cpus);
        }
        return machines;
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task EveryProcessorIsOnline(string machine, bool isUefi, int cpus)
    {
        MachineResult result = await RunAsync(["sh", "-c", "nproc; IFS=; echo $0", "a  b"], Machine(machine, isUefi) with { Cpus = cpus });

        Kernel.AssertExited(0, result);
        ProcessorTests.AssertAllOnline(result, cpus);
        Assert.Contains(isUefi ? "multiboot2, UEFI" : "multiboot2, BIOS", result.Console);
        Assert.Contains(cpus.ToString(), result.ConsoleLines);
        Assert.Contains("Command line: rdinit=/bin/busybox init=/bin/busybox commence.on_init_exit=poweroff -- sh -c \"nproc; IFS=; echo $0\" \"a  b\"\n", result.Console);
        Assert.Contains("a  b", result.ConsoleLines);
        Assert.Contains("Freeing initrd memory", result.Console);
    }

    [Fact]
    public async Task UnderUefiNoBiosIsAskedForTables()
    {
        MachineResult result = await RunAsync(["true"], Machine("q35", isUefi: true) with { Cpus = 2 });

        Kernel.AssertExited(0, result);
        Assert.Contains("ACPI: RSDP at", result.Console);
        Assert.DoesNotContain("MultiProcessor Specification", result.Console);
    }

    [Fact]
    public async Task WithoutAMadtTheMpTableCounts()
    {
        MachineSpec machine = Machine("q35", isUefi: false) with { Cpus = 4, Sockets = 4 };
        MachineResult result = await RunAsync(["nproc"], machine, WithoutMadt);

        Kernel.AssertExited(0, result);
        ProcessorTests.AssertAllOnline(result, 4);
        Assert.Contains("from MP configuration table", result.Console);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WithoutAnyListOneProcessorBoots(bool isUefi)
    {
        // SeaBIOS's MP table lists packages, of which this machine has one.
        MachineResult result = await RunAsync(["nproc"], Machine("q35", isUefi) with { Cpus = 4 }, WithoutMadt);

        Kernel.AssertExited(0, result);
        ProcessorTests.AssertAllOnline(result, 1);
        Assert.Equal(isUefi, result.Console.Contains("no MADT and no MP table", StringComparison.Ordinal));
    }

    [Fact]
    public async Task UefiWithoutAcpiBootsOneProcessor()
    {
        // OVMF then tells the loader of no root pointer, and the machine has nothing to be switched off with.
        MachineResult result = await RunAsync(["nproc"], Machine("q35,acpi=off", isUefi: true) with { Cpus = 2 });

        Kernel.AssertStatus(0, result);
        ProcessorTests.AssertAllOnline(result, 1);
        Assert.DoesNotContain("ACPI: RSDP", result.Console);
        Assert.Contains("no MADT and no MP table", result.Console);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheMachineRestarts(bool isUefi)
    {
        MachineResult result = await RunAsync(["reboot", "-f"], Machine("q35", isUefi) with { Cpus = 2 });

        Assert.True(result.Outcome == Outcome.Reset, Kernel.Describe(result));
        Assert.Contains("reboot: Restarting system", result.Console);
    }

    [Fact]
    public async Task AnImageIsMadeAndRunByTheCommand()
    {
        string disc = Kernel.Store([]);
        CommandTests.CommandResult made = await CommandTests.RunAsync("image", "--iso", "--kernel", Kernel.Image, "-o", disc, "--append", "quiet", "--", "sh", "-c", "nproc; exit 3");
        CommandTests.CommandResult run = await CommandTests.RunAsync("run", "--iso", disc, "--cpus", "2", "--timeout", "120");

        Assert.True(made.Status == 0, made.Error);
        Assert.StartsWith(disc, made.Output);
        Assert.True(run.Status == 3, run.Error);
        Assert.Contains("2\n", run.Output);
        Assert.DoesNotContain("Command line:", run.Output); // quiet arrived
    }

    private static MachineSpec Machine(string type, bool isUefi) =>
        Kernel.Machine with { Machine = type, Uefi = isUefi ? UefiFirmware.Ovmf : null };

    private static async Task<MachineResult> RunAsync(string[] arguments, MachineSpec machine, params string[] commands)
    {
        string commandLine = KernelCommandLine.ForProgram("/bin/busybox", machine.CommandLine, arguments);
        BootIso iso = new() { Kernel = machine.Kernel, Initrd = machine.Initrd, CommandLine = commandLine, Commands = commands };
        string key = string.Join('\n', [commandLine, .. commands]);
        string disc = await s_discs.GetOrAdd(key, _ => new Lazy<Task<string>>(() => MakeAsync(iso))).Value;
        return await Kernel.BootAsync(machine with { Disc = disc });
    }

    private static async Task<string> MakeAsync(BootIso iso)
    {
        string path = Kernel.Store([]);
        await iso.BuildAsync(path);
        return path;
    }
}
