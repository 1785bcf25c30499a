// The machine's end on purpose: restart, power off and halt, by each way that a PC has, and who may ask for it.
using System;
using System.IO;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Initramfs;
using Xunit;

namespace Commence.BootTests;

public sealed class RebootTests
{
    private static Task<MachineResult> RunAsync(string command, string append = "", string machine = "q35", int cpus = 2) =>
        Kernel.RunAsync("/bin/sh", ["-c", command], Kernel.Machine with { CommandLine = append, Machine = machine, Cpus = cpus, MemoryMiB = 64 });

    private static void AssertLastLines(MachineResult result, params string[] lines)
    {
        for (int i = 0; i < lines.Length; i++)
            Assert.True(result.ConsoleLines[^(lines.Length - i)].Contains(lines[i], StringComparison.Ordinal), $"expected '{lines[i]}'\n{Kernel.Describe(result)}");
    }

    [Theory]
    [InlineData("", "q35", "by ACPI's reset register")]
    [InlineData("reboot=acpi", "pc", "by the keyboard controller")] // its FADT names no register
    [InlineData("reboot=k", "q35", "by the keyboard controller")]
    [InlineData("reboot=warm,pci", "q35", "by the reset control register")]
    [InlineData("reboot=cf9,cold", "pc", "by the reset control register")]
    [InlineData("reboot=force", "q35", "by ACPI's reset register")]
    [InlineData("", "pc,acpi=off", "by the keyboard controller")]
    public async Task TheMachineRestarts(string append, string machine, string way)
    {
        MachineResult result = await RunAsync("reboot -f", append, machine);

        Assert.True(result.Outcome == Outcome.Reset, Kernel.Describe(result));
        AssertLastLines(result, "reboot: Restarting system", $"reboot: {way}"); // the first way has worked: there is no other line
    }

    [Theory]
    [InlineData("reboot=triple", "q35")]
    [InlineData("reboot=t", "microvm")]
    public async Task ATripleFaultRestartsItToo(string append, string machine)
    {
        MachineResult result = await RunAsync("reboot -f", append, machine);

        Assert.True(result.Outcome == Outcome.TripleFault, Kernel.Describe(result));
        AssertLastLines(result, "reboot: Restarting system", "reboot: by a triple fault");
    }

    [Theory]
    [InlineData("reboot=bios", "reboot=bios is not supported")]
    [InlineData("reboot=acpi,efi", "reboot=efi is not supported")]
    [InlineData("reboot=sideways", "Malformed early option 'reboot=sideways'")]
    public async Task WhatCannotBeDoneIsSaid(string append, string said)
    {
        MachineResult result = await RunAsync("reboot -f", append);

        Assert.Contains(said, result.Console, StringComparison.Ordinal);
        Assert.True(result.Outcome == Outcome.Reset, Kernel.Describe(result));
    }

    [Fact]
    public async Task QuietDoesNotHideTheEnd()
    {
        MachineResult result = await RunAsync("poweroff -f", "quiet");

        Assert.Equal(Outcome.PoweredOff, result.Outcome);
        AssertLastLines(result, "reboot: Power down");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task HaltStopsAllProcessors(int cpus)
    {
        // One other program never rests: it must be stopped.
        MachineResult result = await RunAsync("while :; do :; done & halt -f", cpus: cpus);

        Assert.True(result.Outcome == Outcome.Halted, Kernel.Describe(result));
        AssertLastLines(result, "reboot: System halted");
    }

    [Fact]
    public async Task ArgumentsAreHeldAgainstLinuxs() =>
        Kernel.AssertExited(0, await Kernel.RunAsync("/fault", ["arguments"], FaultMachine()));

    [Fact]
    public async Task ARestartMayCarryACommand()
    {
        MachineResult result = await Kernel.RunAsync("/fault", ["Restart"], FaultMachine());

        Assert.True(result.Outcome == Outcome.Reset, Kernel.Describe(result));
        Assert.Contains("reboot: Restarting system with command 'recovery'", result.Console, StringComparison.Ordinal);
    }

    private static MachineSpec FaultMachine()
    {
        InitramfsBuilder files = new();
        files.AddHostFile("/fault", Path.Combine(AppContext.BaseDirectory, "fault.elf"));
        return Kernel.Machine with { Initrd = Kernel.Pack(files), MemoryMiB = 64 };
    }

    [Fact]
    public async Task OnlyTheSuperuserMayAsk()
    {
        MachineResult result = await RunAsync(
            "echo u:x:1000:1000::/:/bin/sh >>/etc/passwd; for c in reboot poweroff halt; do su u -c $c' -f' && exit 1; done; exit 5");

        Assert.Contains("Operation not permitted", result.Console, StringComparison.Ordinal);
        Kernel.AssertExited(5, result);
    }
}
