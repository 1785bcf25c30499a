// Sleeping until something is true (Linux: wait_event, wake_up).
//
//   sleeper                                  waker
//   1 enter the queue                        1 make the condition true
//   2 state = sleeping   (full barrier)      2 WakeOne / WakeAll: take the queue's lock (full barrier)
//   3 condition true? ─▶ leave               3 for each entry: state sleeping? ─▶ make runnable
//   4 Schedule; again from 1
//
// Either the sleeper's step 3 sees the waker's step 1, or the waker's step 3 sees the sleeper's step 2: no wake-up is lost.
// The condition is a struct that the compiler knows, so that no delegate is needed and the call is inlined:
//
//   struct HasData(Pipe pipe) : IWaitCondition { public bool IsMet() => pipe.Count != 0; }
//   HasData condition = new(pipe);
//   if (pipe.Readers.WaitInterruptible(ref condition) == WaitResult.Interrupted) return Errno.EINTR;
//
// | method                | takes                            | context          |
// |-----------------------|----------------------------------|------------------|
// | Wait…                 | queue lock, then wake-up's locks | thread; sleeps   |
// | WakeOne, WakeAll      | queue lock, then wake-up's locks | any              |
// | Add, Remove           | queue lock                       | any              |
using System.Threading;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Sched;

/// <summary>What a sleeper waits for.</summary>
public interface IWaitCondition
{
    /// <summary>Whether there is nothing (more) to wait for; may take what it finds.</summary>
    /// <remarks>Context: thread, with the task's state set to sleeping: it must not sleep, so no mutex and no allocation.</remarks>
    bool IsMet();
}

/// <summary>How a wait ended.</summary>
[MustUse]
public enum WaitResult
{
    /// <summary>The condition was met.</summary>
    Met,

    /// <summary>A signal came first.</summary>
    Interrupted,

    /// <summary>The time limit came first.</summary>
    TimedOut,
}

/// <summary>Tasks that wait for something (Linux: <c>wait_queue_head_t</c>). All-zero is empty.</summary>
/// <remarks>A struct to be embedded in what is waited for; never in a <c>readonly</c> field.</remarks>
[NoCopy]
public struct WaitQueue
{
    internal IrqSpinLock Spin;

    // Entries that want every event first, then those of which only one is woken by WakeOne, in the order of arrival.
    internal IntrusiveList<WaitEntry, WaitEntry.Linked> Entries;

    internal static void Insert(ref WaitQueue queue, WaitEntry entry, bool isExclusive)
    {
        Bug.On(entry.IsQueued);
        entry.IsExclusive = isExclusive;
        if (isExclusive)
            queue.Entries.AddLast(entry);
        else
            queue.Entries.AddFirst(entry);
        Volatile.Write(ref entry.IsQueuedField, true);
    }

    internal static void Take(ref WaitQueue queue, WaitEntry entry)
    {
        queue.Entries.Remove(entry);
        // Last: its owner may use the entry for another queue as soon as this is visible.
        Volatile.Write(ref entry.IsQueuedField, false);
    }

    internal static int Wake(ref WaitQueue queue, int exclusiveCountMax, uint key)
    {
        int woken = 0;
        int exclusiveLeft = exclusiveCountMax;
        using IrqSpinLock.Guard guard = queue.Spin.Lock();
        foreach (WaitEntry entry in queue.Entries)
        {
            bool isExclusive = entry.IsExclusive;
            WakeOutcome outcome = entry.OnWake(key);
            if (outcome == WakeOutcome.Ignored)
                continue;

            woken++;
            if (outcome == WakeOutcome.TakenAndDone)
                Take(ref queue, entry);
            if (isExclusive && --exclusiveLeft == 0)
                break;
        }

        return woken;
    }

