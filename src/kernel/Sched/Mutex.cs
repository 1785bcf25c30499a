// A lock whose waiters sleep (Linux: struct mutex).
//
// The word:  bit 0 Locked   bit 1 Waiters (the list is not empty)   bit 2 HandOff (the first waiter has waited long enough)
//
//   free, nobody waits      0             Lock: one compare-and-swap 0 → Locked;  Unlock: one compare-and-swap Locked → 0
//   somebody waits          bit 1         Unlock wakes the first waiter, which then competes with whoever comes by: the lock
//                                         is not idle while the woken one is on its way
//   the first lost once     bits 1 and 2  Unlock gives the lock to the first waiter itself: so no one waits for ever
//
// Before sleeping, a newcomer spins as long as the owner runs on another CPU: most critical sections are shorter than a switch.
// The owner's task may be freed meanwhile; its memory is type-stable, so IsOnCpu of a wrong task only ends or prolongs the
// spin by a little, and the spin also ends when a reschedule is wanted.
//
// Order: taking acquires, giving up releases (both are full barriers here).
using System.Threading;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Sched;

/// <summary>A sleeping lock, owned by a task. All-zero is free.</summary>
/// <remarks>Not recursive. Lock order: see docs/locking.md. Never in a <c>readonly</c> field.</remarks>
[NoCopy]
public struct Mutex
{
    private const int Locked = 1;
    private const int Waiters = 2;
    private const int HandOff = 4;

    private int _word;
    private Task? _owner;    // written by the owner only, or by who hands the lock over; read by spinners and assertions
    private SpinLock _spin;  // the list, and the bits Waiters and HandOff
    private IntrusiveList<Task, Task.LockLinked> _waiters;

    internal static bool TryAcquireAtOnce(ref Mutex mutex, Task self)
    {
        if (Interlocked.CompareExchange(ref mutex._word, Locked, 0) != 0)
            return false;
        Volatile.Write(ref mutex._owner, self);
        return true;
    }

    internal static bool Acquire(ref Mutex mutex, TaskState state)
    {
        Preempt.MightSleep();
        Task self = Task.Current;
        return TryAcquireAtOnce(ref mutex, self)
            || TryAcquireSpinning(ref mutex, self)
            || AcquireSleeping(ref mutex, self, state);
    }

    internal static void Release(ref Mutex mutex)
    {
        Bug.On(mutex._owner != Task.Current); // unlocked by a task that does not hold it
        Volatile.Write(ref mutex._owner, null);
        if (Interlocked.CompareExchange(ref mutex._word, 0, Locked) != Locked)
            ReleaseContended(ref mutex);
    }

    internal static bool IsHeldByCurrent(ref Mutex mutex) => Volatile.Read(ref mutex._owner) == Task.Current;

    // Takes the lock if nobody has it and it is not promised to the first waiter.
    private static bool TryTake(ref Mutex mutex, Task self)
    {
        int word = Volatile.Read(ref mutex._word);
        if ((word & (Locked | HandOff)) != 0 || Interlocked.CompareExchange(ref mutex._word, word | Locked, word) != word)
            return false;
        Volatile.Write(ref mutex._owner, self);
        return true;
    }

    private static bool TryAcquireSpinning(ref Mutex mutex, Task self)
    {
        while (!PerCpuArea.IsRescheduleWanted)
        {
            if (TryTake(ref mutex, self))
                return true;
            if ((Volatile.Read(ref mutex._word) & HandOff) != 0)
                return false;

            // No owner: it is between taking the word and writing its name, or the lock is on its way to a waiter.
            Task? owner = Volatile.Read(ref mutex._owner);
            Bug.On(owner == self); // not recursive
            if (owner is null || !owner.IsOnCpu)
                return false;
            Cpu.Relax();
        }

        return false;
    }

    // While Waiters is set, Locked is cleared only under _spin (Release's fast way needs the other bits clear). So a waiter that
    // finds it set under _spin and sets its state there cannot miss the wake-up.
    private static bool AcquireSleeping(ref Mutex mutex, Task self, TaskState state)
    {
        Bug.On(self.IsIdle); // the idle task cannot sleep
        self.IsLockGranted = false;
        bool hasSlept = false;
        while (true)
        {
            using (mutex._spin.Lock())
            {
                if (self.IsLockGranted)
                    return true;

                if (!hasSlept)
                {
                    mutex._waiters.AddLast(self);
                    Interlocked.Or(ref mutex._word, Waiters);
                }

                bool isTaken = TryTakeAsWaiter(ref mutex, self);
                if (isTaken || self.IsInterrupted(state))
                {
                    Leave(ref mutex, self);
                    return isTaken;
                }

                if (hasSlept && mutex._waiters.First == self)
                    Interlocked.Or(ref mutex._word, HandOff);
                self.SetState(state);
            }

            Scheduler.Schedule();
            hasSlept = true;
        }
    }

