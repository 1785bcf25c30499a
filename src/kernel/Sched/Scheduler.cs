// The scheduler: which task runs where. This file: the switch. Its other parts:
//   Scheduler.Wake.cs      wake-ups and the choice of a processor      Scheduler.Attributes.cs  affinity, nice, policy
//   Scheduler.Balance.cs   pulling tasks from busier processors        Scheduler.Idle.cs        idle loop, tick, start of CPUs
//   Scheduler.Exit.cs      the end of a task                           docs/locking.md          the protocol, drawn
//
// Entry points of the trap code: Tick, PreemptFromInterrupt, OnReturnToUser, StartThread; of the boot code: Init, AddProcessor,
// InitSecondary, IdleLoop.
//
// The switch, on one processor, with interrupts off from the first step to the last:
//   1 queue lock: previous leaves the queue if it wants to sleep; next is picked, its IsOnCpu set      queue unlocked
//   2 registers and stack change hands
//   3 next, in FinishSwitch: previous.IsOnCpu = false (release)
// Between 1 and 3 previous may be in a queue again (somebody woke it), but nobody runs it: this processor is busy here, and
// others leave a task with IsOnCpu alone. So its stack is never used twice, although no lock is held over the switch.
//
// Preemption depth is 1 at each switch, for every task, so that the per-processor count fits whoever comes back.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Commence.Arch;
using Commence.Lib;
using Commence.Locking;
using Commence.Smp;
using Commence.Time;
using Commence.Workqueues;

namespace Commence.Sched;

/// <summary>Chooses what runs on each processor.</summary>
public static partial class Scheduler
{
    private enum SwitchReason
    {
        /// <summary>The task called Schedule: if its state says so, it sleeps now.</summary>
        GaveUp,

        /// <summary>The task was preempted: whatever its state says, it stays runnable.</summary>
        Preempted,
    }

    /// <summary>Gives the processor up; if the caller's state is not Running, until a wake-up (Linux: <c>schedule</c>).</summary>
    /// <remarks>Context: thread. Sleeps: that is its purpose.</remarks>
    public static void Schedule()
    {
        Preempt.MightSleep();
        Task self = Task.Current;
        Bug.On(self.IsIdle); // the idle task must stay runnable: there is nothing behind it
        Worker? worker = self.Worker;
        SleepNotice? notice = self.SleepNotice;
        if ((worker is not null || notice is not null) && self.State != TaskState.Running)
        {
            notice?.OnSleeping();
            worker?.OnSleeping(); // another one sees to the work that waits
        }

        do
        {
            PerCpuArea.DisablePreemption();
            Switch(SwitchReason.GaveUp);
        }
        while (PerCpuArea.EnablePreemption());
        worker?.OnRunning();
    }

    /// <summary>Schedules until a wake-up or the deadline.</summary>
    /// <returns>False, at once, if the deadline has passed.</returns>
    internal static bool TryScheduleUntil(Nanoseconds deadline)
    {
        if (deadline == Nanoseconds.MaxValue)
        {
            Schedule();
            return true;
        }

        if (Clock.Monotonic() >= deadline)
            return false;

        SleepTimer timer = Task.Current.SleepTimer;
        timer.Start(deadline);
        Schedule();
        _ = timer.CancelAndWait(); // fired or not, the caller looks at the clock
        return true;
    }

    /// <summary>Lets others run first, if there are any (Linux: <c>sched_yield</c>).</summary>
    /// <remarks>Context: thread. Sleeps: no, but other tasks run.</remarks>
    public static void Yield()
    {
        using (LocalIrq.Guard irq = LocalIrq.Disable())
        {
            RunQueue queue = Processor.Current.RunQueue;
            using IrqSpinLock.Guard guard = queue.Lock.Lock();
            queue.Update(NowNs());
            queue.Yield();
        }

        Schedule();
    }

    /// <summary>Sleeps for a while, whatever happens.</summary>
    /// <remarks>Context: thread. Sleeps: at least that long, up to a tick longer if the processor is free.</remarks>
    public static void Sleep(Nanoseconds duration)
    {
        Nanoseconds deadline = Clock.After(duration);
        do
            Task.Current.SetState(TaskState.Idle); // does not count as load
        while (TryScheduleUntil(deadline));
        Task.Current.SetState(TaskState.Running);
    }

    /// <summary>Sleeps until the monotonic clock reaches the deadline, or a signal comes.</summary>
    /// <remarks>Context: thread. Sleeps: may. Fails: <see cref="WaitResult.Interrupted"/>; at the deadline: <see cref="WaitResult.TimedOut"/>.</remarks>
    public static WaitResult SleepInterruptible(Nanoseconds deadline)
    {
        Preempt.MightSleep();
        Task self = Task.Current;
        WaitResult result;
        while (true)
        {
            self.SetState(TaskState.Interruptible);
            if (self.IsInterrupted(TaskState.Interruptible))
            {
                result = WaitResult.Interrupted;
                break;
            }

            if (!TryScheduleUntil(deadline))
            {
                result = WaitResult.TimedOut;
                break;
            }
        }

        self.SetState(TaskState.Running);
        return result;
    }

