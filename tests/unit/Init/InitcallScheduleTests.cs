// The decision which initcall comes next, under thousands of random graphs and random schedules of simulated processors. A
// failure names its seed, and the same seed fails again.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Commence.Init;
using Xunit;

namespace Commence.Tests.Init;

public class InitcallScheduleTests
{
    private const ulong Bound = 1000;

    private static int GraphCount =>
        int.TryParse(Environment.GetEnvironmentVariable("COMMENCE_SCHEDULES"), CultureInfo.InvariantCulture, out int count) ? count : 5000;

    [Fact]
    public void EveryScheduleOfEveryGraphRespectsWhatCallsNeed()
    {
        for (int seed = 0; seed < GraphCount; seed++)
        {
            string? wrong = Simulate(seed);
            Assert.True(wrong is null, $"seed {seed}: {wrong}");
        }
    }

    // Some processors take and end calls in a random order; what must hold is looked at after each step.
    private static string? Simulate(int seed)
    {
        TestInitcalls set = TestInitcalls.Random(seed, static _ => Errno.None);
        InitcallSchedule schedule = new(set);
        Random random = new(seed);
        int processors = random.Next(1, 17);
        bool[] isDone = new bool[set.Count];
        bool[] isTaken = new bool[set.Count];
        for (InitcallLevel level = InitcallLevel.Pure; level <= InitcallLevel.LateSync; level++)
        {
            schedule.Open(level);
            List<int> running = [];
            while (!schedule.IsLevelDone)
            {
                bool takes = running.Count == 0 || (running.Count < processors && random.Next(2) == 0);
                if (takes && schedule.TryTake(new CpuId(running.Count), 0, Bound, out int index))
                {
                    if (isTaken[index])
                        return $"call {index} was taken twice";
                    if (set.Level(index) != level)
                        return $"call {index} of {set.Level(index)} was taken in {level}";
                    foreach (ushort dependency in set.Dependencies(index))
                    {
                        if (!isDone[dependency])
                            return $"call {index} began before {dependency} had ended";
                    }

                    isTaken[index] = true;
                    running.Add(index);
                }
                else if (running.Count == 0)
                {
                    return $"nothing runs and nothing is ready, and {level} is not done";
                }
                else
                {
                    int which = random.Next(running.Count);
                    isDone[running[which]] = true;
                    schedule.Complete(running[which]);
                    running.RemoveAt(which);
                }
            }
        }

        return Array.TrueForAll(isDone, static done => done) ? null : "a call never ran";
    }

    // With one runner the order is the table's, whatever the graph.
    [Fact]
    public void OneRunnerFollowsTheTable()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            TestInitcalls set = TestInitcalls.Random(seed, static _ => Errno.None);
            InitcallSchedule schedule = new(set);
            List<int> order = [];
            for (InitcallLevel level = InitcallLevel.Pure; level <= InitcallLevel.LateSync; level++)
            {
                schedule.Open(level);
                while (schedule.TryTake(default, 0, Bound, out int index))
                {
                    order.Add(index);
                    schedule.Complete(index);
                }

                Assert.True(schedule.IsLevelDone);
            }

            Assert.Equal(Enumerable.Range(0, set.Count), order);
        }
    }

    [Fact]
    public void NamesACallThatRunsTooLongAndAgainAfterTwiceTheTime()
    {
        TestInitcalls set = new();
        set.Add(InitcallLevel.Core, "Slow.Go", static () => { }).Add(InitcallLevel.Core, "Quick.Go", static () => { });
        InitcallSchedule schedule = new(set);
        schedule.Open(InitcallLevel.Core);
        Assert.True(schedule.TryTake(new CpuId(3), nowNs: 100, Bound, out int slow));
        Assert.True(schedule.TryTake(new CpuId(1), nowNs: 100, Bound, out int quick));
        Assert.False(schedule.TryFindOverdue(1099, out _, out _, out _));
        schedule.Complete(quick);
        Assert.True(schedule.TryFindOverdue(1100, out int found, out CpuId cpu, out ulong running));
        Assert.Equal((slow, 3, 1000ul), (found, cpu.Value, running));
        Assert.False(schedule.TryFindOverdue(1101, out _, out _, out _));
        Assert.False(schedule.TryFindOverdue(2099, out _, out _, out _));
        Assert.True(schedule.TryFindOverdue(2100, out found, out _, out _));
        Assert.Equal(slow, found);
        schedule.Complete(slow);
        Assert.False(schedule.TryFindOverdue(ulong.MaxValue, out _, out _, out _));
    }
}
