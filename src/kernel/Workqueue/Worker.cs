// A thread that runs work (Linux: kworker).
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Workqueues;

/// <summary>A worker of a pool.</summary>
/// <remarks>Fields are under the pool's lock, but for those that only the worker itself reads.</remarks>
internal sealed class Worker : KernelThreadBody
{
    internal ListLink<Worker> Link;      // the pool's idle or busy ones
    internal ListLink<Worker> AllLink;
    internal IntrusiveList<Work, Work.Linked> Deferred; // what it runs now and somebody has queued anew

    internal Task Task = null!;
    internal WorkerPool Pool = null!;
    internal int Number;
    internal Work? Current;
    internal PoolWorkqueue? CurrentHome;
    internal ulong Instance;
    internal int Color;
    internal bool IsIdle;
    internal bool MustEnd;
    internal Nanoseconds IdleSince;
    internal bool IsCounted; // in the pool's running count, unless it is asleep; written by itself
    internal bool IsAsleep;  // written by itself

    /// <inheritdoc/>
    protected internal override int Run()
    {
        Task.Current.Worker = this;
        while (true)
        {
            switch (Pool.NextStep(this))
            {
                case WorkerStep.Run:
                    RunCurrent();
                    break;
                case WorkerStep.Sleep:
                    Scheduler.Schedule();
                    break;
                default:
                    Task.Current.Worker = null;
                    Kmem.Free(this); // the task's last look at its body was the call of this method
                    return 0;
            }
        }
    }

    /// <summary>Its task is about to sleep (Linux: <c>wq_worker_sleeping</c>).</summary>
    /// <remarks>Context: the worker, its state set, before the switch.</remarks>
    internal void OnSleeping()
    {
        if (IsCounted)
            Pool.OnSleeping(this);
    }

    /// <summary>Its task goes on (Linux: <c>wq_worker_running</c>).</summary>
    internal void OnRunning()
    {
        if (IsAsleep)
            Pool.OnRunning(this);
    }

    private void RunCurrent()
    {
        ContextCheck before = ContextCheck.Now();
        Current!.Run();
        ContextLeak leak = before.Repair();
        if (leak != ContextLeak.None)
            Printk.Error($"BUG: workqueue leaked atomic: {Task.Name}[{Task.Pid}], workqueue {CurrentHome!.Workqueue.Name}: {leak.Describe()}");
    }

    internal readonly struct Linked : ILinked<Worker>
    {
        public static ref ListLink<Worker> Link(Worker item) => ref item.Link;
    }

    internal readonly struct AllLinked : ILinked<Worker>
    {
        public static ref ListLink<Worker> Link(Worker item) => ref item.AllLink;
    }
}