    internal static WaitResult WaitFor<TCondition>(
        ref WaitQueue queue, ref TCondition condition, TaskState state, bool isExclusive, Nanoseconds deadline)
        where TCondition : struct, IWaitCondition, allows ref struct
    {
        Task self = Task.Current;
        TaskWaiter entry = self.Waiter;
        WaitResult result;
        while (true)
        {
            Prepare(ref queue, entry, state, isExclusive);

            // The condition comes first: who was woken for it must not report a signal or the time instead.
            if (condition.IsMet())
            {
                result = WaitResult.Met;
                break;
            }

            if (self.IsInterrupted(state))
            {
                result = WaitResult.Interrupted;
                break;
            }

            if (!Scheduler.TryScheduleUntil(deadline))
            {
                result = WaitResult.TimedOut;
                break;
            }
        }

        Finish(ref queue, self, entry);
        return result;
    }

    private static void Prepare(ref WaitQueue queue, TaskWaiter entry, TaskState state, bool isExclusive)
    {
        using (queue.Spin.Lock())
        {
            if (!entry.IsQueued)
                Insert(ref queue, entry, isExclusive);
        }

        Task.Current.SetState(state);
    }

    private static void Finish(ref WaitQueue queue, Task self, TaskWaiter entry)
    {
        self.SetState(TaskState.Running);
        if (!entry.IsQueued)
            return; // the waker took it out

        using IrqSpinLock.Guard guard = queue.Spin.Lock();
        if (entry.IsQueued)
            Take(ref queue, entry);
    }
}

/// <summary>Waiting and waking.</summary>
public static class WaitQueueExtensions
{
    /// <summary>Sleeps until the condition is met; nothing else ends it (Linux: <c>wait_event</c>).</summary>
    /// <remarks>Context: thread. Sleeps: may, as long as it takes.</remarks>
    public static void Wait<TCondition>(this ref WaitQueue queue, ref TCondition condition)
        where TCondition : struct, IWaitCondition, allows ref struct
    {
        Preempt.MightSleep();
        if (!condition.IsMet())
            _ = WaitQueue.WaitFor(ref queue, ref condition, TaskState.Uninterruptible, isExclusive: false, Nanoseconds.MaxValue); // only the condition ends it
    }

    /// <summary>As <see cref="Wait{TCondition}(ref WaitQueue, ref TCondition)"/>, without counting as load: for kernel threads that wait for work.</summary>
    public static void WaitIdle<TCondition>(this ref WaitQueue queue, ref TCondition condition)
        where TCondition : struct, IWaitCondition, allows ref struct
    {
        Preempt.MightSleep();
        if (!condition.IsMet())
            _ = WaitQueue.WaitFor(ref queue, ref condition, TaskState.Idle, isExclusive: false, Nanoseconds.MaxValue); // only the condition ends it
    }

    /// <summary>As <see cref="WaitIdle{TCondition}(ref WaitQueue, ref TCondition)"/>, until the monotonic clock reaches the deadline.</summary>
    /// <remarks>Context: thread. Sleeps: may. Fails: <see cref="WaitResult.TimedOut"/>.</remarks>
    public static WaitResult WaitIdle<TCondition>(this ref WaitQueue queue, ref TCondition condition, Nanoseconds deadline)
        where TCondition : struct, IWaitCondition, allows ref struct
    {
        Preempt.MightSleep();
        return condition.IsMet()
            ? WaitResult.Met
            : WaitQueue.WaitFor(ref queue, ref condition, TaskState.Idle, isExclusive: false, deadline);
    }

    /// <summary>Sleeps until the condition is met or a signal comes (Linux: <c>wait_event_interruptible</c>).</summary>
    /// <remarks>Context: thread. Sleeps: may. Fails: <see cref="WaitResult.Interrupted"/>.</remarks>
    public static WaitResult WaitInterruptible<TCondition>(this ref WaitQueue queue, ref TCondition condition)
        where TCondition : struct, IWaitCondition, allows ref struct =>
        queue.WaitInterruptible(ref condition, Nanoseconds.MaxValue);

    /// <summary>Sleeps until the condition is met, a signal comes, or the monotonic clock reaches the deadline.</summary>
    /// <remarks>Context: thread. Sleeps: may. Fails: <see cref="WaitResult.Interrupted"/>, <see cref="WaitResult.TimedOut"/>.</remarks>
    public static WaitResult WaitInterruptible<TCondition>(
        this ref WaitQueue queue, ref TCondition condition, Nanoseconds deadline)
        where TCondition : struct, IWaitCondition, allows ref struct
    {
        Preempt.MightSleep();
        return condition.IsMet()
            ? WaitResult.Met
            : WaitQueue.WaitFor(ref queue, ref condition, TaskState.Interruptible, isExclusive: false, deadline);
    }

