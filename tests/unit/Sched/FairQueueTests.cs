using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Sched;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using Task = Commence.Sched.Task;

namespace Commence.Tests.Sched;

public class FairQueueTests
{
    private const ulong Millisecond = 1_000_000;

    private static Gen<int> Nice => Gen.Choose(Weights.NiceMin, Weights.NiceMax);

    [Fact]
    public void EmptyQueuePicksTheIdleTask()
    {
        ModelQueue model = new();
        Assert.Same(model.Queue.Idle, model.Reschedule());
        Assert.Equal(0, model.Queue.RunnableCount);
    }

    [Fact]
    public void EqualTasksShareEqually()
    {
        ModelQueue model = new();
        Task[] tasks = [.. Enumerable.Range(0, 5).Select(_ => model.Add(ModelQueue.NewFair()))];
        model.Reschedule();
        model.Run(1000 * Millisecond);
        foreach (Task task in tasks)
            Assert.InRange(task.Runtime.Value, 190 * Millisecond, 210 * Millisecond);
    }

    [Fact]
    public void FiveStepsOfNiceAreAFactorOfThree()
    {
        ModelQueue model = new();
        Task favoured = model.Add(ModelQueue.NewFair(nice: 0));
        Task other = model.Add(ModelQueue.NewFair(nice: 5));
        model.Reschedule();
        model.Run(10_000 * Millisecond);
        double ratio = (double)favoured.Runtime.Value / other.Runtime.Value;
        Assert.InRange(ratio, 2.9, 3.2); // 1.25^5 = 3.05
    }

    [Fact]
    public void RuntimeOfAllTasksIsTheTimeThatPassed() => Prop.ForAll(
        Nice.NonEmptyListOf().ToArbitrary(),
        nices =>
        {
            ModelQueue model = new();
            Task[] tasks = [.. nices.Select(nice => model.Add(ModelQueue.NewFair(nice)))];
            model.Reschedule();
            model.Run(500 * Millisecond);
            return tasks.Aggregate(0ul, (sum, task) => sum + task.Runtime.Value) == 500 * Millisecond;
        }).Holds(100);

    // Invariant 3: tasks that stay runnable stay together in virtual time, whatever their weights.
    [Fact]
    public void RunnableTasksStayTogether() => Prop.ForAll(
        Nice.ListOf().Where(list => list.Count is >= 2 and <= 20).ToArbitrary(),
        nices =>
        {
            ModelQueue model = new();
            Task[] tasks = [.. nices.Select(nice => model.Add(ModelQueue.NewFair(nice)))];
            model.Reschedule();
            for (int step = 0; step < 200; step++)
            {
                model.Run(7 * Millisecond);
                for (int i = 0; i < tasks.Length; i++)
                {
                    for (int j = 0; j < i; j++)
                    {
                        long distance = Math.Abs((long)(tasks[i].Fair.VirtualRuntime - tasks[j].Fair.VirtualRuntime));
                        if (distance > (long)(TurnOf(model, tasks[i]) + TurnOf(model, tasks[j])))
                            return false;
                    }
                }
            }

            return true;
        }).Holds(50);

    [Fact]
    public void NobodyStarves()
    {
        // A nice 19 task among many nice -20 ones: its share is 15 / (20 * 88818 + 15), and it gets a turn in bounded time.
        ModelQueue model = new();
        Task weak = model.Add(ModelQueue.NewFair(Weights.NiceMax));
        for (int i = 0; i < 20; i++)
            model.Add(ModelQueue.NewFair(Weights.NiceMin));
        model.Reschedule();

        ulong turns = 0;
        ulong before = 0;
        for (int second = 0; second < 2000; second++)
        {
            model.Run(1000 * Millisecond);
            if (weak.Runtime.Value != before)
                turns++;
            before = weak.Runtime.Value;
        }

        Assert.True(turns >= 3, $"{turns} turns in 2000 s");
    }

    // Invariants 1 and 2 through arbitrary histories.
    [Fact]
    public void LeastIsPickedAndMinimumNeverFalls() => Prop.ForAll(
        Gen.Choose(0, 99).Zip(Gen.Choose(0, 1000)).ListOf().ToArbitrary(),
        steps =>
        {
            ModelQueue model = new();
            ulong minBefore = model.Queue.MinVirtualRuntime;
            foreach ((int kind, int value) in steps)
            {
                Step(model, kind, value);
                if (FairQueue.IsEarlier(model.Queue.MinVirtualRuntime, minBefore))
                    return false;
                minBefore = model.Queue.MinVirtualRuntime;

                Task picked = model.Reschedule();
                bool isRight = model.Queued.Count == 0
                    ? picked == model.Queue.Idle
                    : picked.Fair.VirtualRuntime == model.LeastVirtualRuntime();
                if (!isRight || model.Queue.RunnableCount != model.Queued.Count)
                    return false;
            }

            return true;
        }).Holds(300);

