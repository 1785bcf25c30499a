// The pools, and the workqueues that everybody may use.
using System.Threading;
using Commence.Lib;
using Commence.Sched;
using Commence.Smp;

namespace Commence.Workqueues;

/// <summary>The kernel's own workqueues (Linux: <c>system_wq</c> and its kin).</summary>
public static class SystemWorkqueues
{
    private const int HighPriorityNice = -20;

    private static WorkerPool? s_unbound;
    private static WorkerPool? s_unboundHighPriority;

    /// <summary>For work that is short (Linux: <c>system_wq</c>).</summary>
    public static Workqueue Normal { get; private set; } = null!;

    /// <summary>For work that is short and urgent (Linux: <c>system_highpri_wq</c>).</summary>
    public static Workqueue HighPriority { get; private set; } = null!;

    /// <summary>For work that may take long and run anywhere (Linux: <c>system_unbound_wq</c>).</summary>
    public static Workqueue Unbound { get; private set; } = null!;

    /// <summary>Makes pools and workqueues; from here on work can be queued, and waits (Linux: <c>workqueue_init_early</c>).</summary>
    /// <remarks>Context: early boot, when the processors have been numbered and the slab works. Fails: stops the machine if there is
    /// no memory.</remarks>
    public static void InitEarly()
    {
        int number = 0;
        for (int i = 0; i < Processors.Count; i++)
        {
            Processor processor = Processors.Get(new CpuId(i));
            processor.WorkerPool = new WorkerPool { Number = number++, Cpu = processor.Id };
            processor.HighPriorityWorkerPool = new WorkerPool { Number = number++, Cpu = processor.Id, Nice = HighPriorityNice };
        }

        s_unbound = new WorkerPool { Number = number++, IsUnbound = true };
        s_unboundHighPriority = new WorkerPool { Number = number, IsUnbound = true, Nice = HighPriorityNice };
        Normal = Create("events"u8, WorkqueueFlags.None);
        HighPriority = Create("events_highpri"u8, WorkqueueFlags.HighPriority);
        Unbound = Create("events_unbound"u8, WorkqueueFlags.Unbound);
    }

    /// <summary>Starts the manager and the first workers; from here on work runs (Linux: <c>workqueue_init</c>).</summary>
    /// <remarks>Context: pid 1. Fails: stops the machine if there is no memory.</remarks>
    public static void Init()
    {
        WorkerManager.Start();
        AddFirstWorker(s_unbound!);
        AddProcessors();
    }

    /// <summary>Gives each processor that takes tasks its first worker, so that what is queued there does not depend on memory.</summary>
    /// <remarks>Context: pid 1, again after others came online. A pool of high priority gets its first worker with its first work.
    /// Fails: stops the machine if there is no memory.</remarks>
    public static void AddProcessors()
    {
        CpuMask active = Scheduler.ActiveCpus;
        foreach (CpuId cpu in active)
            AddFirstWorker(Processors.Get(cpu).WorkerPool!);
    }

    internal static WorkerPool PoolOf(WorkqueueFlags flags, CpuId cpu)
    {
        bool isHigh = (flags & WorkqueueFlags.HighPriority) != 0;
        if ((flags & WorkqueueFlags.Unbound) != 0)
            return isHigh ? s_unboundHighPriority! : s_unbound!;
        Processor processor = Processors.Get(cpu);
        return isHigh ? processor.HighPriorityWorkerPool! : processor.WorkerPool!;
    }

    private static Workqueue Create(System.ReadOnlySpan<byte> name, WorkqueueFlags flags)
    {
        Result<Workqueue> made = Workqueue.TryCreate(name, flags);
        if (!made.IsOk)
            Panic.Now($"no memory for the workqueue {name}");
        return made.Value;
    }

    private static void AddFirstWorker(WorkerPool pool)
    {
        if (pool.WorkerCount == 0 && pool.TryAddWorker() != Errno.None)
            Panic.Now($"no memory for the first worker of pool {pool.Number}");
    }
}
