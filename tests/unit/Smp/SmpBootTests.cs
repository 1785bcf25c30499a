// The bring-up protocol against machines whose faults are scripted. Random faults: SmpScheduleTests.cs.
using System;
using Commence.Lib;
using Commence.Smp;
using Xunit;

namespace Commence.Tests.Smp;

public class SmpBootTests
{
    private const ulong EndSlackNs = 150_000_000; // the last escalation and the last turn of a wait

    private static CpuMask All(int count) => CpuMask.FirstCpus(count);

    private static (CpuMask Alive, CpuMask Online) Run(SimulatedMachine machine)
    {
        SmpBoot<SimulatedMachine.Port> protocol = machine.NewProtocol();
        CpuMask alive = protocol.BringUp(All(machine.Processors.Count));
        CpuMask online = protocol.Commence(in alive);
        return (alive, online);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(63)]
    [InlineData(254)]
    public void AllSoundProcessorsComeOnline(int count)
    {
        SimulatedMachine machine = new(seed: count, count);
        (_, CpuMask online) = Run(machine);
        Assert.Equal(count, online.Count);
        Assert.All(machine.Processors, p => Assert.Equal(ProcessorState.Online, p.State));
        Assert.All(machine.Processors, p => Assert.Equal(1, p.Resets));
    }

    [Fact]
    public void ALostStartMessageIsSentAgain()
    {
        SimulatedMachine machine = new(seed: 1, processors: 4);
        machine.Processors[2].Break(new SimulatedFaults { LostStarts = 1 });
        (_, CpuMask online) = Run(machine);
        Assert.Equal(4, online.Count);
        Assert.True(machine.Processors[2].Starts >= 2);
        Assert.True(machine.Now < 50_000_000, "the resend comes after 200 µs, not after the escalation");
    }

    [Fact]
    public void ALostResetIsMendedByTheEscalation()
    {
        SimulatedMachine machine = new(seed: 2, processors: 4);
        machine.Processors[1].Break(new SimulatedFaults { LostResets = 1 });
        (_, CpuMask online) = Run(machine);
        Assert.Equal(4, online.Count);
        Assert.Equal(2, machine.Processors[1].Resets);
    }

    [Fact]
    public void AnOldProcessorThatNeedsAPauseComesByTheEscalation()
    {
        SimulatedMachine machine = new(seed: 3, processors: 2);
        machine.Processors[0].Break(new SimulatedFaults { NeedsResetPause = true });
        (_, CpuMask online) = Run(machine);
        Assert.Equal(2, online.Count);
    }

    [Fact]
    public void AnAbsentProcessorIsNotResponding()
    {
        SimulatedMachine machine = new(seed: 4, processors: 3);
        machine.Processors[1].Break(new SimulatedFaults { IsAbsent = true });
        (CpuMask alive, CpuMask online) = Run(machine);
        Assert.Equal(2, alive.Count);
        Assert.Equal(2, online.Count);
        Assert.Equal(ProcessorState.NotResponding, machine.Processors[1].State);
    }

    [Fact]
    public void AProcessorThatHangsInItsTrampolineIsStuck()
    {
        SimulatedMachine machine = new(seed: 5, processors: 3);
        machine.Processors[0].Break(new SimulatedFaults { HangsInTrampoline = true });
        (_, CpuMask online) = Run(machine);
        Assert.Equal(2, online.Count);
        Assert.Equal(ProcessorState.Stuck, machine.Processors[0].State);
    }

    [Fact]
    public void FortyOfSixtyFourSilentProcessorsDoNotHoldTheOthers()
    {
        SimulatedMachine machine = new(seed: 6, processors: 64);
        for (int i = 0; i < 40; i++)
            machine.Processors[i].Break(new SimulatedFaults { IsAbsent = true });
        (_, CpuMask online) = Run(machine);
        Assert.Equal(24, online.Count);
        Assert.True(machine.Now < SmpBoot<SimulatedMachine.Port>.QuietMax + EndSlackNs + 200_000_000);
    }

    // Where the first goes ahead, it has 50 ms to be seen, and 200 ms to idle.
    [Theory]
    [InlineData(true, false, 50_000_000)]
    [InlineData(false, true, 200_000_000)]
    public void AFirstProcessorThatDoesNotComeHoldsTheOthersForAShortTime(bool isAbsent, bool hangs, ulong headStartNs)
    {
        SimulatedMachine machine = new(seed: 7, processors: 8) { IsShared = true };
        machine.Processors[0].Break(new SimulatedFaults { IsAbsent = isAbsent, HangsInTrampoline = hangs });
        (_, CpuMask online) = Run(machine);
        Assert.Equal(7, online.Count);
        Assert.InRange(machine.Processors[1].FirstResetAt, headStartNs, headStartNs + 20_000_000);
    }

