// Sums over all processors, for /proc. Each is read without locks, one processor after the other: close, not exact.
using System.Threading;
using Commence.Smp;

namespace Commence.Sched;

/// <summary>What the scheduler counts.</summary>
public readonly struct SchedulerStatistics
{
    private SchedulerStatistics(int runnableCount, long uninterruptibleCount, ulong switchCount)
    {
        RunnableCount = runnableCount;
        UninterruptibleCount = uninterruptibleCount < 0 ? 0 : uninterruptibleCount;
        SwitchCount = switchCount;
    }

    /// <summary>Tasks that run or wait for a processor (<c>procs_running</c>).</summary>
    public int RunnableCount { get; }

    /// <summary>Tasks whose sleep counts as load (<c>procs_blocked</c> comes near).</summary>
    public long UninterruptibleCount { get; }

    /// <summary>Switches since boot (<c>ctxt</c>).</summary>
    public ulong SwitchCount { get; }

    /// <summary>Reads all of them.</summary>
    /// <remarks>Context: any.</remarks>
    public static SchedulerStatistics Read()
    {
        int runnable = 0;
        long uninterruptible = 0;
        ulong switches = 0;
        foreach (CpuId cpu in Scheduler.ActiveCpus)
        {
            RunQueue queue = Processors.Get(cpu).RunQueue;
            runnable += queue.RunnableCount;
            uninterruptible += Volatile.Read(ref queue.UninterruptibleCount);
            switches += queue.SwitchCount;
        }

        return new SchedulerStatistics(runnable, uninterruptible, switches);
    }
}