    [Fact]
    public void SleepersAreNotPaidForTheirSleep()
    {
        ModelQueue model = new();
        Task busy = model.Add(ModelQueue.NewFair());
        Task sleeper = model.Add(ModelQueue.NewFair());
        model.Reschedule();
        model.Run(20 * Millisecond);
        model.Sleep(sleeper);
        if (model.Current != busy)
            model.Reschedule();
        model.Run(60_000 * Millisecond); // a minute of sleep
        ulong start = busy.Runtime.Value;
        Assert.True(model.Wake(sleeper));

        // It is ahead by the credit and a turn at most, and then both share again.
        model.Reschedule();
        model.Run(200 * Millisecond);
        ulong busyShare = busy.Runtime.Value - start;
        Assert.InRange(busyShare, (100 * Millisecond) - FairQueue.WakeCreditNs - FairQueue.LatencyNs, 100 * Millisecond + FairQueue.LatencyNs);
    }

    [Fact]
    public void NewTaskDoesNotPassOlderOnes()
    {
        ModelQueue model = new();
        Task old = model.Add(ModelQueue.NewFair());
        Task waiting = model.Add(ModelQueue.NewFair());
        model.Reschedule();
        Task created = model.Add(ModelQueue.NewFair());
        Assert.False(model.Queue.ShouldPreempt(created));
        Assert.True(FairQueue.IsEarlier(waiting.Fair.VirtualRuntime, created.Fair.VirtualRuntime)
            || waiting.Fair.VirtualRuntime == created.Fair.VirtualRuntime
            || old.Fair.VirtualRuntime != created.Fair.VirtualRuntime);
        Assert.NotSame(created, model.Reschedule());
    }

    [Fact]
    public void YieldLetsTheNextOneRun()
    {
        ModelQueue model = new();
        Task first = model.Add(ModelQueue.NewFair());
        Task second = model.Add(ModelQueue.NewFair());
        Task running = model.Reschedule();
        for (int i = 0; i < 10; i++)
        {
            model.Run(1);
            model.Queue.Update(model.Now);
            model.Queue.Yield();
            Task next = model.Reschedule();
            Assert.Same(running == first ? second : first, next);
            running = next;
        }
    }

    [Fact]
    public void IdlePolicyGivesWayAndNeverPreempts()
    {
        ModelQueue model = new();
        Task background = new() { PolicyField = SchedulingPolicy.Idle };
        background.Fair.Weight = Weights.IdlePolicy;
        model.Add(background);
        Assert.Same(background, model.Reschedule());
        Task normal = ModelQueue.NewFair();
        model.Add(normal);
        Assert.True(model.Queue.ShouldPreempt(normal));
        model.Reschedule();
        model.Run(100 * Millisecond);
        Assert.False(model.Queue.ShouldPreempt(background));
    }

    [Fact]
    public void VirtualTimeMayWrap()
    {
        ModelQueue model = new();
        Task first = ModelQueue.NewFair();
        Task second = ModelQueue.NewFair();
        first.Fair.VirtualRuntime = ulong.MaxValue - (5 * Millisecond);
        second.Fair.VirtualRuntime = ulong.MaxValue - (4 * Millisecond);
        // As if both came from a queue near the end of the numbers, into one that is there too.
        model.Queue.Update(0);
        first.QueueState = QueueState.Off;
        model.Queue.Enqueue(first, EnqueueReason.Moved);
        model.Queue.Enqueue(second, EnqueueReason.Moved);
        model.Reschedule();
        model.Run(100 * Millisecond);
        Assert.InRange(first.Runtime.Value, 40 * Millisecond, 60 * Millisecond);
        Assert.InRange(second.Runtime.Value, 40 * Millisecond, 60 * Millisecond);
    }

    // A task's turn in virtual time: its slice, ended by the tick after it. The longest slice is that of a task that entered an
    // empty queue: it began so far ahead.
    private static ulong TurnOf(ModelQueue model, Task task)
    {
        ulong period = Math.Max(FairQueue.LatencyNs, (ulong)model.Queue.RunnableCount * FairQueue.SliceMinNs);
        return FairQueue.ToVirtual(period + (2 * ModelQueue.Tick), task.Fair.Weight);
    }

    private static void Step(ModelQueue model, int kind, int value)
    {
        if (kind < 25)
            model.Add(ModelQueue.NewFair(Weights.NiceMin + (value % 40)));
        else if (kind < 45 && model.Queued.Count > 0)
            model.Sleep(model.Queued[value % model.Queued.Count]);
        else if (kind < 60 && model.Sleeping.Count > 0)
            model.Wake(model.Sleeping[value % model.Sleeping.Count]);
        else
            model.Run((ulong)value * 50_000);
    }
}
