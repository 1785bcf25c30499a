// Unmodified programs run, say what they have to say, and their end reaches the host.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Initramfs;
using Xunit;

namespace Commence.BootTests;

public sealed class ProgramTests
{
    private const int KilledBySignal = 128;
    private const int Sigill = 4;
    private const int Sigfpe = 8;
    private const int Sigsegv = 11;

    private static readonly Lazy<MachineSpec> s_faultMachine = new(MakeFaultMachine);

    [Fact]
    public async Task UnameNamesTheKernel()
    {
        MachineResult result = await Kernel.RunAsync("/bin/busybox", ["uname", "-a"], Kernel.Machine with { Cpus = 4 });

        Kernel.AssertExited(0, result);
        string line = Assert.Single(result.ConsoleLines, static line => line.StartsWith("Linux", StringComparison.Ordinal));
        Assert.Contains("Commence", line);
        Assert.Contains("0.1.0", line);
        Assert.Contains("x86_64", line);
    }

    [Theory]
    [InlineData("/bin/true", 0)]
    [InlineData("/bin/false", 1)]
    public async Task TheExitStatusReachesTheHost(string program, int status) =>
        Kernel.AssertExited(status, await Kernel.RunAsync(program, []));

    [Fact]
    public async Task ArgumentsArriveAsTheyWere()
    {
        MachineResult result = await Kernel.RunAsync("/bin/busybox", ["echo", "a  b", "", "$HOME", "c=d e"]);

        Kernel.AssertExited(0, result);
        Assert.Contains("a  b  $HOME c=d e", result.ConsoleLines);
    }

    [Fact]
    public async Task AShellRuns()
    {
        MachineResult result = await Kernel.RunAsync("/bin/sh", ["-c", "echo $((6 * 7)); exit 42"]);

        Kernel.AssertExited(42, result);
        Assert.Contains("42", result.ConsoleLines);
    }

    [Fact]
    public async Task NoOutputIsLostOrTorn()
    {
        MachineResult result = await Kernel.RunAsync("/bin/busybox", ["seq", "10000", "12000"], Kernel.Machine with { Cpus = 4 });

        Kernel.AssertExited(0, result);
        IEnumerable<string> numbers = result.ConsoleLines.Where(static line => line.Length == 5 && line.All(char.IsAsciiDigit));
        Assert.Equal(Enumerable.Range(10000, 2001).Select(static number => number.ToString()), numbers);
    }

    [Theory]
    [InlineData("read", KilledBySignal + Sigsegv)]
    [InlineData("write", KilledBySignal + Sigsegv)]
    [InlineData("kernel", KilledBySignal + Sigsegv)]
    [InlineData("privileged", KilledBySignal + Sigsegv)]
    [InlineData("illegal", KilledBySignal + Sigill)]
    [InlineData("divide", KilledBySignal + Sigfpe)]
    [InlineData("call", 38)]
    [InlineData("pointer", 14)]
    public async Task AFaultKillsTheProgramAndNotTheKernel(string fault, int status) =>
        Kernel.AssertExited(status, await Kernel.RunAsync("/fault", [fault], s_faultMachine.Value));

    [Fact]
    public async Task APlainArchiveIsAsGoodAsACompressedOne()
    {
        MachineSpec machine = Kernel.Machine with { Initrd = Kernel.Pack(DefaultRootfs.Build(), isCompressed: false) };
        Kernel.AssertExited(0, await Kernel.RunAsync("/bin/true", [], machine));
    }

    private static MachineSpec MakeFaultMachine()
    {
        InitramfsBuilder files = new();
        files.AddHostFile("/fault", Path.Combine(AppContext.BaseDirectory, "fault.elf"));
        return Kernel.Machine with { Initrd = Kernel.Pack(files) };
    }
}
