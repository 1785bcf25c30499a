// Wake-ups (Linux: try_to_wake_up).
//
// The waker holds the task's WakeLock, so there is one waker at a time. What it finds:
//   state not in the mask           nothing to do: it runs, or waits for something else
//   QueueState.Queued               it has not left its queue yet (it was preempted, or is on its way into Schedule): the state
//                                   word is enough, under the queue's lock, since Schedule reads it under that lock
//   QueueState.Moving               a mover is about to queue it: the state word is enough; the mover needs WakeLock, so waits
//   QueueState.Off, IsOnCpu         it has left its queue, but its processor still stands on its stack: it is queued there, where
//                                   it cannot be picked before that; or, if it may not run there, we wait for IsOnCpu to clear
//   QueueState.Off                  it sleeps: it is queued where there is room
//
// Orders: Lock() is a full barrier: the waker's condition is visible before the state is read (WaitQueue.cs).
//   QueueState is read (acquire) before IsOnCpu: "Off" was written after IsOnCpu was set for that run.
//
// A task may run, exit and be freed as soon as it is queued and the queue is unlocked. So its own lock is given up before the
// queue's, and nothing of the task is touched afterwards: methods that end in a locked queue hand its guard to their caller.
using Commence.Lib;
using Commence.Locking;
using Commence.Smp;

namespace Commence.Sched;

public static partial class Scheduler
{
    private static CpuMask s_active; // processors that take tasks; bits are added atomically and never removed
    private static CpuMask s_idle;   // a hint: who halts, or is about to; who takes the bit away has reserved the processor

    /// <summary>Processors that take tasks. It only grows.</summary>
    internal static ref readonly CpuMask ActiveCpus => ref s_active;

    /// <summary>Makes a sleeping task runnable.</summary>
    /// <param name="task">The task; the caller has a reference.</param>
    /// <param name="states">The sleeps that this wake-up ends.</param>
    /// <returns>True if this call ended its sleep.</returns>
    /// <remarks>Context: any, hard IRQ included. Locks: <c>WakeLock</c>, then a run queue's.</remarks>
    public static bool WakeUp(Task task, TaskState states)
    {
        using LocalIrq.Guard irq = LocalIrq.Disable();
        if (!TryLockAndWake(task, states, out RunQueue queue, out IrqSpinLock.Guard guard))
            return false;

        bool isKick;
        using (guard)
            isKick = RequestIfPreempts(queue, task);
        if (isKick)
            SendReschedule(queue.Cpu);
        return true;
    }

    /// <summary>Makes a new task runnable for the first time.</summary>
    /// <remarks>Context: any.</remarks>
    public static void WakeUpNew(Task task)
    {
        using LocalIrq.Guard irq = LocalIrq.Disable();
        RunQueue queue = LockAndQueueNew(task, out IrqSpinLock.Guard guard);
        bool isKick;
        using (guard)
            isKick = RequestIfPreempts(queue, task);
        if (isKick)
            SendReschedule(queue.Cpu);
    }

    /// <summary>Makes a new task sleep as if it had run and gone to sleep (<see cref="TaskState.Idle"/>): the first wake-up is its
    /// start, and until then no processor is woken for it.</summary>
    /// <remarks>Context: any, before anybody can wake it.</remarks>
    public static void SleepNew(Task task)
    {
        Bug.On(task.State != TaskState.New);
        task.SetStateByWaker(TaskState.Idle);
    }

    /// <summary>Makes a task that runs in user mode on another processor enter the kernel: work was added for it.</summary>
    /// <remarks>Context: any. A task that does not run sees its work before it returns to user mode anyway.</remarks>
    public static void Kick(Task task)
    {
        using LocalIrq.Guard irq = LocalIrq.Disable();
        if (task.IsOnCpu && task.Cpu != irq.IrqOff.Cpu)
            SmpHooks.Instance?.SendReschedule(task.Cpu);
    }

    // False: there was nothing to do, and there is no guard.
    private static bool TryLockAndWake(Task task, TaskState states, out RunQueue queue, out IrqSpinLock.Guard guard)
    {
        using IrqSpinLock.Guard wakeGuard = task.WakeLock.Lock();
        queue = null!;
        guard = default;
        if ((task.State & states) == 0)
            return false;

        if (task.QueueState != QueueState.Off)
        {
            queue = LockQueueOf(task, out guard);
            if (task.QueueState != QueueState.Off)
            {
                // Still in a queue, or on its way into one: its state is all that has to change.
                task.SetStateByWaker(TaskState.Running);
                return true;
            }

            guard.Dispose(); // it left while we came
        }

        task.SetStateByWaker(TaskState.Waking);
        CpuId cpu = task.Cpu;
        if (!task.IsOnCpu)
            cpu = SelectCpu(task);
        else if (!MayRunOn(task, cpu))
        {
            WaitUntilOffCpu(task);
            cpu = SelectCpu(task);
        }

        queue = LockAndQueue(task, cpu, EnqueueReason.Woken, out guard);
        return true;
    }

    private static RunQueue LockAndQueueNew(Task task, out IrqSpinLock.Guard guard)
    {
        using IrqSpinLock.Guard wakeGuard = task.WakeLock.Lock();
        Bug.On(task.State != TaskState.New);
        return LockAndQueue(task, SelectCpu(task), EnqueueReason.New, out guard);
    }