    /// <summary>As <see cref="WaitInterruptible{TCondition}(ref WaitQueue, ref TCondition)"/>, and <see cref="WakeOne"/> wakes
    /// one such sleeper only (Linux: <c>wait_event_interruptible_exclusive</c>).</summary>
    public static WaitResult WaitExclusiveInterruptible<TCondition>(this ref WaitQueue queue, ref TCondition condition)
        where TCondition : struct, IWaitCondition, allows ref struct
    {
        Preempt.MightSleep();
        return condition.IsMet()
            ? WaitResult.Met
            : WaitQueue.WaitFor(ref queue, ref condition, TaskState.Interruptible, isExclusive: true, Nanoseconds.MaxValue);
    }

    /// <summary>Sleeps until the condition is met or a fatal signal comes (Linux: <c>wait_event_killable</c>).</summary>
    /// <remarks>Context: thread. Sleeps: may. Fails: <see cref="WaitResult.Interrupted"/>.</remarks>
    public static WaitResult WaitKillable<TCondition>(this ref WaitQueue queue, ref TCondition condition)
        where TCondition : struct, IWaitCondition, allows ref struct
    {
        Preempt.MightSleep();
        return condition.IsMet()
            ? WaitResult.Met
            : WaitQueue.WaitFor(ref queue, ref condition, TaskState.Killable, isExclusive: false, Nanoseconds.MaxValue);
    }

    /// <summary>Sleeps until the condition is met or the monotonic clock reaches the deadline (Linux: <c>wait_event_timeout</c>).</summary>
    /// <remarks>Context: thread. Sleeps: may. Fails: <see cref="WaitResult.TimedOut"/>.</remarks>
    public static WaitResult Wait<TCondition>(this ref WaitQueue queue, ref TCondition condition, Nanoseconds deadline)
        where TCondition : struct, IWaitCondition, allows ref struct
    {
        Preempt.MightSleep();
        return condition.IsMet()
            ? WaitResult.Met
            : WaitQueue.WaitFor(ref queue, ref condition, TaskState.Uninterruptible, isExclusive: false, deadline);
    }

    /// <summary>Wakes all that want every event, and one of the exclusive sleepers (Linux: <c>wake_up</c>).</summary>
    /// <returns>How many entries took it.</returns>
    /// <remarks>Context: any. The condition must have been made true before.</remarks>
    public static int WakeOne(this ref WaitQueue queue, uint key = 0) => WaitQueue.Wake(ref queue, exclusiveCountMax: 1, key);

    /// <summary>Wakes all (Linux: <c>wake_up_all</c>).</summary>
    /// <inheritdoc cref="WakeOne"/>
    public static int WakeAll(this ref WaitQueue queue, uint key = 0) => WaitQueue.Wake(ref queue, exclusiveCountMax: 0, key);

    /// <summary>Puts an entry of one's own into the queue (poll). It must leave by <see cref="Remove"/>.</summary>
    /// <remarks>Context: any. Fails: stops the machine if the entry is in a queue already.</remarks>
    public static void Add(this ref WaitQueue queue, WaitEntry entry)
    {
        using IrqSpinLock.Guard guard = queue.Spin.Lock();
        WaitQueue.Insert(ref queue, entry, isExclusive: false);
    }

    /// <summary>Takes an entry out; nothing happens if it has left already. Afterwards no waker uses it any more.</summary>
    /// <remarks>Context: any. The queue is the one that <see cref="Add"/> put it into.</remarks>
    public static void Remove(this ref WaitQueue queue, WaitEntry entry)
    {
        using IrqSpinLock.Guard guard = queue.Spin.Lock();
        if (entry.IsQueued)
            WaitQueue.Take(ref queue, entry);
    }

    /// <summary>Whether somebody waits. Racy: for statistics and assertions.</summary>
    public static bool HasWaiters(this ref WaitQueue queue)
    {
        using IrqSpinLock.Guard guard = queue.Spin.Lock();
        return !queue.Entries.IsEmpty;
    }
}
