// The bring-up protocol against machines whose faults are scripted and whose schedule is random by seed.
//
// COMMENCE_SCHEDULES raises the number of schedules, COMMENCE_SCHEDULE_SEED runs one of them again.
using System;
using Commence.Lib;
using Commence.Smp;
using Xunit;

namespace Commence.Tests.Smp;

public class SmpBootTests
{
    private const int SchedulesByDefault = 2_000;
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
        machine.Processors[2].Faults.LostStarts = 1;
        (_, CpuMask online) = Run(machine);
        Assert.Equal(4, online.Count);
        Assert.True(machine.Processors[2].Starts >= 2);
        Assert.True(machine.Now < 50_000_000, "the resend comes after 200 µs, not after the escalation");
    }

    [Fact]
    public void ALostResetIsMendedByTheEscalation()
    {
        SimulatedMachine machine = new(seed: 2, processors: 4);
        machine.Processors[1].Faults.LostResets = 1;
        (_, CpuMask online) = Run(machine);
        Assert.Equal(4, online.Count);
        Assert.Equal(2, machine.Processors[1].Resets);
    }

    [Fact]
    public void AnOldProcessorThatNeedsAPauseComesByTheEscalation()
    {
        SimulatedMachine machine = new(seed: 3, processors: 2);
        machine.Processors[0].Faults.NeedsResetPause = true;
        (_, CpuMask online) = Run(machine);
        Assert.Equal(2, online.Count);
    }

    [Fact]
    public void AnAbsentProcessorIsNotResponding()
    {
        SimulatedMachine machine = new(seed: 4, processors: 3);
        machine.Processors[1].Faults.IsAbsent = true;
        (CpuMask alive, CpuMask online) = Run(machine);
        Assert.Equal(2, alive.Count);
        Assert.Equal(2, online.Count);
        Assert.Equal(ProcessorState.NotResponding, machine.Processors[1].State);
    }

    [Fact]
    public void AProcessorThatHangsInItsTrampolineIsStuck()
    {
        SimulatedMachine machine = new(seed: 5, processors: 3);
        machine.Processors[0].Faults.HangsInTrampoline = true;
        (_, CpuMask online) = Run(machine);
        Assert.Equal(2, online.Count);
        Assert.Equal(ProcessorState.Stuck, machine.Processors[0].State);
    }

    [Fact]
    public void FortyOfSixtyFourSilentProcessorsDoNotHoldTheOthers()
    {
        SimulatedMachine machine = new(seed: 6, processors: 64);
        for (int i = 0; i < 40; i++)
            machine.Processors[i].Faults.IsAbsent = true;
        (_, CpuMask online) = Run(machine);
        Assert.Equal(24, online.Count);
        Assert.True(machine.Now < SmpBoot<SimulatedMachine.Port>.QuietMax + EndSlackNs + 200_000_000);
    }

    [Fact]
    public void AProcessorThatCallsInAfterItsVerdictIsParked()
    {
        SimulatedMachine machine = new(seed: 7, processors: 2);
        machine.Processors[0].Faults.CallInDelayNs = 5_000_000_000;
        (_, CpuMask online) = Run(machine);
        Assert.Equal(1, online.Count);
        while (machine.Now < 20_000_000_000)
            machine.Step();
        Assert.True(machine.Processors[0].IsParked);
        Assert.False(machine.Processors[0].WasOnline);
        Assert.Equal(ProcessorState.Stuck, machine.Processors[0].State);
    }

    [Fact]
    public void NoScheduleBreaksThePromise()
    {
        string? one = Environment.GetEnvironmentVariable("COMMENCE_SCHEDULE_SEED");
        string? many = Environment.GetEnvironmentVariable("COMMENCE_SCHEDULES");
        int first = one is null ? 0 : int.Parse(one);
        int count = one is not null ? 1 : many is null ? SchedulesByDefault : int.Parse(many);
        for (int seed = first; seed < first + count; seed++)
            CheckSchedule(seed);
    }

    private static void CheckSchedule(int seed)
    {
        SimulatedMachine machine = new(seed, processors: 1 + (seed % 9));
        machine.BreakAtRandom();
        (CpuMask alive, CpuMask online) = Run(machine);

        ulong bound = (2 * SmpBoot<SimulatedMachine.Port>.TotalMax) + EndSlackNs;
        Assert.True(machine.Now < bound, $"seed {seed}: took {machine.Now} ns");
        for (int i = 0; i < machine.Processors.Count; i++)
        {
            SimulatedProcessor processor = machine.Processors[i];
            CpuId cpu = new(i);
            bool isConcluded = processor.State
                is ProcessorState.Online or ProcessorState.NotResponding or ProcessorState.Stuck;
            Assert.True(isConcluded, $"seed {seed}: CPU {i} is left {processor.State}");
            Assert.True(online.Contains(cpu) == (processor.State == ProcessorState.Online), $"seed {seed}: CPU {i} {processor.State}");
            Assert.True(!online.Contains(cpu) || alive.Contains(cpu), $"seed {seed}: CPU {i} came online without calling in");
            bool isSound = processor.Faults is { IsAbsent: false, HangsInTrampoline: false, HangsAfterCommence: false, CallInDelayNs: < 500_000_000 }
                && processor.Starts <= 2;
            Assert.True(!isSound || processor.State == ProcessorState.Online, $"seed {seed}: sound CPU {i} is {processor.State}");
        }
    }
}
