// Ticket lock for data that interrupt handlers do not touch.
//
// | method        | takes                       | on release                                  |
// |---------------|-----------------------------|---------------------------------------------|
// | Lock, TryLock | preemption off, then ticket | ticket, then preemption, then pending wish  |
//
// Trap: in a `readonly` field a lock is copied before use and locks nothing; `this ref` makes that error CS0192.
using System.Runtime.CompilerServices;

namespace Commence.Locking;

/// <summary>A spin lock for data that only threads share (Linux: <c>spin_lock</c>).</summary>
/// <remarks>Lock order: see docs/locking.md. Not recursive: taking it twice on one CPU stops the machine.</remarks>
public struct SpinLock
{
    private TicketLock _ticketLock;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Guard Acquire(ref SpinLock spin)
    {
        // Preemption first: a task that runs here after we drew a ticket would spin behind us for ever.
        Preempt.Enter();
        return new Guard(ref spin, TicketLock.Acquire(ref spin._ticketLock));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryAcquire(ref SpinLock spin, out Guard guard)
    {
        Preempt.Enter();
        if (TicketLock.TryAcquire(ref spin._ticketLock, out uint ticket))
        {
            guard = new Guard(ref spin, ticket);
            return true;
        }

        Preempt.Leave();
        guard = default;
        return false;
    }

    internal static bool IsHeldHere(ref SpinLock spin) => TicketLock.IsHeldHere(ref spin._ticketLock);

    /// <summary>Proof that the lock is held and that preemption is off.</summary>
    public readonly ref struct Guard
    {
        private readonly ref SpinLock _lock;
        private readonly uint _ticket;

        internal Guard(ref SpinLock spin, uint ticket)
        {
            _lock = ref spin;
            _ticket = ticket;
        }

        /// <summary>Proof for whoever asks for it.</summary>
        public Pinned Pinned => default;

        /// <summary>Gives the lock to the next waiter, then turns preemption on and reschedules if that was wanted.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Dispose()
        {
            TicketLock.Release(ref _lock._ticketLock, _ticket);
            Preempt.Leave();
        }
    }
}

/// <summary>The ways in. <c>this ref</c> makes locking a readonly copy a compile error.</summary>
public static class SpinLockExtensions
{
    /// <summary>Turns preemption off and waits for the lock.</summary>
    /// <remarks>Context: thread, early boot; never an interrupt handler. Fails: stops the machine if this CPU already holds it.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SpinLock.Guard Lock(this ref SpinLock spin) => SpinLock.Acquire(ref spin);

    /// <summary>Takes the lock if it is free.</summary>
    /// <returns>False if somebody holds or waits for it; preemption is then as before, and the guard must not be disposed.</returns>
    /// <remarks>Context: thread, early boot.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLock(this ref SpinLock spin, out SpinLock.Guard guard) => SpinLock.TryAcquire(ref spin, out guard);

    /// <summary>Whether this processor holds the lock: for assertions.</summary>
    public static bool IsHeldHere(this ref SpinLock spin) => SpinLock.IsHeldHere(ref spin);
}
