// "It is done": an event that happens once, or is counted (Linux: struct completion).
//
// The waiter takes its event under the lock. So when Wait returns, the one who completed has let go of the lock, and the
// completion and what it lies in may be freed.
using System.Threading;
using Commence.Locking;

namespace Commence.Sched;

/// <summary>Something that others wait for. All-zero: not done.</summary>
/// <remarks>A struct to be embedded; never in a <c>readonly</c> field.</remarks>
[NoCopy]
public struct Completion
{
    internal const uint DoneForEver = uint.MaxValue;

    internal WaitQueue Queue;
    internal uint Done; // events not yet taken, under the queue's lock

    internal static WaitResult WaitFor(ref Completion completion, TaskState state, Nanoseconds deadline)
    {
        Preempt.MightSleep();
        Task self = Task.Current;
        TaskWaiter entry = self.Waiter;
        bool hasTime = true;
        while (true)
        {
            using (completion.Queue.Spin.Lock())
            {
                bool isDone = TryTakeEvent(ref completion);
                if (isDone || !hasTime || self.IsInterrupted(state))
                {
                    self.SetState(TaskState.Running);
                    if (entry.IsQueued)
                        WaitQueue.Take(ref completion.Queue, entry);
                    return isDone ? WaitResult.Met : hasTime ? WaitResult.Interrupted : WaitResult.TimedOut;
                }

                if (!entry.IsQueued)
                    WaitQueue.Insert(ref completion.Queue, entry, isExclusive: true);
                // Under the lock, so whoever completes sees the entry and the state, or this loop sees the event.
                self.SetState(state);
            }

            hasTime = Scheduler.TryScheduleUntil(deadline);
        }
    }

    private static bool TryTakeEvent(ref Completion completion)
    {
        if (completion.Done == 0)
            return false;
        if (completion.Done != DoneForEver)
            completion.Done--;
        return true;
    }
}

/// <summary>Completing and waiting.</summary>
public static class CompletionExtensions
{
    /// <summary>Sleeps until it is done, and takes one event.</summary>
    /// <remarks>Context: thread. Sleeps: may, as long as it takes.</remarks>
    public static void Wait(this ref Completion completion) =>
        _ = Completion.WaitFor(ref completion, TaskState.Uninterruptible, Nanoseconds.MaxValue); // no limit: it is met

    /// <summary>As <see cref="Wait(ref Completion)"/>, until the monotonic clock reaches the deadline.</summary>
    /// <remarks>Context: thread. Sleeps: may. Fails: <see cref="WaitResult.TimedOut"/>.</remarks>
    public static WaitResult Wait(this ref Completion completion, Nanoseconds deadline) =>
        Completion.WaitFor(ref completion, TaskState.Uninterruptible, deadline);

    /// <summary>As <see cref="Wait(ref Completion)"/>, until a signal comes.</summary>
    /// <remarks>Context: thread. Sleeps: may. Fails: <see cref="WaitResult.Interrupted"/>.</remarks>
    public static WaitResult WaitInterruptible(this ref Completion completion) =>
        Completion.WaitFor(ref completion, TaskState.Interruptible, Nanoseconds.MaxValue);

    /// <summary>As <see cref="Wait(ref Completion)"/>, until a fatal signal comes.</summary>
    /// <remarks>Context: thread. Sleeps: may. Fails: <see cref="WaitResult.Interrupted"/>.</remarks>
    public static WaitResult WaitKillable(this ref Completion completion) =>
        Completion.WaitFor(ref completion, TaskState.Killable, Nanoseconds.MaxValue);

    /// <summary>One event: one waiter, present or future, goes on.</summary>
    /// <remarks>Context: any. What the caller did before is seen by whoever takes the event.</remarks>
    public static void Complete(this ref Completion completion)
    {
        using IrqSpinLock.Guard guard = completion.Queue.Spin.Lock();
        if (completion.Done != Completion.DoneForEver)
            completion.Done++;
        WakeFirst(ref completion);
    }

    /// <summary>Done for ever: all waiters, present and future, go on.</summary>
    /// <remarks>Context: any.</remarks>
    public static void CompleteAll(this ref Completion completion)
    {
        using IrqSpinLock.Guard guard = completion.Queue.Spin.Lock();
        completion.Done = Completion.DoneForEver;
        while (WakeFirst(ref completion))
        {
            // Each round takes one entry off the queue.
        }
    }

    /// <summary>Whether a wait would return at once. A snapshot.</summary>
    /// <remarks>Context: any.</remarks>
    public static bool IsDone(this ref Completion completion) => Volatile.Read(ref completion.Done) != 0;

    // A waiter that runs already (signal, time limit) looks at Done under the lock before it leaves, so it may be taken off too.
    private static bool WakeFirst(ref Completion completion)
    {
        WaitEntry? first = completion.Queue.Entries.First;
        if (first is null)
            return false;

        WaitQueue.Take(ref completion.Queue, first);
        _ = first.OnWake(0); // not asleep: it finds the event by itself
        return true;
    }
}
