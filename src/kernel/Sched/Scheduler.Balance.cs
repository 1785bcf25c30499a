// Balancing by pulling: a processor with less to do takes a waiting task from the busiest one.
//
//   it runs out of tasks     in the switch, before it picks the idle task     surplus of 1: any waiting task is worth it
//   it idles                 at each tick, while it ticks (IdleTick.cs)       as above
//   another has too much     that one's tick wakes it, and it finds nothing   as above
//                            to do
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

    // Idle processors do not tick: one is woken to take what waits here.
    private static void WakeIdleFor(RunQueue source)
    {
        foreach (CpuId cpu in s_idle)
        {
            if (!HasMovable(source, cpu) || !TryReserveIdle(cpu))
                continue;

            RunQueue target = Processors.Get(cpu).RunQueue;
            bool isKick;
            using (target.Lock.Lock())
                isKick = RequestReschedule(target);
            if (isKick)
                SendReschedule(cpu);
            return;
        }
    }

    private static bool HasMovable(RunQueue source, CpuId to)
    {
        using IrqSpinLock.Guard guard = source.Lock.Lock();
        return source.FindMovable(to) is not null;
    }

    private static void BalanceInTick(RunQueue queue, ulong tickCount)
    {
        bool isIdle = queue.RunnableCount == 0;
        if (queue.RunnableCount >= 2)
            WakeIdleFor(queue);
        // Each processor at another tick.
        if (!isIdle && (tickCount + (ulong)queue.Cpu.Value) % BusyBalanceTicks != 0)
            return;
        if (!TryPull(queue, isIdle ? 1 : 2) || !isIdle)
            return;

        using IrqSpinLock.Guard guard = queue.Lock.Lock();
        RequestReschedule(queue); // our own: no interrupt to send
    }
}