    // The first waiter may take the lock also when it is promised, since it is promised to it.
    private static bool TryTakeAsWaiter(ref Mutex mutex, Task self)
    {
        int word = Volatile.Read(ref mutex._word);
        while ((word & Locked) == 0 && ((word & HandOff) == 0 || mutex._waiters.First == self))
        {
            int seen = Interlocked.CompareExchange(ref mutex._word, word | Locked, word);
            if (seen == word)
            {
                Volatile.Write(ref mutex._owner, self);
                return true;
            }

            word = seen; // a spinner was faster
        }

        return false;
    }

    // Under _spin. Only the first waiter promises itself the lock, so that a promise goes when the first does.
    private static void Leave(ref Mutex mutex, Task waiter)
    {
        int bits = mutex._waiters.First == waiter ? HandOff : 0;
        mutex._waiters.Remove(waiter);
        if (mutex._waiters.IsEmpty)
            bits |= Waiters;
        Interlocked.And(ref mutex._word, ~bits);
    }

    private static void ReleaseContended(ref Mutex mutex)
    {
        using SpinLock.Guard guard = mutex._spin.Lock();
        Task? first = mutex._waiters.First;
        if (first is not null && (Volatile.Read(ref mutex._word) & HandOff) != 0)
        {
            // Locked stays set: nobody sees it free on its way from one owner to the next.
            Leave(ref mutex, first);
            Volatile.Write(ref mutex._owner, first);
            first.IsLockGranted = true;
        }
        else
        {
            Interlocked.And(ref mutex._word, ~Locked);
        }

        if (first is not null)
            _ = Scheduler.WakeUp(first, TaskState.Normal); // false: it runs already, and looks
    }

    /// <summary>Proof that the caller holds the mutex.</summary>
    public readonly ref struct Guard
    {
        private readonly ref Mutex _mutex;

        internal Guard(ref Mutex mutex)
        {
            _mutex = ref mutex;
            Task.CountLock(1);
        }

        /// <summary>Gives the mutex up.</summary>
        public void Dispose()
        {
            Task.CountLock(-1);
            Release(ref _mutex);
        }
    }
}

/// <summary>The ways in. <c>this ref</c> makes locking a readonly copy a compile error.</summary>
public static class MutexExtensions
{
    /// <summary>Waits for the mutex.</summary>
    /// <remarks>Context: thread. Sleeps: may. Fails: stops the machine if the caller holds it already and it is contended.</remarks>
    public static Mutex.Guard Lock(this ref Mutex mutex)
    {
        _ = Mutex.Acquire(ref mutex, TaskState.Uninterruptible); // nothing interrupts it
        return new Mutex.Guard(ref mutex);
    }

    /// <summary>Waits for the mutex or for a signal.</summary>
    /// <returns>False after a signal; the guard must not be disposed then.</returns>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public static bool TryLockInterruptible(this ref Mutex mutex, out Mutex.Guard guard) =>
        TryLockIn(ref mutex, TaskState.Interruptible, out guard);

    /// <summary>Waits for the mutex or for a fatal signal.</summary>
    /// <returns>False after a signal; the guard must not be disposed then.</returns>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public static bool TryLockKillable(this ref Mutex mutex, out Mutex.Guard guard) =>
        TryLockIn(ref mutex, TaskState.Killable, out guard);

    /// <summary>Takes the mutex if it is free.</summary>
    /// <returns>False if it is not; the guard must not be disposed then.</returns>
    /// <remarks>Context: thread.</remarks>
    public static bool TryLock(this ref Mutex mutex, out Mutex.Guard guard)
    {
        if (Mutex.TryAcquireAtOnce(ref mutex, Task.Current))
        {
            guard = new Mutex.Guard(ref mutex);
            return true;
        }

        guard = default;
        return false;
    }

    /// <summary>Whether the caller holds the mutex: for assertions.</summary>
    public static bool IsHeldByCurrent(this ref Mutex mutex) => Mutex.IsHeldByCurrent(ref mutex);

    private static bool TryLockIn(ref Mutex mutex, TaskState state, out Mutex.Guard guard)
    {
        if (Mutex.Acquire(ref mutex, state))
        {
            guard = new Mutex.Guard(ref mutex);
            return true;
        }

        guard = default;
        return false;
    }
}
