using Commence.Arch.Hosted;
using Commence.Sched;
using Xunit;
using Task = Commence.Sched.Task;

namespace Commence.Tests.Sched;

public class RunQueueTests
{
    [Fact]
    public void QueueingTwiceIsABug()
    {
        ModelQueue model = new();
        Task task = model.Add(ModelQueue.NewFair());
        Assert.Throws<KernelBugException>(() => model.Add(task));
    }

    [Fact]
    public void TimeNeverFalls()
    {
        ModelQueue model = new();
        Task task = model.Add(ModelQueue.NewFair());
        model.Reschedule();
        model.Queue.Update(1000);
        model.Queue.Update(500); // another processor's counter is behind
        model.Queue.Update(1500);
        Assert.Equal(1500ul, task.Runtime.Value);
    }

    // Woken by another processor between its own Dequeue and the pick: it waits among the others, once.
    [Fact]
    public void TaskThatIsWokenWhileItLeavesIsPickedAgain()
    {
        ModelQueue model = new();
        Task task = model.Add(ModelQueue.NewFair());
        model.Reschedule();
        model.Queue.Dequeue(task, QueueState.Off);
        model.Queue.Enqueue(task, EnqueueReason.Woken);
        Assert.Same(task, model.Reschedule());
        Assert.Equal(1, model.Queue.RunnableCount);
        model.Queue.Dequeue(task, QueueState.Off);
        Assert.Same(model.Queue.Idle, model.Reschedule());
    }

    [Fact]
    public void OnlyWaitingTasksThatMayRunThereAreMovable()
    {
        ModelQueue model = new();
        CpuId here = new(0);
        CpuId there = new(1);
        Task running = model.Add(ModelQueue.NewFair());
        model.Reschedule();
        running.SetOnCpu(true);
        running.AllowedCpus.Add(there);
        Assert.Null(model.Queue.FindMovable(there));

        Task pinned = ModelQueue.NewFair();
        pinned.AllowedCpus.Add(here);
        model.Add(pinned);
        Assert.Null(model.Queue.FindMovable(there));

        Task free = ModelQueue.NewFair();
        free.AllowedCpus.Add(here);
        free.AllowedCpus.Add(there);
        model.Add(free);
        Assert.Same(free, model.Queue.FindMovable(there));
    }

    [Fact]
    public void PickEndsARequest()
    {
        ModelQueue model = new();
        model.Queue.IsRescheduleRequested = true;
        model.Reschedule();
        Assert.False(model.Queue.IsRescheduleRequested);
    }

    [Fact]
    public void IdleTaskGivesWayToAnything()
    {
        ModelQueue model = new();
        model.Reschedule();
        Task task = model.Add(ModelQueue.NewFair(19));
        Assert.True(model.Queue.ShouldPreempt(task));
        Assert.True(model.Queue.Tick());
    }
}
