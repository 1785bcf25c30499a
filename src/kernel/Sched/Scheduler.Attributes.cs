// Affinity, nice and policy of a task, changed from outside while it may be running anywhere.
//
// Locks: WakeLock, so that nobody wakes it meanwhile; then its queue's lock, so that it stays where it is.
using Commence.Lib;
using Commence.Locking;
using Commence.Smp;

namespace Commence.Sched;

public static partial class Scheduler
{
    /// <summary>Says where a task may run, and sees to it that it runs nowhere else any more when this returns.</summary>
    /// <returns>EINVAL if no active processor is among them.</returns>
    /// <remarks>Context: thread. Sleeps: may, until the task's processor has rescheduled.</remarks>
    public static Errno SetAffinity(Task task, in CpuMask cpus)
    {
        Preempt.MightSleep();
        if (!cpus.Overlaps(in s_active))
            return Errno.EINVAL;

        ChangeAffinity(task, in cpus);

        // The guards have served our own wish: if the caller itself had to move, it has.
        while (task.IsOnCpu && !MayRunOn(task, task.Cpu))
            Sleep(new Nanoseconds(Limits.TickNanoseconds));
        return Errno.None;
    }

    /// <summary>Sets where a new task may run, before it first runs.</summary>
    internal static void SetInitialAffinity(Task task, in CpuMask cpus)
    {
        Bug.On(task.State != TaskState.New);
        task.AllowedCpus = cpus;
    }

    /// <summary>Changes the nice value.</summary>
    /// <remarks>Context: any. The caller has checked the range and the right to do it.</remarks>
    public static void SetNice(Task task, int nice) => SetPolicy(task, task.Policy, nice, task.RealTimePriority);

    /// <summary>Changes policy, nice value and real-time priority together.</summary>
    /// <remarks>Context: any. The caller has checked the ranges and the right to do it.</remarks>
    public static void SetPolicy(Task task, SchedulingPolicy policy, int nice, int realTimePriority)
    {
        bool isRealTime = policy is SchedulingPolicy.Fifo or SchedulingPolicy.RoundRobin;
        Bug.On(isRealTime != (realTimePriority != 0));
        bool isKick = false;
        CpuId cpu;
        using (task.WakeLock.Lock())
        {
            RunQueue queue = LockQueueOf(task, out IrqSpinLock.Guard guard);
            using (guard)
            {
                cpu = queue.Cpu;
                queue.Update(NowNs());
                bool isQueued = task.QueueState == QueueState.Queued;
                if (isQueued)
                    queue.Dequeue(task, QueueState.Moving);

                task.PolicyField = policy;
                task.NiceField = nice;
                task.RealTimePriorityField = realTimePriority;
                task.Fair.Weight = policy == SchedulingPolicy.Idle ? Weights.IdlePolicy : Weights.OfNice(nice);

                if (isQueued)
                    queue.Enqueue(task, EnqueueReason.Moved);
                // It may deserve the processor now, or have lost it: choose again.
                if (isQueued && (queue.Current == task || queue.ShouldPreempt(task)))
                    isKick = RequestReschedule(queue);
            }

            if (isKick)
                SendReschedule(cpu);
        }
    }

    private static void ChangeAffinity(Task task, in CpuMask cpus)
    {
        using LocalIrq.Guard irq = LocalIrq.Disable();
        RunQueue queue = LockAndChangeAffinity(task, in cpus, out IrqSpinLock.Guard guard);
        bool isKick;
        using (guard)
            isKick = MustLeave(task, queue) ? RequestReschedule(queue) : RequestIfPreempts(queue, task);
        if (isKick)
            SendReschedule(queue.Cpu);
    }

    private static RunQueue LockAndChangeAffinity(Task task, in CpuMask cpus, out IrqSpinLock.Guard guard)
    {
        using IrqSpinLock.Guard wakeGuard = task.WakeLock.Lock();
        RunQueue queue = LockQueueOf(task, out guard);
        task.AllowedCpus = cpus;

        // Who runs, or whose stack is still in use, leaves by itself, in its processor's next switch.
        if (!MustLeave(task, queue) || queue.Current == task || task.IsOnCpu)
            return queue;

        queue.Dequeue(task, QueueState.Moving);
        guard.Dispose();
        return LockAndQueue(task, SelectCpu(task), EnqueueReason.Moved, out guard);
    }

    private static bool MustLeave(Task task, RunQueue queue) =>
        task.QueueState == QueueState.Queued && !MayRunOn(task, queue.Cpu);
}
