// Ticket lock for data that interrupt handlers share.
//
// | method        | takes                       | on release                                                |
// |---------------|-----------------------------|-----------------------------------------------------------|
// | Lock, TryLock | interrupts off, then ticket | ticket, then the interrupt state before, then pending wish |
//
// Interrupts off imply that nobody preempts the holder, so the preemption count is not touched.
using System.Runtime.CompilerServices;
using Commence.Arch;

namespace Commence.Locking;

/// <summary>A spin lock for data shared with interrupt handlers (Linux: <c>spin_lock_irqsave</c>).</summary>
/// <remarks>Lock order: see docs/locking.md. Not recursive: taking it twice on one CPU stops the machine.</remarks>
public struct IrqSpinLock
{
    private TicketLock _ticketLock;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Guard Acquire(ref IrqSpinLock spin)
    {
        // IRQs first: a handler that runs after we drew a ticket would spin behind us for ever.
        IrqFlags flags = LocalIrq.Save();
        return new Guard(ref spin, flags, TicketLock.Acquire(ref spin._ticketLock));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryAcquire(ref IrqSpinLock spin, out Guard guard)
    {
        IrqFlags flags = LocalIrq.Save();
        if (TicketLock.TryAcquire(ref spin._ticketLock, out uint ticket))
        {
            guard = new Guard(ref spin, flags, ticket);
            return true;
        }

        LocalIrq.Restore(flags);
        guard = default;
        return false;
    }

    internal static bool IsHeldHere(ref IrqSpinLock spin) => TicketLock.IsHeldHere(ref spin._ticketLock);

    /// <summary>Proof that the lock is held and that local interrupts are off.</summary>
    public readonly ref struct Guard
    {
        private readonly ref IrqSpinLock _lock;
        private readonly IrqFlags _flags;
        private readonly uint _ticket;

        internal Guard(ref IrqSpinLock spin, IrqFlags flags, uint ticket)
        {
            _lock = ref spin;
            _flags = flags;
            _ticket = ticket;
        }

        /// <summary>Proof for whoever asks for it.</summary>
        public IrqOff IrqOff => default;

        /// <summary>Gives the lock to the next waiter, then restores the interrupt state.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Dispose()
        {
            Bug.On(LocalInterrupts.AreEnabled);                    // somebody turned them on under the lock
            TicketLock.Release(ref _lock._ticketLock, _ticket);    // IRQs stay off until it is visible
            LocalIrq.Restore(_flags);
        }
    }
}

/// <summary>The ways in. <c>this ref</c> makes locking a readonly copy a compile error.</summary>
public static class IrqSpinLockExtensions
{
    /// <summary>Turns local interrupts off and waits for the lock.</summary>
    /// <remarks>Context: any, hard IRQ and AP call-in included. IRQs: off until Dispose.
    /// Fails: stops the machine if this CPU already holds it.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static IrqSpinLock.Guard Lock(this ref IrqSpinLock spin) => IrqSpinLock.Acquire(ref spin);

    /// <summary>Takes the lock if it is free.</summary>
    /// <returns>False if somebody holds or waits for it; the interrupt state is then as before, and the guard must not be disposed.</returns>
    /// <remarks>Context: any. IRQs: off until Dispose.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLock(this ref IrqSpinLock spin, out IrqSpinLock.Guard guard) => IrqSpinLock.TryAcquire(ref spin, out guard);

    /// <summary>Whether this processor holds the lock: for assertions.</summary>
    public static bool IsHeldHere(this ref IrqSpinLock spin) => IrqSpinLock.IsHeldHere(ref spin);
}
