// Balancing by pulling: a processor with less to do takes a waiting task from the busiest one.
//
//   it runs out of tasks     in the switch, before it picks the idle task     surplus of 1: any waiting task is worth it
//   it idles                 at each tick                                     as above
//   it is busy               at every 16th tick                               surplus of 2: else the two would only swap roles
//
// Only tasks that wait, and that no processor stands on, are moved. Both queues are locked, the lower number first.
using Commence.Lib;
using Commence.Locking;
using Commence.Smp;

namespace Commence.Sched;

public static partial class Scheduler
{
    private const ulong BusyBalanceTicks = 16;

    /// <summary>Takes one task from the busiest other processor.</summary>
    /// <param name="target">The queue of this processor. Not locked.</param>
    /// <param name="surplusMin">How many more tasks than here there must be.</param>
    /// <remarks>Context: scheduler, tick. IRQs: off. Locks: two run queues'.</remarks>
    private static bool TryPull(RunQueue target, int surplusMin)
    {
        RunQueue? source = FindBusiest(target, surplusMin);
        if (source is null)
            return false;

        bool isLower = source.Cpu < target.Cpu;
        RunQueue first = isLower ? source : target;
        RunQueue second = isLower ? target : source;
        using IrqSpinLock.Guard firstGuard = first.Lock.Lock();
        using IrqSpinLock.Guard secondGuard = second.Lock.Lock();

        if (!IsWorthPulling(source, target, surplusMin) || source.FindMovable(target.Cpu) is not Task task)
            return false; // it changed since we looked without the locks

        source.Dequeue(task, QueueState.Moving);
        MoveVirtualTime(task, target.Cpu);
        task.SetCpu(target.Cpu);
        target.Enqueue(task, EnqueueReason.Moved);
        return true;
    }

    private static RunQueue? FindBusiest(RunQueue target, int surplusMin)
    {
        RunQueue? busiest = null;
        foreach (CpuId cpu in s_active)
        {
            RunQueue queue = Processors.Get(cpu).RunQueue;
            if (queue != target
                && IsWorthPulling(queue, target, surplusMin)
                && (busiest is null || queue.RunnableCount > busiest.RunnableCount))
            {
                busiest = queue;
            }
        }

        return busiest;
    }

    // One of its tasks runs: with a single one there is nothing to take.
    private static bool IsWorthPulling(RunQueue source, RunQueue target, int surplusMin) =>
        source.RunnableCount >= 2 && source.RunnableCount >= target.RunnableCount + surplusMin;

    private static void BalanceInTick(RunQueue queue, ulong tickCount)
    {
        bool isIdle = queue.RunnableCount == 0;
        // Each processor at another tick.
        if (!isIdle && (tickCount + (ulong)queue.Cpu.Value) % BusyBalanceTicks != 0)
            return;
        if (!TryPull(queue, isIdle ? 1 : 2) || !isIdle)
            return;

        using IrqSpinLock.Guard guard = queue.Lock.Lock();
        RequestReschedule(queue); // our own: no interrupt to send
    }
}
