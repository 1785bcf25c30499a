// The bring-up protocol under random schedules of machines with random faults. A failure is shrunk to the fewest processors
// and faults, and says how to run it again.
//
// COMMENCE_SCHEDULES sets the number of schedules (100,000 in continuous integration, fewer elsewhere);
// COMMENCE_SCHEDULE_REPLAY="seed,gamma" runs what a failure printed.
using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Lib;
using Commence.Smp;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Smp;

public class SmpScheduleTests
{
    private const int SchedulesByDefault = 10_000;
    private const int SchedulesInCi = 100_000;
    private const int Quarters = 4; // tests of their own, so that each ends within the time that a test may take
    private const int ProcessorsMax = 12;
    private const ulong EndSlackNs = 150_000_000; // the escalation's pause and the last turn of a wait

    /// <summary>One schedule: everything that decides what happens.</summary>
    private sealed record Script(int Seed, bool IsSerial, bool HasSlowReset, bool HasStartVector, bool IsShared, IReadOnlyList<SimulatedFaults> Processors)
    {
        public override string ToString() =>
            $"seed {Seed}{(IsSerial ? ", serial" : "")}{(HasSlowReset ? ", slow reset" : "")}{(HasStartVector ? ", start vector" : "")}{(IsShared ? ", shared" : "")}: "
            + string.Join("; ", Processors.Select(static (faults, i) => $"CPU {i} {faults}"));

        /// <summary>Simpler ones that may fail in the same way.</summary>
        internal IEnumerable<Script> Shrink()
        {
            for (int i = 0; i < Processors.Count && Processors.Count > 1; i++)
                yield return this with { Processors = [.. Processors.Where((_, index) => index != i)] };
            for (int i = 0; i < Processors.Count; i++)
            {
                if (Processors[i] != new SimulatedFaults())
                    yield return this with { Processors = [.. Processors.Select((faults, index) => index == i ? new SimulatedFaults() : faults)] };
            }

            if (IsSerial && !HasStartVector)
                yield return this with { IsSerial = false };
            if (HasSlowReset)
                yield return this with { HasSlowReset = false };
            if (IsShared)
                yield return this with { IsShared = false };
            if (Seed != 0)
                yield return this with { Seed = Seed / 2 };
        }
    }

    private static readonly Gen<SimulatedFaults> s_faults = Gen.Frequency(
        (4, Gen.Constant(new SimulatedFaults())),
        (1, Gen.Constant(new SimulatedFaults { IsAbsent = true })),
        (1, Gen.Constant(new SimulatedFaults { HangsInTrampoline = true })),
        (1, Gen.Constant(new SimulatedFaults { FaultsInTrampoline = true })),
        (1, Gen.Constant(new SimulatedFaults { HangsAfterCommence = true })),
        (1, Gen.Constant(new SimulatedFaults { Refuses = true })),
        (1, Gen.Constant(new SimulatedFaults { NeedsResetPause = true })),
        (1, Gen.Constant(new SimulatedFaults { HasStuckDelivery = true })),
        (1, Gen.Choose(1, 4).Select(static count => new SimulatedFaults { LostStarts = count })),
        (1, Gen.Choose(1, 2).Select(static count => new SimulatedFaults { LostResets = count })),
        (1, Gen.Choose(0, 12_000).Select(static delay => new SimulatedFaults { CallInDelayNs = (ulong)delay * 1_000_000 })),
        (1, Gen.Choose(1, 1_500).Select(static sleep => new SimulatedFaults { SleepNs = (ulong)sleep * 1_000_000 })),
        (1, Gen.Choose(0, 9_000).Select(static delay => new SimulatedFaults { DeliveryDelayNs = (ulong)delay * 1_000 })));

    private static readonly Gen<Script> s_scripts =
        from seed in Gen.Choose(0, int.MaxValue)
        from kind in Gen.Choose(0, 7)
        from slow in Gen.Choose(0, 3)
        from shared in Gen.Choose(0, 1)
        from count in Gen.Choose(1, ProcessorsMax)
        from faults in s_faults.ListOf(count)
        select new Script(seed, kind <= 1, slow == 0, kind == 0, shared == 0, [.. kind == 0 ? faults.Select(Awake) : faults]);

