// What the kernel's command line does: memory, messages, and what is left for the first program.
using System;
using System.IO;
using System.Linq;
using System.Text;
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
        MachineResult result = await RunAsync("mem=64M", "/bin/busybox", "sh", "-c",
            "mount -t proc none /proc; awk '/MemTotal/ { exit !($2 < 65536 && $2 > 32768) }' /proc/meminfo");

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
    public async Task ALimitThatLeavesNoMemoryIsNamed()
    {
        MachineResult result = await RunAsync("mem=1M", "/bin/true");

        Kernel.AssertRefused(result, "memory");
        Assert.DoesNotContain("page fault", result.Console, StringComparison.Ordinal);
    }

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

    // The second port is the record line otherwise: what comes there and is no record shows up as malformed.
    [Fact]
    public async Task ConsolesAreAllThatAreNamed()
    {
        MachineResult result = await RunAsync("console=ttyS0,115200n8 console=ttyS1,9600 console=ttyS7 console=ttyS0,110001", "/bin/true");

        AssertSays(result, "Malformed early option 'console=ttyS7'", "Malformed early option 'console=ttyS0,110001'", "ttyS1 is a console", "BIOS-e820");
        Assert.Contains(result.RecordErrors, static line => line.Contains("BIOS-e820", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheConsoleMayBeTheOtherPort()
    {
        MachineResult result = await RunAsync("console=ttyS1", "/bin/busybox", "echo", "to the console");

        Assert.DoesNotContain("BIOS-e820", result.Console, StringComparison.Ordinal);
        Assert.Contains(result.RecordErrors, static line => line.Contains("BIOS-e820", StringComparison.Ordinal));
        Assert.Contains(result.RecordErrors, static line => line.Contains("to the console", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheEarlyConsoleGivesWayToTheNamedOneUnlessItIsKept()
    {
        MachineResult early = await RunAsync("earlyprintk=serial,ttyS1,115200 console=ttyS0", "/bin/true");
        Assert.DoesNotContain(early.RecordErrors, static line => line.Contains("BIOS-e820", StringComparison.Ordinal));
        AssertSays(early, "BIOS-e820");

        MachineResult kept = await RunAsync("earlyprintk=serial,ttyS1,115200,keep console=ttyS0 earlyprintk=vga", "/bin/true");
        Assert.Contains(kept.RecordErrors, static line => line.Contains("BIOS-e820", StringComparison.Ordinal));
        AssertSays(kept, "BIOS-e820", "Malformed early option 'earlyprintk=vga'");
    }

    [Fact]
    public async Task TheEarlyConsoleMayBeNamedByItsAddress()
    {
        MachineResult early = await RunAsync("earlycon=uart,io,0x2f8", "/bin/true");
        Assert.DoesNotContain("BIOS-e820", early.Console, StringComparison.Ordinal);
        Assert.Contains(early.RecordErrors, static line => line.Contains("BIOS-e820", StringComparison.Ordinal));

        MachineResult gone = await RunAsync("earlycon=uart8250,io,0x2f8,9600 console=uart,io,0x3f8,115200n8 earlycon", "/bin/true");
        AssertSays(gone, "BIOS-e820");
        Assert.DoesNotContain(gone.RecordErrors, static line => line.Contains("BIOS-e820", StringComparison.Ordinal));

        MachineResult kept = await RunAsync("earlycon=uart8250,io,0x2f8,9600 console=ttyS0 keep_bootcon", "/bin/true");
        AssertSays(kept, "BIOS-e820");
        Assert.Contains(kept.RecordErrors, static line => line.Contains("BIOS-e820", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheEarlyConsoleMayBeAtAPlaceOfItsOwn()
    {
        string path = Kernel.Store([]);
        MachineSpec machine = Kernel.Machine with
        {
            CommandLine = "earlycon=uart,io,0x3e8,115200 keep_bootcon console=ttyS0",
            ExtraArguments = ["-chardev", $"file,id=third,path={path}", "-device", "isa-serial,chardev=third,iobase=0x3e8,irq=5"],
        };
        MachineResult result = await Kernel.RunAsync("/bin/true", [], machine);

        AssertSays(result, "BIOS-e820");
        Kernel.AssertExited(0, result);
        Assert.Contains("BIOS-e820", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("earlycon=uart,mmio,0xfe040000")]
    [InlineData("earlycon=uart,io,0x20")]
    [InlineData("earlycon=uart,io,0x3f8,110001")]
    [InlineData("earlycon=pl011,0x9000000")]
    [InlineData("earlycon=uart,io,0x1e8", "earlycon: no UART at I/O port 0x1e8")]
    [InlineData("console=uart,io,0x3e8")]
    [InlineData("printk.time=maybe")]
    public async Task WhatMakesNoSenseIsReportedAndTheConsoleStays(string option, params string[] others)
    {
        MachineResult result = await RunAsync(option, "/bin/true");

        AssertSays(result, [$"Malformed early option '{option}'", "[    0.000000] Boot protocol: ", .. others]);
        Kernel.AssertExited(0, result);
    }

    [Fact]
    public async Task TimesCanBeLeftOut()
    {
        MachineResult result = await RunAsync("printk.time=0", "/bin/busybox", "dmesg");

        Assert.Equal(2, result.ConsoleLines.Count(static line => line.StartsWith("Boot protocol: ", StringComparison.Ordinal))); // said, and read
        Assert.DoesNotContain(result.ConsoleLines, static line => line.StartsWith("[ ", StringComparison.Ordinal));
        Kernel.AssertExited(0, result);
    }

    [Fact]
    public async Task ALongCommandLineIsLoggedWhole()
    {
        string words = string.Concat(Enumerable.Range(0, 60).Select(static i => $"word.number={i} "));
        MachineResult result = await RunAsync(words, "/bin/true");

        AssertSays(result, "word.number=0 ", "word.number=30 ", "word.number=59");
        Kernel.AssertExited(0, result);
    }

    [Fact]
    public async Task TheConsoleMayBeNothing()
    {
        MachineResult result = await RunAsync("console=null", "/bin/busybox", "echo", "to nobody");

        Assert.DoesNotContain("BIOS-e820", result.Console, StringComparison.Ordinal);
        Assert.DoesNotContain("to nobody", result.Console, StringComparison.Ordinal);
        Kernel.AssertExited(0, result);
    }

    private const string BootConfig = """
        kernel {
            mod.par = 1           # for a part that is not there
            X = "from the file", second
            maxcpus = 1
        }
        """;

    private static string WithBootConfig(string text, bool isSound = true)
    {
        byte[] archive = File.ReadAllBytes(Kernel.Machine.Initrd!);
        byte[] config = Encoding.ASCII.GetBytes(text);
        config = [.. config, .. new byte[3 - ((archive.Length + config.Length + 3) % 4)]];
        uint sum = (uint)config.Sum(static value => value) + (isSound ? 0u : 1u);
        return Kernel.Store([.. archive, .. config, .. BitConverter.GetBytes(config.Length), .. BitConverter.GetBytes(sum), .. "#BOOTCONFIG\n"u8]);
    }

    private static Task<MachineResult> RunWithBootConfigAsync(string initrd, string append, string program, params string[] arguments) =>
        Kernel.RunAsync(program, arguments, Kernel.Machine with { Cpus = 2, Initrd = initrd, CommandLine = append });

    [Fact]
    public async Task ABootConfigurationIsPutInFront()
    {
        MachineResult result = await RunWithBootConfigAsync(
            WithBootConfig(BootConfig), "bootconfig", "/bin/busybox", "sh", "-c", "mount -t proc none /proc; cat /proc/bootconfig; nproc; echo [$X]");

        AssertSays(result,
            "Load bootconfig: ",
            "kernel.mod.par = \"1\"\n",
            "kernel.X = \"from the file\", \"second\"\n",
            "\n1\n[second]\n");
    }

    [Fact]
    public async Task ABootConfigurationHasArgumentsForTheFirstProgram()
    {
        MachineResult result = await RunWithBootConfigAsync(WithBootConfig("init.echo\ninit.from-file"), "bootconfig", "/bin/busybox", "typed");

        AssertSays(result, "\nfrom-file typed\n");
        Kernel.AssertExited(0, result);
    }

    [Fact]
    public async Task ABootConfigurationIsLeftAloneUnlessItIsWanted()
    {
        MachineResult result = await RunWithBootConfigAsync(WithBootConfig(BootConfig), "", "/bin/busybox", "nproc");

        Assert.DoesNotContain("bootconfig", result.Console, StringComparison.Ordinal);
        AssertSays(result, "\n2\n"); // and the archive before it was unpacked without complaint
        Assert.DoesNotContain("Initramfs unpacking failed", result.Console, StringComparison.Ordinal);
        Kernel.AssertExited(0, result);
    }

    [Theory]
    [InlineData("kernel.maxcpus = 1\nkernel { x = 2", true, "Failed to parse bootconfig: a brace is not closed at line 2, column 8")]
    [InlineData("kernel.maxcpus = 1", false, "bootconfig: checksum failed")]
    public async Task ADamagedBootConfigurationIsNamed(string text, bool isSound, string message)
    {
        MachineResult result = await RunWithBootConfigAsync(WithBootConfig(text, isSound), "bootconfig", "/bin/busybox", "nproc");

        AssertSays(result, message, "\n2\n");
        Kernel.AssertExited(0, result);
    }

    [Fact]
    public async Task AMissingBootConfigurationIsNamed()
    {
        MachineResult result = await RunAsync("bootconfig", "/bin/true");

        AssertSays(result, "'bootconfig' found on command line, but no bootconfig found");
        Kernel.AssertExited(0, result);
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