    /// <summary>Serves a reschedule wish after an interrupt of preemptible kernel code (TrapSink.OnPreemptKernel).</summary>
    /// <remarks>Context: end of an interrupt, depth 0. IRQs: off at entry and at return.</remarks>
    public static void PreemptFromInterrupt() => PreemptNow();

    /// <summary>Serves a reschedule wish on the way to user mode (TrapSink.OnReturnToUser).</summary>
    /// <remarks>Context: end of a system call, trap or interrupt, depth 0. IRQs: off at entry and at return.</remarks>
    public static void OnReturnToUser()
    {
        while (PerCpuArea.IsRescheduleWanted)
            PreemptNow();
    }

    /// <summary>The first function of every new task (TrapSink.OnThreadStart).</summary>
    /// <remarks>Context: new thread, preemption depth 1. IRQs: off. Never returns.</remarks>
    [DoesNotReturn]
    public static void StartThread()
    {
        FinishSwitch();
        LocalInterrupts.Enable();
        if (PerCpuArea.EnablePreemption())
            Preempt.ServeWish();
        Exit(Task.Current.Body!.Run());
    }

    private static void PreemptNow()
    {
        do
        {
            PerCpuArea.DisablePreemption();
            Switch(SwitchReason.Preempted);
        }
        while (PerCpuArea.EnablePreemption());
    }

    // Returns when the caller is chosen (again); it may be on another processor then.
    private static void Switch(SwitchReason reason)
    {
        using LocalIrq.Guard irq = LocalIrq.Disable();
        Bug.On(PerCpuArea.PreemptDepth != 1);   // "scheduling while atomic"
        Bug.On(PerCpuArea.InterruptDepth != 0);
        RunQueue queue = Processor.Current.RunQueue;
        Task previous = queue.Current;
        Bug.On(previous != Task.Current);

        Task next = LeaveAndPick(queue, previous, reason);
        if (next == previous)
            return;

        if (reason == SwitchReason.GaveUp)
            previous.VoluntarySwitchesField++;
        else
            previous.InvoluntarySwitchesField++;
        queue.Previous = previous;
        Task.SwitchMemory(previous, next);
        ThreadContext.Switch(ref previous.Context, ref next.Context, next);

        // Here runs `previous` again, later, perhaps on another processor: `queue` and `next` are out of date.
        FinishSwitch();
    }

    // The first steps of whoever was switched to: lets go of whoever was there before.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FinishSwitch()
    {
        RunQueue queue = Processor.Current.RunQueue;
        Task previous = queue.Previous!;
        queue.Previous = null;

        // Read before IsOnCpu is cleared: the moment after, another processor may run it, or free it if it is not dead.
        bool isDead = previous.State == TaskState.Dead;
        bool isMoving = previous.QueueState == QueueState.Moving;
        previous.SetOnCpu(false); // release: its registers are saved
        if (isMoving)
            PlaceMoving(previous);
        else if (isDead)
            Reaper.Add(previous);
    }

    private static Task LeaveAndPick(RunQueue queue, Task previous, SwitchReason reason)
    {
        using (queue.Lock.Lock())
        {
            queue.Update(NowNs());
            Leave(queue, previous, reason);
            if (queue.RunnableCount != 0)
                return Pick(queue);
        }

        // Nothing left here. Without our lock, since two queues' locks are taken in the order of their numbers.
        _ = TryPull(queue, surplusMin: 1); // none: we idle
        using (queue.Lock.Lock())
        {
            queue.Update(NowNs());
            return Pick(queue);
        }
    }

    private static Task Pick(RunQueue queue)
    {
        Task next = queue.PickNext();
        PerCpuArea.ClearRescheduleWish();
        next.SetOnCpu(true); // under the lock: whoever looks for tasks to move leaves it alone from now on
        return next;
    }

    // Takes the task that is about to be switched away from out of the queue, if it sleeps now or may not run here any more.
    private static void Leave(RunQueue queue, Task previous, SwitchReason reason)
    {
        if (previous.IsIdle)
            return;

        if (reason == SwitchReason.GaveUp && WantsToSleep(previous, out TaskState state))
        {
            previous.ContributesToLoad = (state & (TaskState.Uninterruptible | TaskState.NoLoad)) == TaskState.Uninterruptible;
            if (previous.ContributesToLoad)
                queue.UninterruptibleCount++;
            queue.Dequeue(previous, QueueState.Off);
        }
        else if (!MayRunOn(previous, queue.Cpu))
        {
            queue.Dequeue(previous, QueueState.Moving); // FinishSwitch puts it where it may run
        }
    }

    // The state was set with a full barrier, and a signal is announced with a full barrier before its sender looks at the
    // state: so the signal is seen here, or the sender sees a sleeper and wakes it.
    private static bool WantsToSleep(Task task, out TaskState state)
    {
        state = task.State;
        if (state == TaskState.Running)
            return false;
        if (!task.IsInterrupted(state))
            return true;

        task.SetStateByWaker(TaskState.Running);
        return false;
    }

    private static ulong NowNs() => Clock.Monotonic().Value;

    // What the locks below call when preemption becomes possible and is wanted.
    private sealed class Preemptor : PreemptHook
    {
        public override void OnPreemptible() => PreemptNow();
    }
}