    // A task that was taken out of its queue while runnable (QueueState.Moving) gets a new place. Nobody else may queue it.
    private static void PlaceMoving(Task task)
    {
        using LocalIrq.Guard irq = LocalIrq.Disable();
        RunQueue queue = LockAndPlaceMoving(task, out IrqSpinLock.Guard guard);
        bool isKick;
        using (guard)
            isKick = RequestIfPreempts(queue, task);
        if (isKick)
            SendReschedule(queue.Cpu);
    }

    private static RunQueue LockAndPlaceMoving(Task task, out IrqSpinLock.Guard guard)
    {
        using IrqSpinLock.Guard wakeGuard = task.WakeLock.Lock();
        return LockAndQueue(task, SelectCpu(task), EnqueueReason.Moved, out guard);
    }

    // Under WakeLock, for a task that is in no queue.
    private static RunQueue LockAndQueue(Task task, CpuId cpu, EnqueueReason reason, out IrqSpinLock.Guard guard)
    {
        RunQueue queue = Processors.Get(cpu).RunQueue;
        guard = queue.Lock.Lock();
        queue.Update(NowNs());
        if (task.ContributesToLoad)
        {
            task.ContributesToLoad = false;
            queue.UninterruptibleCount--;
        }

        MoveVirtualTime(task, cpu);
        task.SetCpu(cpu);
        queue.Enqueue(task, reason);
        // A mover leaves the state alone: a task that was preempted on its way to sleep is still on its way.
        if (reason != EnqueueReason.Moved)
            task.SetStateByWaker(TaskState.Running);
        return queue;
    }

    // Under the queue's lock. True: the caller sends the reschedule interrupt after it has let go of the lock.
    private static bool RequestIfPreempts(RunQueue queue, Task task) =>
        task.QueueState == QueueState.Queued && queue.ShouldPreempt(task) && RequestReschedule(queue);

    private static bool RequestReschedule(RunQueue queue)
    {
        if (queue.IsRescheduleRequested)
            return false; // it will pick after this moment, and see all that is queued

        queue.IsRescheduleRequested = true;
        if (queue.Cpu != PerCpuArea.Id)
            return true;

        PerCpuArea.WantReschedule();
        return false;
    }

    private static void SendReschedule(CpuId cpu) => SmpHooks.Instance!.SendReschedule(cpu);

    // A place among tasks that have run for longer or shorter: what counts is the distance to the others.
    private static void MoveVirtualTime(Task task, CpuId to)
    {
        CpuId from = task.Cpu;
        if (from != to)
            task.Fair.VirtualRuntime += Processors.Get(to).RunQueue.MinVirtualRuntime - Processors.Get(from).RunQueue.MinVirtualRuntime;
    }

    // Locks the queue that the task belongs to. It cannot move while that is held; nor, while WakeLock is held too, be queued.
    private static RunQueue LockQueueOf(Task task, out IrqSpinLock.Guard guard)
    {
        while (true)
        {
            CpuId cpu = task.Cpu;
            RunQueue queue = Processors.Get(cpu).RunQueue;
            guard = queue.Lock.Lock();
            if (task.Cpu == cpu)
                return queue;
            guard.Dispose(); // it was moved between the two looks
        }
    }

    // Bounded: its processor has interrupts off and is about to switch. It waits for no lock that we hold: only for run
    // queues', and we hold none.
    private static void WaitUntilOffCpu(Task task)
    {
        while (task.IsOnCpu)
            Cpu.Relax();
    }

    /// <summary>Whether the task may run there. If none of its processors is active, it may run anywhere.</summary>
    private static bool MayRunOn(Task task, CpuId cpu) =>
        task.AllowedCpus.Contains(cpu) || !task.AllowedCpus.Overlaps(in s_active);

    // Under WakeLock. In this order: where it ran, if that idles (its data is in that cache); any idle processor; the one with
    // the fewest tasks.
    private static CpuId SelectCpu(Task task)
    {
        CpuId previous = task.Cpu;
        if (MayRunOn(task, previous) && TryReserveIdle(previous))
            return previous;

        foreach (CpuId cpu in s_idle)
        {
            if (MayRunOn(task, cpu) && TryReserveIdle(cpu))
                return cpu;
        }

        return LeastLoaded(task, previous);
    }

    private static bool TryReserveIdle(CpuId cpu) => s_idle.Contains(cpu) && s_idle.RemoveAtomic(cpu);

    private static CpuId LeastLoaded(Task task, CpuId preferred)
    {
        CpuId best = preferred;
        int bestCount = MayRunOn(task, preferred) && s_active.Contains(preferred) ? CountOf(preferred) : int.MaxValue;
        foreach (CpuId cpu in s_active)
        {
            if (!MayRunOn(task, cpu))
                continue;

            int count = CountOf(cpu);
            if (count < bestCount)
            {
                best = cpu;
                bestCount = count;
            }
        }

        Bug.On(bestCount == int.MaxValue); // MayRunOn allows at least one active processor
        return best;
    }

    private static int CountOf(CpuId cpu) => Processors.Get(cpu).RunQueue.RunnableCount;
}