    // A processor that knows no start message and wakes up after its verdict begins where the start vector says by then: on
    // another one's page. Nothing can prevent that, and such processors are no virtual ones, which alone sleep.
    private static SimulatedFaults Awake(SimulatedFaults faults) => faults with { SleepNs = 0 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void NoScheduleBreaksThePromise(int quarter)
    {
        Assert.InRange(quarter, 1, Quarters);
        Config config = Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(Schedules() / Quarters);
        if (Environment.GetEnvironmentVariable("COMMENCE_SCHEDULE_REPLAY") is { } replay)
        {
            string[] parts = replay.Split(',');
            config = config.WithReplay(ulong.Parse(parts[0]), ulong.Parse(parts[1])).WithMaxTest(1);
        }

        Check.One(config, Prop.ForAll(Arb.From(s_scripts, static script => script.Shrink()), static script => Keeps(script)));
    }

    // A test of the test: a protocol that forgets a verdict must be found, and shrunk to one processor.
    [Fact]
    public void ABrokenPromiseIsFoundAndShrunk()
    {
        Exception failure = Assert.ThrowsAny<Exception>(static () => Check.One(
            Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(1_000),
            Prop.ForAll(Arb.From(s_scripts, static script => script.Shrink()), static script =>
            {
                SimulatedMachine machine = Build(script);
                Run(machine, script.IsSerial);
                return machine.Processors.TrueForAll(static p => p.State != ProcessorState.NotResponding);
            })));
        string shrunk = failure.ToString();
        shrunk = shrunk[shrunk.IndexOf("Shrunk", StringComparison.Ordinal)..];
        Assert.Contains("CPU 0", shrunk);
        Assert.DoesNotContain("CPU 1 ", shrunk);
    }

    private static int Schedules()
    {
        if (Environment.GetEnvironmentVariable("COMMENCE_SCHEDULES") is { } count)
            return int.Parse(count);
        return Environment.GetEnvironmentVariable("CI") is null ? SchedulesByDefault : SchedulesInCi;
    }

    private static SimulatedMachine Build(Script script)
    {
        SimulatedMachine machine = new(script.Seed, script.Processors.Count)
        {
            ResetDelayNs = script.HasSlowReset ? 10_000_000ul : 0,
            NeedsStartVector = script.HasStartVector,
            IsShared = script.IsShared,
        };
        for (int i = 0; i < script.Processors.Count; i++)
            machine.Processors[i].Break(script.Processors[i]);
        return machine;
    }

    private static (CpuMask Alive, CpuMask Online) Run(SimulatedMachine machine, bool isSerial)
    {
        SmpBoot<SimulatedMachine.Port> protocol = machine.NewProtocol();
        CpuMask targets = CpuMask.FirstCpus(machine.Processors.Count);
        CpuMask alive = isSerial ? protocol.BringUpSerially(in targets) : protocol.BringUp(in targets);
        CpuMask online = protocol.Commence(in alive);
        return (alive, online);
    }

    private static bool Keeps(Script script)
    {
        SimulatedMachine machine = Build(script);
        (CpuMask alive, CpuMask online) = Run(machine, script.IsSerial);

        int waits = script.IsSerial || script.HasStartVector ? script.Processors.Count + 1 : 2;
        ulong stuck = (ulong)script.Processors.Count(static faults => faults.HasStuckDelivery) * 8 * SimulatedMachine.DeliveryMaxNs;
        ulong bound = ((ulong)waits * (SmpBoot<SimulatedMachine.Port>.TotalMax + EndSlackNs)) + stuck;
        Assert.True(machine.Now < bound, $"took {machine.Now} ns");
        Assert.Equal(-1, machine.StartVector);
        for (int i = 0; i < machine.Processors.Count; i++)
            CheckProcessor(machine, i, alive.Contains(new CpuId(i)), online.Contains(new CpuId(i)));
        return true;
    }

    private static void CheckProcessor(SimulatedMachine machine, int index, bool isAlive, bool isOnline)
    {
        SimulatedProcessor processor = machine.Processors[index];
        Assert.True(processor.State is ProcessorState.Online or ProcessorState.NotResponding or ProcessorState.Stuck
            || (processor.Faults.Refuses && processor.State == ProcessorState.Failed),
            $"CPU {index} is left {processor.State}");
        Assert.True(isOnline == (processor.State == ProcessorState.Online), $"CPU {index} is {processor.State}");
        Assert.True(!isOnline || isAlive, $"CPU {index} came online without calling in");
        Assert.True(isOnline == processor.WasOnline, $"CPU {index} went online against its verdict");
        bool mustCome = processor.Faults.IsSound && !(machine.NeedsStartVector && processor.Faults.LostStarts > 0);
        Assert.True(!mustCome || isOnline, $"sound CPU {index} is {processor.State}");
    }
}
