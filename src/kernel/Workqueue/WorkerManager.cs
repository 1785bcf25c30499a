// Makes workers where none is idle, and ends those of which there are too many.
//
//   a pool's last idle worker begins to work ── Request ──▶ s_wanted ── manager ──▶ TryAddWorker
//
// A thread of its own does it, so that no worker stops working in order to make another (in Linux one of the pool's workers does,
// and a rescuer helps when there is no memory). If there is no memory the manager tries again each second, as long as the pool
// needs one; the workers that there are go on, and each pool that has ever had work has at least one. Nothing in this kernel waits for
// work in order to get memory: there is no reclaim that runs as work. So a shortage makes work slower and does not stop it, and a
// rescuer would have nothing to rescue. Whoever adds such a reclaim must add one.
using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Sched;
using Commence.Time;

namespace Commence.Workqueues;

/// <summary>The maker of workers.</summary>
internal sealed class WorkerManager : KernelThreadBody
{
    private static IrqSpinLock s_lock;                                        // a leaf but for waking
    private static IntrusiveList<WorkerPool, WorkerPool.ManagerLinked> s_wanted; // pools that may need a worker
    private static IntrusiveList<WorkerPool, WorkerPool.CullLinked> s_toCull;    // pools that may have too many
    private static WaitQueue s_requested;
    private static ulong s_idleMaxNs = 300_000_000_000; // IDLE_WORKER_TIMEOUT: five minutes
    private static readonly Nanoseconds s_retry = new(1_000_000_000); // CREATE_COOLDOWN

    /// <summary>How long a worker may be idle where there are more than enough. Tests make it short.</summary>
    internal static Nanoseconds IdleMax
    {
        get => new(Volatile.Read(ref s_idleMaxNs));
        set => Volatile.Write(ref s_idleMaxNs, value.Value);
    }

    /// <summary>Starts it.</summary>
    internal static void Start() => KernelThread.Run(new WorkerManager(), "kworker/manager"u8).Detach();

    /// <summary>Says that a pool has no idle worker.</summary>
    /// <remarks>Context: any; the pool's lock is held.</remarks>
    internal static void Request(WorkerPool pool)
    {
        using (s_lock.Lock())
        {
            if (!IntrusiveList<WorkerPool, WorkerPool.ManagerLinked>.IsLinked(pool))
                s_wanted.AddLast(pool);
        }

        _ = s_requested.WakeOne(); // it is awake already: then it looks at the list before it sleeps
    }

    /// <summary>Says that a pool may have too many workers.</summary>
    /// <inheritdoc cref="Request"/>
    internal static void RequestCull(WorkerPool pool)
    {
        using (s_lock.Lock())
        {
            if (IntrusiveList<WorkerPool, WorkerPool.CullLinked>.IsLinked(pool))
                return;
            s_toCull.AddLast(pool);
        }

        _ = s_requested.WakeOne();
    }

    /// <inheritdoc/>
    protected internal override int Run()
    {
        while (true)
        {
            HasRequest condition = new(s_toCull.IsEmpty);
            if (s_toCull.IsEmpty)
                s_requested.WaitIdle(ref condition);
            else
                _ = s_requested.WaitIdle(ref condition, Clock.After(IdleMax)); // either way it looks what is to be done
            while (TryTake() is WorkerPool pool)
                Serve(pool);
            CullAll();
        }
    }

    private static void Serve(WorkerPool pool)
    {
        if (!pool.NeedsIdleWorker || pool.TryAddWorker() == Errno.None)
            return;

        Printk.Warning($"workqueue: no memory for another worker of pool {pool.Number}; its work goes on with {pool.WorkerCount}");
        Request(pool);
        Scheduler.Sleep(s_retry);
    }

    // Each pool once; one that still has too many stays on the list.
    private static void CullAll()
    {
        for (int left = s_toCull.Count; left > 0; left--)
        {
            WorkerPool? pool;
            using (s_lock.Lock())
                pool = s_toCull.RemoveFirst();
            if (pool is not null && pool.Cull(IdleMax))
                RequestCull(pool);
        }
    }

    private static WorkerPool? TryTake()
    {
        using IrqSpinLock.Guard guard = s_lock.Lock();
        return s_wanted.RemoveFirst();
    }

    private readonly struct HasRequest(bool isCullNews) : IWaitCondition
    {
        public bool IsMet()
        {
            using IrqSpinLock.Guard guard = s_lock.Lock();
            return !s_wanted.IsEmpty || (isCullNews && !s_toCull.IsEmpty);
        }
    }
}
