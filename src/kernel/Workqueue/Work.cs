// Something to be done soon, by a thread of the kernel's own (Linux: struct work_struct).
//
//   idle ── Queue ──▶ pending: on a list of a pool ── a worker takes it ──▶ idle again, and running
//     ▲                        └── Cancel ──▶ idle
//     └── Queue is refused while it is pending, and while somebody cancels it
//
// Pending ends *before* Run: an event that comes while Run runs queues the work anew, and nothing is lost. Two workers never run
// one work at the same time: who finds it running elsewhere leaves it to that worker.
//
// _state belongs to whoever changes it atomically; the other fields to the lock of the pool that LastPool names.
using System.Threading;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Workqueues;

/// <summary>A piece of work. Derive, and put the data into fields.</summary>
/// <remarks>It may free itself in <see cref="Run"/>: the worker does not touch it afterwards.</remarks>
public abstract class Work
{
    private const int PendingBit = 1;
    private const int DisableUnit = 2; // bits 1 and up: how many cancel it right now

    private int _state;
    internal ListLink<Work> Link;
    private PoolWorkqueue? _home;
    private WorkerPool? _lastPool;
    internal WorkPlace Place;
    internal Worker? Deferrer;  // on whose list of deferred work it is
    internal int Color;         // which flush waits for it
    internal ulong Instance;    // names this queueing among all, for ever

    /// <summary>Does it.</summary>
    /// <remarks>Context: thread of a worker. Sleeps: may.</remarks>
    protected internal abstract void Run();

    /// <summary>Whether it is going to run (again). A snapshot.</summary>
    public bool IsPending => (Volatile.Read(ref _state) & PendingBit) != 0;

    /// <summary>The workqueue that it waits in, while it is on a list. Read before <see cref="LastPool"/>, it is not newer than that.</summary>
    internal PoolWorkqueue? Home
    {
        get => Volatile.Read(ref _home);
        set => Volatile.Write(ref _home, value);
    }

    /// <summary>Where it was queued last, so that is where it runs, if it does.</summary>
    internal WorkerPool? LastPool
    {
        get => Volatile.Read(ref _lastPool);
        set => Volatile.Write(ref _lastPool, value);
    }

    /// <summary>Waits until the work has run as often as it was queued before this call (Linux: <c>flush_work</c>).</summary>
    /// <returns>False if there was nothing to wait for.</returns>
    /// <remarks>Context: thread, but not this very work. Sleeps: as long as the work and what is before it take.</remarks>
    public bool Flush() => WorkFlush.Wait(this);

    /// <summary>Makes it not run if it has not begun (Linux: <c>cancel_work</c>).</summary>
    /// <returns>True if it was pending.</returns>
    /// <remarks>Context: any.</remarks>
    public bool Cancel() => WorkFlush.TryGrab(this);

    /// <summary>Makes it not run, and waits if it does (Linux: <c>cancel_work_sync</c>). Afterwards it may be freed, unless somebody
    /// queues it anew. Meanwhile nobody can, the work itself included.</summary>
    /// <returns>True if it was pending.</returns>
    /// <remarks>Context: thread, but not this very work. Sleeps: as long as it runs.</remarks>
    public bool CancelAndWait()
    {
        Preempt.MightSleep();
        Interlocked.Add(ref _state, DisableUnit);
        bool wasPending = WorkFlush.TryGrab(this);
        OnCancelled();
        _ = WorkFlush.Wait(this); // false: it did not run
        Interlocked.Add(ref _state, -DisableUnit);
        return wasPending;
    }

    /// <summary>Takes a timer back that would queue it.</summary>
    /// <returns>True if there was one: the caller owns the pending bit now.</returns>
    internal virtual bool TryStopTimer() => false;

    /// <summary>Waits for whatever else could still touch it.</summary>
    internal virtual void OnCancelled()
    {
    }

    /// <summary>Makes it pending.</summary>
    /// <returns>False if it is, or may not be.</returns>
    /// <remarks>A full barrier: what the caller did before is seen by Run, or by the Run that is still to come.</remarks>
    internal bool TryClaim() => Interlocked.CompareExchange(ref _state, PendingBit, 0) == 0;

    /// <summary>Ends pending. A full barrier: Run sees what came before any refused Queue.</summary>
    internal void Unclaim() => Interlocked.And(ref _state, ~PendingBit);

    internal readonly struct Linked : ILinked<Work>
    {
        public static ref ListLink<Work> Link(Work item) => ref item.Link;
    }
}

/// <summary>On which list a pending work is.</summary>
internal enum WorkPlace
{
    /// <summary>None: a timer has it, or somebody is about to put it on one.</summary>
    None,

    /// <summary>The pool's: the next free worker takes it.</summary>
    Ready,

    /// <summary>Its workqueue's: as many as may run at a time do.</summary>
    Inactive,

    /// <summary>A worker's, which runs it already, and will once more.</summary>
    Deferred,
}
