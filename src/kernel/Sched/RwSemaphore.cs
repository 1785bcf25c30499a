// A sleeping lock that many may share (Linux: struct rw_semaphore).
//
// _active:  0 free    n > 0: n sharers    -1: one exclusive owner
// Waiters stand in the order of arrival. Whoever gives up the last share, or the exclusive lock, gives it to the first
// waiter, and if that one shares, to all sharers that stand directly behind it. A newcomer waits if anybody waits, so that
// sharers that come one after the other cannot keep an exclusive waiter out for ever.
//
// Order: _spin protects all fields; the lock itself is passed on under it.
using Commence.Lib;
using Commence.Locking;

namespace Commence.Sched;

/// <summary>A sleeping lock for one writer or many readers. All-zero is free.</summary>
/// <remarks>Not recursive, not for sharers either: a second share waits behind a waiting writer. Never in a <c>readonly</c> field.</remarks>
[NoCopy]
public struct RwSemaphore
{
    private const int Exclusive = -1;

    private SpinLock _spin;
    private int _active;
    private Task? _owner; // the exclusive owner
    private IntrusiveList<Task, Task.LockLinked> _waiters;

    internal static bool Acquire(ref RwSemaphore semaphore, LockRequest request, TaskState state)
    {
        Preempt.MightSleep();
        Task self = Task.Current;
        using (semaphore._spin.Lock())
        {
            if (semaphore._waiters.IsEmpty && TryTake(ref semaphore, self, request))
                return true;

            Bug.On(semaphore._owner == self); // not recursive
            Bug.On(self.IsIdle);              // the idle task cannot sleep
            self.IsLockGranted = false;
            self.LockRequest = request;
            semaphore._waiters.AddLast(self);
        }

        return WaitForGrant(ref semaphore, self, state);
    }

    internal static bool TryAcquireAtOnce(ref RwSemaphore semaphore, LockRequest request)
    {
        using SpinLock.Guard guard = semaphore._spin.Lock();
        return semaphore._waiters.IsEmpty && TryTake(ref semaphore, Task.Current, request);
    }

    internal static void ReleaseShared(ref RwSemaphore semaphore)
    {
        using SpinLock.Guard guard = semaphore._spin.Lock();
        Bug.On(semaphore._active <= 0);
        semaphore._active--;
        GrantWaiters(ref semaphore);
    }

    internal static void ReleaseExclusive(ref RwSemaphore semaphore)
    {
        using SpinLock.Guard guard = semaphore._spin.Lock();
        Bug.On(semaphore._owner != Task.Current); // given up by a task that does not hold it
        semaphore._owner = null;
        semaphore._active = 0;
        GrantWaiters(ref semaphore);
    }

    internal static bool IsHeldExclusively(ref RwSemaphore semaphore)
    {
        using SpinLock.Guard guard = semaphore._spin.Lock();
        return semaphore._owner == Task.Current;
    }

    internal static bool IsHeld(ref RwSemaphore semaphore)
    {
        using SpinLock.Guard guard = semaphore._spin.Lock();
        return semaphore._active > 0 || semaphore._owner == Task.Current;
    }

    private static bool WaitForGrant(ref RwSemaphore semaphore, Task self, TaskState state)
    {
        while (true)
        {
            using (semaphore._spin.Lock())
            {
                if (self.IsLockGranted)
                    return true;

                if (self.IsInterrupted(state))
                {
                    semaphore._waiters.Remove(self);
                    GrantWaiters(ref semaphore); // sharers behind us may go on now
                    return false;
                }

                self.SetState(state); // under the lock, so that whoever grants sees it
            }

            Scheduler.Schedule();
        }
    }

    private static bool TryTake(ref RwSemaphore semaphore, Task task, LockRequest request)
    {
        if (request == LockRequest.Shared)
        {
            if (semaphore._active == Exclusive)
                return false;
            semaphore._active++;
            return true;
        }

        if (semaphore._active != 0)
            return false;
        semaphore._active = Exclusive;
        semaphore._owner = task;
        return true;
    }

    private static void GrantWaiters(ref RwSemaphore semaphore)
    {
        while (semaphore._waiters.First is Task first && TryTake(ref semaphore, first, first.LockRequest))
        {
            semaphore._waiters.Remove(first);
            first.IsLockGranted = true;
            _ = Scheduler.WakeUp(first, TaskState.Normal); // false: it runs already, and looks
        }
    }

