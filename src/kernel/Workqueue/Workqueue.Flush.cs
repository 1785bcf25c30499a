// Waiting for a whole workqueue.
using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Sched;

namespace Commence.Workqueues;

public sealed partial class Workqueue
{
    private const int DrainRoundsMax = 1000;

    /// <summary>Waits until all work that was queued before this call has run (Linux: <c>flush_workqueue</c>).</summary>
    /// <remarks>Context: thread, but not work of this queue. Sleeps: as long as that takes. Work with a timer is not queued yet.</remarks>
    public void Flush()
    {
        Preempt.MightSleep();
        Bug.On(IsOwnWork()); // it would wait for itself
        using Mutex.Guard one = _flushMutex.Lock();
        _partsFlushed = default;
        Volatile.Write(ref _partsLeft, 1);
        for (int i = 0; i < PartCount; i++)
        {
            PoolWorkqueue part = Part(i);
            using IrqSpinLock.Guard guard = part.Pool.Lock.Lock();
            if (part.TryBeginFlush())
                Interlocked.Increment(ref _partsLeft);
        }

        // Not the last: the one who is completes it, and lets go of the completion before Wait returns.
        if (Interlocked.Decrement(ref _partsLeft) != 0)
            _partsFlushed.Wait();
    }

    /// <summary>Waits until the queue is empty. Meanwhile only its own work may queue more (Linux: <c>drain_workqueue</c>).</summary>
    /// <returns>EBUSY if its work keeps queueing more and more.</returns>
    /// <remarks>Context: thread, but not work of this queue. Sleeps: as long as that takes. Its delayed work has been cancelled before.</remarks>
    public Errno Drain()
    {
        Interlocked.Increment(ref _drainers);
        Errno result = Errno.EBUSY;
        for (int round = 0; round < DrainRoundsMax && result != Errno.None; round++)
        {
            Flush();
            if (IsEmpty())
                result = Errno.None;
        }

        Interlocked.Decrement(ref _drainers);
        if (result != Errno.None)
            Printk.Error($"workqueue {Name}: drain isn't complete after {DrainRoundsMax} tries");
        return result;
    }

    /// <summary>Drains and frees the queue (Linux: <c>destroy_workqueue</c>).</summary>
    /// <returns>EBUSY: it cannot be drained, and stays.</returns>
    /// <remarks>Context: thread. Nobody queues to it any more.</remarks>
    public Errno Destroy()
    {
        Errno error = Drain();
        if (error == Errno.None)
            FreeMemory(); // IsEmpty has taken each pool's lock after the last work was done: no worker holds on to a part
        return error;
    }

    internal void OnPartFlushed()
    {
        if (Interlocked.Decrement(ref _partsLeft) == 0)
            _partsFlushed.Complete();
    }

    private bool IsEmpty()
    {
        for (int i = 0; i < PartCount; i++)
        {
            PoolWorkqueue part = Part(i);
            using IrqSpinLock.Guard guard = part.Pool.Lock.Lock();
            if (!part.IsEmpty)
                return false;
        }

        return true;
    }
}
