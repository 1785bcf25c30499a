// A work that a timer queues (Linux: struct delayed_work).
//
// Pending from the moment that the timer is started. From there to the list of a pool interrupts are off, in the starter and in
// the timer: so whoever finds it pending, without a timer and on no list, need only look again.
using System.Threading;
using Commence.Locking;
using Commence.Memory;
using Commence.Time;

namespace Commence.Workqueues;

/// <summary>A piece of work for later. Derive, and put the data into fields.</summary>
public abstract class DelayedWork : Work
{
    private readonly WorkTimer _timer;
    private Workqueue? _workqueue; // who has made it pending writes both, then starts the timer
    private CpuId _cpu;

    /// <summary>Makes it, and its timer.</summary>
    /// <remarks>Context: thread. Fails: stops the machine if there is no memory.</remarks>
    protected DelayedWork() => _timer = new WorkTimer(this);

    /// <summary>Queues it now if its timer runs, and waits as <see cref="Work.Flush"/> (Linux: <c>flush_delayed_work</c>).</summary>
    /// <inheritdoc cref="Work.Flush"/>
    public bool FlushDelayed()
    {
        bool wasWaiting;
        using (LocalIrq.Disable())
            wasWaiting = _timer.Cancel() && _workqueue!.Insert(this, _cpu);
        return Flush() || wasWaiting; // it may have run already
    }

    /// <summary>Frees it and its timer.</summary>
    /// <remarks>Context: thread. The caller is the only one who knows it, and it is neither pending nor running.</remarks>
    public void Free()
    {
        Bug.On(IsPending);
        _ = _timer.CancelAndWait(); // false: it is not pending; but its last OnExpired may still be on its way out
        Kmem.Free(_timer);
        Kmem.Free(this);
    }

    internal override bool TryStopTimer() => _timer.Cancel();

    internal override void OnCancelled() => _ = _timer.CancelAndWait(); // nobody can have started it since it was cancelled

    // IRQs: off; the caller has made it pending.
    internal void StartTimer(Workqueue workqueue, CpuId cpu, Nanoseconds deadline)
    {
        _workqueue = workqueue;
        _cpu = cpu;
        _timer.Start(deadline);
    }

    private void OnExpired() => _workqueue!.Insert(this, _cpu);

    private sealed class WorkTimer(DelayedWork work) : Timer
    {
        protected internal override void OnExpired() => work.OnExpired();
    }
}
