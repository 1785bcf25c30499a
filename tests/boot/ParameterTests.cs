// What the kernel's command line does: memory, messages, and what is left for the first program.
using System;
using System.Threading.Tasks;
using Commence.Machine;
using Xunit;

namespace Commence.BootTests;

public sealed class ParameterTests
{
    private static Task<MachineResult> RunAsync(string append, string program, params string[] arguments) =>
        Kernel.RunAsync(program, arguments, Kernel.Machine with { CommandLine = append });

    private static void AssertSays(MachineResult result, params string[] lines)
    {
        foreach (string line in lines)
            Assert.True(result.Console.Contains(line, StringComparison.Ordinal), $"expected '{line}'\n{Kernel.Describe(result)}");
    }

    [Fact]
    public async Task MemIsALimit()
    {
        MachineResult result = await RunAsync("mem=64M", "/bin/busybox", "awk", "/MemTotal/ { exit !($2 < 65536 && $2 > 32768) }", "/proc/meminfo");

        AssertSays(result, "user-defined physical RAM map:", "user: [mem 0x0000000000100000-0x0000000003ffffff] usable");
        Kernel.AssertExited(0, result);
    }

    [Fact]
    public async Task MemmapTakesMemoryAway()
    {
        MachineResult result = await RunAsync("memmap=16M$64M memmap=1M#96M,2M@1x memmap=96M", "/bin/true");

        AssertSays(result,
            "Malformed early option 'memmap=1M#96M,2M@1x'",
            "BIOS-e820: [mem 0x0000000000100000-",
            "user: [mem 0x0000000000100000-0x0000000003ffffff] usable",
            "user: [mem 0x0000000004000000-0x0000000004ffffff] reserved",
            "user: [mem 0x0000000005000000-0x0000000005ffffff] usable");
        Kernel.AssertExited(0, result);
    }

    [Fact]
    public async Task ExactmapIsTheWholeMap()
    {
        MachineResult result = await RunAsync("memmap=exactmap,640K@0,63M@1M", "/bin/true");

        AssertSays(result, "user: [mem 0x0000000000100000-0x0000000003ffffff] usable");
        Assert.DoesNotContain("user: [mem 0x00000000f", result.Console, StringComparison.Ordinal);
        // The initramfs lies at the end of the machine's memory, beyond what the map names: it is unpacked all the same.
        Kernel.AssertExited(0, result);
    }

    [Fact]
    public async Task ALimitThatLeavesNoMemoryIsNamed() =>
        Kernel.AssertRefused(await RunAsync("mem=1M", "/bin/true"), "too little memory");

    [Fact]
    public async Task ArgumentsAndEnvironmentArrive()
    {
        MachineResult result = await RunAsync("X=1 \"B=x y\" X=2 mod.par=1 TERM=vt100", "/bin/busybox", "env");

        AssertSays(result, "Unknown kernel command line parameters \"X=1 B=x y X=2 TERM=vt100\", will be passed to user space.");
        string output = result.Console[result.Console.IndexOf("as init process", StringComparison.Ordinal)..].ReplaceLineEndings("\n");
        Assert.Contains("\nHOME=/\nTERM=vt100\nX=2\nB=x y\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("mod.par", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WordsBeforeInitAreNotArguments()
    {
        MachineResult result = await Kernel.BootAsync(Kernel.Machine with
        {
            CommandLine = "auto commence.on_init_exit=poweroff rdinit=/bin/busybox echo one -- \"t w\" three",
        });

        AssertSays(result, "\none t w three");
        Kernel.AssertExited(0, result);
    }

    [Fact]
    public async Task QuietHidesMessagesAndIgnoreLoglevelDoesNot()
    {
        MachineResult quiet = await RunAsync("quiet", "/bin/true");
        Assert.DoesNotContain("BIOS-e820", quiet.Console, StringComparison.Ordinal);
        Kernel.AssertExited(0, quiet);

        MachineResult all = await RunAsync("quiet loglevel=0 ignore_loglevel", "/bin/true");
        AssertSays(all, "BIOS-e820", "initramfs: "); // information, and a debug message
        Kernel.AssertExited(0, all);
    }

    [Fact]
    public async Task LoglevelIsReportedWhenItIsOutOfRange()
    {
        MachineResult result = await RunAsync("loglevel=11 loglevel=5 panic=soon", "/bin/true");
        AssertSays(result, "Malformed early option 'panic=soon'");
        Assert.DoesNotContain("BIOS-e820", result.Console, StringComparison.Ordinal); // 5 holds: warnings, no information
        Kernel.AssertExited(0, result);
    }
}