    [Fact]
    public void AProcessorThatCallsInAfterItsVerdictIsParked()
    {
        SimulatedMachine machine = new(seed: 7, processors: 2);
        machine.Processors[0].Break(new SimulatedFaults { CallInDelayNs = 5_000_000_000 });
        (_, CpuMask online) = Run(machine);
        Assert.Equal(1, online.Count);
        while (machine.Now < 20_000_000_000)
            machine.Step();
        Assert.True(machine.Processors[0].IsParked);
        Assert.False(machine.Processors[0].WasOnline);
        Assert.Equal(ProcessorState.Stuck, machine.Processors[0].State);
    }

    [Fact]
    public void AProcessorToWhichNoMessageIsEverDelivered()
    {
        // The delivery status stays pending: each message to it costs the bounded poll, and the others come all the same.
        SimulatedMachine machine = new(seed: 13, processors: 4);
        machine.Processors[1].Break(new SimulatedFaults { HasStuckDelivery = true });
        (_, CpuMask online) = Run(machine);
        Assert.Equal(3, online.Count);
        Assert.Equal(ProcessorState.NotResponding, machine.Processors[1].State);
        int messages = machine.Processors[1].Resets + machine.Processors[1].Starts;
        Assert.InRange(messages, 2, 8);
        Assert.True(machine.Now < SmpBoot<SimulatedMachine.Port>.QuietMax + EndSlackNs + ((ulong)messages * SimulatedMachine.DeliveryMaxNs));
    }

    [Fact]
    public void AProcessorThatStopsAfterItsCallInIsStuck()
    {
        SimulatedMachine machine = new(seed: 14, processors: 4);
        machine.Processors[3].Break(new SimulatedFaults { HangsAfterCommence = true });
        (_, CpuMask online) = Run(machine);
        Assert.Equal(3, online.Count);
        Assert.Equal(ProcessorState.Stuck, machine.Processors[3].State);
        Assert.True(machine.Now < SmpBoot<SimulatedMachine.Port>.QuietOfAliveMax + EndSlackNs);
    }

    [Fact]
    public void AProcessorThatRefusesIsNotWaitedFor()
    {
        SimulatedMachine machine = new(seed: 12, processors: 4);
        machine.Processors[3].Break(new SimulatedFaults { Refuses = true });
        (_, CpuMask online) = Run(machine);
        Assert.Equal(3, online.Count);
        Assert.Equal(ProcessorState.Failed, machine.Processors[3].State);
        Assert.True(machine.Now < SmpBoot<SimulatedMachine.Port>.QuietMax);
    }

    [Fact]
    public void SerialBringUpStartsOneAfterTheOther()
    {
        SimulatedMachine machine = new(seed: 8, processors: 5);
        machine.Processors[2].Break(new SimulatedFaults { IsAbsent = true });
        SmpBoot<SimulatedMachine.Port> protocol = machine.NewProtocol();
        CpuMask targets = All(5);
        CpuMask alive = protocol.BringUpSerially(in targets);
        CpuMask online = protocol.Commence(in alive);
        Assert.Equal(4, online.Count);
        Assert.Equal(ProcessorState.NotResponding, machine.Processors[2].State);
    }

    [Fact]
    public void ProcessorsWithoutStartMessageBeginAtTheStartVector()
    {
        SimulatedMachine machine = new(seed: 9, processors: 4) { NeedsStartVector = true, ResetDelayNs = 10_000_000 };
        (_, CpuMask online) = Run(machine);
        Assert.Equal(4, online.Count);
        Assert.Equal(-1, machine.StartVector);
    }

    [Fact]
    public void ASteadyTrickleIsNotDisturbedByResends()
    {
        SimulatedMachine machine = new(seed: 10, processors: 200) { ResendAfterNs = 5_000_000 };
        for (int i = 0; i < 200; i++)
            machine.Processors[i].Break(new SimulatedFaults { CallInDelayNs = (ulong)i * 1_000_000 });
        (_, CpuMask online) = Run(machine);
        Assert.Equal(200, online.Count);
        Assert.All(machine.Processors, static p => Assert.Equal(1, p.Resets));
    }

    [Fact]
    public void AProcessorThatWasGivenUpCanBeBroughtInLater()
    {
        SimulatedMachine machine = new(seed: 11, processors: 3);
        machine.Processors[1].Break(new SimulatedFaults { CallInDelayNs = 5_000_000_000 });
        Run(machine);
        while (machine.Now < 20_000_000_000)
            machine.Step();
        Assert.True(machine.Processors[1].IsParked);

        machine.Processors[1].Break(new SimulatedFaults());
        machine.Processors[1].State = ProcessorState.Prepared;
        SmpBoot<SimulatedMachine.Port> protocol = machine.NewProtocol();
        CpuMask one = CpuMask.Of(new CpuId(1));
        CpuMask alive = protocol.BringUpAgain(in one);
        CpuMask online = protocol.Commence(in alive);
        Assert.Equal(1, online.Count);
        Assert.Equal(ProcessorState.Online, machine.Processors[1].State);
    }
}