    /// <summary>Proof that the caller is the one exclusive owner.</summary>
    public readonly ref struct WriteGuard
    {
        private readonly ref RwSemaphore _semaphore;

        internal WriteGuard(ref RwSemaphore semaphore)
        {
            _semaphore = ref semaphore;
            Task.CountLock(1);
        }

        /// <summary>Gives the lock up.</summary>
        public void Dispose()
        {
            Task.CountLock(-1);
            ReleaseExclusive(ref _semaphore);
        }
    }

    /// <summary>Proof that the caller shares the lock.</summary>
    public readonly ref struct ReadGuard
    {
        private readonly ref RwSemaphore _semaphore;

        internal ReadGuard(ref RwSemaphore semaphore)
        {
            _semaphore = ref semaphore;
            Task.CountLock(1);
        }

        /// <summary>Gives the share up.</summary>
        public void Dispose()
        {
            Task.CountLock(-1);
            ReleaseShared(ref _semaphore);
        }
    }
}

/// <summary>The ways in. <c>this ref</c> makes locking a readonly copy a compile error.</summary>
public static class RwSemaphoreExtensions
{
    /// <summary>Waits for a share (Linux: <c>down_read</c>).</summary>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public static RwSemaphore.ReadGuard Read(this ref RwSemaphore semaphore)
    {
        _ = RwSemaphore.Acquire(ref semaphore, LockRequest.Shared, TaskState.Uninterruptible); // nothing interrupts it
        return new RwSemaphore.ReadGuard(ref semaphore);
    }

    /// <summary>Waits until it is the one owner (Linux: <c>down_write</c>).</summary>
    /// <remarks>Context: thread. Sleeps: may. Fails: stops the machine if the caller is the owner already.</remarks>
    public static RwSemaphore.WriteGuard Write(this ref RwSemaphore semaphore)
    {
        _ = RwSemaphore.Acquire(ref semaphore, LockRequest.Exclusive, TaskState.Uninterruptible); // nothing interrupts it
        return new RwSemaphore.WriteGuard(ref semaphore);
    }

    /// <summary>Waits until it is the one owner, or a fatal signal comes (Linux: <c>down_write_killable</c>).</summary>
    /// <returns>False after a signal; the guard must not be disposed then.</returns>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public static bool TryWriteKillable(this ref RwSemaphore semaphore, out RwSemaphore.WriteGuard guard)
    {
        bool isTaken = RwSemaphore.Acquire(ref semaphore, LockRequest.Exclusive, TaskState.Killable);
        guard = isTaken ? new RwSemaphore.WriteGuard(ref semaphore) : default;
        return isTaken;
    }

    /// <summary>Takes a share if that needs no waiting.</summary>
    /// <returns>False if it would; the guard must not be disposed then.</returns>
    /// <remarks>Context: thread.</remarks>
    public static bool TryRead(this ref RwSemaphore semaphore, out RwSemaphore.ReadGuard guard)
    {
        bool isTaken = RwSemaphore.TryAcquireAtOnce(ref semaphore, LockRequest.Shared);
        guard = isTaken ? new RwSemaphore.ReadGuard(ref semaphore) : default;
        return isTaken;
    }

    /// <summary>Becomes the one owner if that needs no waiting.</summary>
    /// <returns>False if it would; the guard must not be disposed then.</returns>
    /// <remarks>Context: thread.</remarks>
    public static bool TryWrite(this ref RwSemaphore semaphore, out RwSemaphore.WriteGuard guard)
    {
        bool isTaken = RwSemaphore.TryAcquireAtOnce(ref semaphore, LockRequest.Exclusive);
        guard = isTaken ? new RwSemaphore.WriteGuard(ref semaphore) : default;
        return isTaken;
    }

    /// <summary>Whether the caller is the one owner: for assertions.</summary>
    public static bool IsHeldExclusively(this ref RwSemaphore semaphore) => RwSemaphore.IsHeldExclusively(ref semaphore);

    /// <summary>Whether the caller may read: it is the owner, or somebody shares the lock. For assertions.</summary>
    public static bool IsHeld(this ref RwSemaphore semaphore) => RwSemaphore.IsHeld(ref semaphore);
}
