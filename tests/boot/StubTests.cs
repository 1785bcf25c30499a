// What the host makes of a machine's end, tried with a kernel of a few instructions (Stubs/stub.S).
using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Records;
using Xunit;

namespace Commence.BootTests;

public sealed class StubTests
{
    internal static readonly string Image = Path.Combine(AppContext.BaseDirectory, "stub.elf");

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("q35")]
    [InlineData("pc")]
    public async Task AReportedExitStatusIsTheResult(string machine)
    {
        MachineResult result = await VirtualMachine.RunAsync(Stub("exit") with { Machine = machine }, s_limit);

        Assert.Equal(Outcome.Exited, result.Outcome);
        Assert.Equal(7, result.ExitStatus);
        Assert.True(result.IsPoweredOff);
        Assert.Equal("stub: @exit\n", result.Console);
        Assert.Equal([new HelloRecord("stub", "x64"), new ExitRecord(7)], result.Records);
        Assert.Empty(result.RecordErrors);
        Assert.Empty(result.EmulatorOutput);
    }

    [Fact]
    public async Task AMachineThatDoesNotPowerOffStillGivesItsStatus()
    {
        MachineResult result = await VirtualMachine.RunAsync(Stub("no power off"), s_limit);

        Assert.Equal(Outcome.Exited, result.Outcome);
        Assert.Equal(0, result.ExitStatus);
        Assert.False(result.IsPoweredOff);
    }

    [Fact]
    public async Task APanicIsReportedWithWhatItPrintedAfterwards()
    {
        MachineResult result = await VirtualMachine.RunAsync(Stub("panic"), s_limit);

        Assert.Equal(Outcome.Panicked, result.Outcome);
        Assert.Equal("asked to", result.PanicMessage);
        Assert.Equal("stub: @panic\nstub: the dump\n", result.Console);
    }

    [Fact]
    public async Task PowerOffWithoutAStatusIsNoSuccess()
    {
        MachineResult result = await VirtualMachine.RunAsync(Stub("off"), s_limit);

        Assert.Equal(Outcome.PoweredOff, result.Outcome);
        Assert.Null(result.ExitStatus);
    }

    [Fact]
    public async Task ATripleFaultIsNoSuccess()
    {
        MachineResult result = await VirtualMachine.RunAsync(Stub("triple"), s_limit);

        Assert.Equal(Outcome.TripleFault, result.Outcome);
        Assert.Null(result.ExitStatus);
        CpuState cpu = Assert.Single(result.Cpus);
        Assert.InRange(cpu.Rip, 0x100000u, 0x110000u);
    }

    [Fact]
    public async Task AResetIsNoTripleFault()
    {
        MachineResult result = await VirtualMachine.RunAsync(Stub("reset"), s_limit);

        Assert.Equal(Outcome.Reset, result.Outcome);
    }

    [Fact]
    public async Task AHangEndsWithTheTimeLimitAndTellsWhereTheProcessorsAre()
    {
        MachineResult result = await VirtualMachine.RunAsync(Stub("spin") with { Cpus = 2 }, TimeSpan.FromSeconds(3));

        Assert.Equal(Outcome.TimedOut, result.Outcome);
        Assert.Equal("stub: @spin\n", result.Console);
        Assert.Equal(2, result.Cpus.Count);
        Assert.InRange(result.Cpus[0].Rip, 0x100000u, 0x110000u);
        Assert.False(result.Cpus[0].IsHalted);
    }

    [Fact]
    public async Task AStandstillIsSeenBeforeTheTimeLimit()
    {
        MachineResult result = await VirtualMachine.RunAsync(Stub("halt") with { Cpus = 2 }, s_limit);

        Assert.Equal(Outcome.Halted, result.Outcome);
        Assert.All(result.Cpus, cpu => Assert.True(cpu.IsStopped));
    }

    [Fact]
    public async Task AMalformedRecordIsAnError()
    {
        MachineResult result = await VirtualMachine.RunAsync(Stub("bad"), s_limit);

        Assert.Equal(7, result.ExitStatus);
        Assert.Contains("{\"record\":\"exit\"", Assert.Single(result.RecordErrors));
    }

    [Fact]
    public async Task TheCallerCanEndTheMachine()
    {
        using CancellationTokenSource stop = new();
        VirtualMachine machine = new(Stub("halt")) { OnRecord = _ => stop.Cancel() };
        MachineResult result = await machine.RunAsync(s_limit, stop.Token);

        Assert.Equal(Outcome.Stopped, result.Outcome);
    }

    [Fact]
    public async Task AnUnknownMachineIsQemusError()
    {
        MachineResult result = await VirtualMachine.RunAsync(Stub("exit") with { Machine = "pdp11" }, s_limit);

        Assert.Equal(Outcome.EmulatorFailed, result.Outcome);
        Assert.Contains("pdp11", result.EmulatorOutput);
    }

    [Fact]
    public async Task AMissingKernelIsQemusError()
    {
        MachineResult result = await VirtualMachine.RunAsync(Stub("exit") with { Kernel = "/nonexistent.elf" }, s_limit);

        Assert.Equal(Outcome.EmulatorFailed, result.Outcome);
        Assert.Contains("/nonexistent.elf", result.EmulatorOutput);
    }

    private static MachineSpec Stub(string behaviour) => new()
    {
        Kernel = Image,
        CommandLine = "@" + behaviour,
        MemoryMiB = 64,
    };
}
