using System.Linq;
using Commence.Sched;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using Task = Commence.Sched.Task;

namespace Commence.Tests.Sched;

public class RealTimeQueueTests
{
    [Fact]
    public void HighestPriorityIsPicked() => Prop.ForAll(
        Gen.Choose(RealTimeQueue.PriorityMin, RealTimeQueue.PriorityMax).NonEmptyListOf().ToArbitrary(),
        priorities =>
        {
            ModelQueue model = new();
            foreach (int priority in priorities)
                model.Add(ModelQueue.NewRealTime(priority));

            // Each in turn, the highest first, equals in the order of arrival; a fair task only when all are gone.
            Task fair = model.Add(ModelQueue.NewFair());
            foreach (int expected in priorities.OrderByDescending(x => x))
            {
                Task picked = model.Reschedule();
                if (picked.RealTimePriority != expected)
                    return false;
                model.Sleep(picked);
            }

            return model.Reschedule() == fair;
        }).Holds();

    [Fact]
    public void FifoRunsUntilItSleeps()
    {
        ModelQueue model = new();
        Task first = model.Add(ModelQueue.NewRealTime(10));
        Task second = model.Add(ModelQueue.NewRealTime(10));
        Assert.Same(first, model.Reschedule());
        model.Run(3_000_000_000);
        Assert.Same(first, model.Reschedule());
        model.Sleep(first);
        Assert.Same(second, model.Current);
    }

    [Fact]
    public void RoundRobinTakesTurns()
    {
        ModelQueue model = new();
        Task first = model.Add(ModelQueue.NewRealTime(10, SchedulingPolicy.RoundRobin));
        Task second = model.Add(ModelQueue.NewRealTime(10, SchedulingPolicy.RoundRobin));
        model.Reschedule();
        model.Run(RealTimeQueue.SliceNs * 10);
        Assert.Equal(first.Runtime, second.Runtime);
    }

    [Fact]
    public void PreemptedTaskStaysFirstAmongItsEquals()
    {
        ModelQueue model = new();
        Task first = model.Add(ModelQueue.NewRealTime(10));
        Task second = model.Add(ModelQueue.NewRealTime(10));
        model.Reschedule();
        Task urgent = model.Add(ModelQueue.NewRealTime(50));
        Assert.True(model.Queue.ShouldPreempt(urgent));
        Assert.Same(urgent, model.Reschedule());
        model.Sleep(urgent);
        Assert.Same(first, model.Current);
        model.Sleep(first);
        Assert.Same(second, model.Current);
    }

    [Fact]
    public void YieldGoesBehindEquals()
    {
        ModelQueue model = new();
        model.Add(ModelQueue.NewRealTime(10));
        Task second = model.Add(ModelQueue.NewRealTime(10));
        model.Reschedule();
        model.Queue.Yield();
        Assert.Same(second, model.Reschedule());
    }

    [Fact]
    public void EqualOrLowerPriorityDoesNotPreempt()
    {
        ModelQueue model = new();
        model.Add(ModelQueue.NewRealTime(10));
        model.Reschedule();
        Assert.False(model.Queue.ShouldPreempt(model.Add(ModelQueue.NewRealTime(10))));
        Assert.False(model.Queue.ShouldPreempt(model.Add(ModelQueue.NewRealTime(9))));
        Assert.False(model.Queue.ShouldPreempt(model.Add(ModelQueue.NewFair(-20))));
    }

    [Fact]
    public void FairTasksGetTheRestOfEachSecond()
    {
        ModelQueue model = new();
        Task greedy = model.Add(ModelQueue.NewRealTime(99));
        Task fair = model.Add(ModelQueue.NewFair());
        Assert.Same(greedy, model.Reschedule());
        model.Run(10 * RunQueue.RealTimePeriodNs);
        ulong left = 10 * (RunQueue.RealTimePeriodNs - RunQueue.RealTimeBudgetNs);
        Assert.InRange(fair.Runtime.Value, left * 8 / 10, left * 12 / 10);
    }

    [Fact]
    public void RealTimeAloneIsNotHeldBack()
    {
        ModelQueue model = new();
        Task greedy = model.Add(ModelQueue.NewRealTime(1));
        model.Reschedule();
        model.Run(5 * RunQueue.RealTimePeriodNs);
        Assert.Equal(5 * RunQueue.RealTimePeriodNs, greedy.Runtime.Value);
    }
}
