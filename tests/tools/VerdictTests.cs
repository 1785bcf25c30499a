using Commence.Machine;
using Commence.Machine.Records;
using Xunit;

namespace Commence.ToolTests;

public sealed class VerdictTests
{
    private static readonly EndFacts s_exited = new() { Exit = new ExitRecord(0) };

    [Fact]
    public void AnExitStatusCountsHoweverTheMachineEnds()
    {
        Assert.Equal(Outcome.Exited, s_exited.Verdict);
        Assert.Equal(Outcome.Exited, (s_exited with { ShutdownReason = "guest-shutdown" }).Verdict);
        Assert.Equal(Outcome.Exited, (s_exited with { ShutdownReason = "guest-reset" }).Verdict);
        Assert.Equal(Outcome.Exited, (s_exited with { IsTimeOver = true }).Verdict);
    }

    [Fact]
    public void AnExitStatusHidesNeitherPanicNorTripleFault()
    {
        Assert.Equal(Outcome.Panicked, (s_exited with { Panic = new PanicRecord(0, "") }).Verdict);
        Assert.Equal(Outcome.TripleFault, (s_exited with { HasTripleFaulted = true, ShutdownReason = "guest-reset" }).Verdict);
    }

    [Theory]
    [InlineData("guest-shutdown", Outcome.PoweredOff)]
    [InlineData("guest-reset", Outcome.Reset)]
    [InlineData("host-signal", Outcome.Stopped)]
    [InlineData(null, Outcome.EmulatorFailed)]
    public void WithoutAStatusTheReasonCounts(string? reason, Outcome expected) =>
        Assert.Equal(expected, new EndFacts { ShutdownReason = reason }.Verdict);

    [Fact]
    public void AStandstillComesBeforeTheClock() =>
        Assert.Equal(Outcome.Halted, new EndFacts { IsHalted = true, IsTimeOver = true }.Verdict);

    [Fact]
    public void ThePersonComesBeforeTheClock() =>
        Assert.Equal(Outcome.Stopped, new EndFacts { IsStopped = true, IsTimeOver = true }.Verdict);
}
