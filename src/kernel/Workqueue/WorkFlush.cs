// Waiting for one work, and taking it back.
using Commence.Arch;
using Commence.Locking;
using Commence.Sched;

namespace Commence.Workqueues;

/// <summary>What <see cref="Work"/> does with the lock of the pool that has it.</summary>
internal static class WorkFlush
{
    /// <summary>Waits for what is queued, or else for what runs.</summary>
    internal static bool Wait(Work work)
    {
        Preempt.MightSleep();
        Bug.On(Task.Current.Worker?.Current == work); // it would wait for itself
        if (!TryName(work, out WorkerPool pool, out ulong instance))
            return false;
        pool.WaitFor(work, instance);
        return true;
    }

    /// <summary>Takes a pending work from wherever it is.</summary>
    /// <returns>True if it was pending.</returns>
    internal static bool TryGrab(Work work)
    {
        while (work.IsPending)
        {
            if (work.TryStopTimer())
            {
                work.Unclaim();
                return true;
            }

            if (TryTakeOff(work))
                return true;

            // Bounded: it is on its way to a list, with interrupts off. (In an interrupt, that is another processor.)
            Cpu.Relax();
        }

        return false;
    }

    private static bool TryTakeOff(Work work)
    {
        WorkerPool? pool = work.LastPool;
        if (pool is null)
            return false;

        using IrqSpinLock.Guard guard = pool.Lock.Lock();
        PoolWorkqueue? home = work.Home;
        if (home is null || home.Pool != pool)
            return false;

        home.Remove(work);
        work.Unclaim();
        return true;
    }

    // The caller counts as a flusher of the pool from here on.
    private static bool TryName(Work work, out WorkerPool pool, out ulong instance)
    {
        instance = 0;
        while (true)
        {
            pool = work.LastPool!;
            if (pool is null)
                return false;

            using IrqSpinLock.Guard guard = pool.Lock.Lock();
            PoolWorkqueue? home = work.Home;
            if (work.LastPool != pool || (home is not null && home.Pool != pool))
                continue; // it was queued elsewhere meanwhile

            Worker? runner = home is null ? pool.FindRunning(work) : null;
            if (home is null && runner is null)
                return false;
            instance = home is not null ? work.Instance : runner!.Instance;
            pool.AddFlusher();
            return true;
        }
    }
}
