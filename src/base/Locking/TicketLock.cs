// The ticket lock inside SpinLock and IrqSpinLock: fair, all-zero when free, and quick to say when it is misused.
//
//   Acquire: draw _next++; wait until _owner is that number          Release: _owner++
//
// Invariants: _owner never passes _next (mod 2^32); the lock is free iff they are equal.
//   _holder is 1 + the CPU that holds it, or 0. Only the holder writes it, after it has the lock and before it gives it up;
//   so whoever reads its own number there holds the lock already, and would wait for itself.
// All-zero is unlocked, so a static lock needs no initialiser and works before any constructor runs.
//
// Where a hypervisor runs more virtual processors than there are real ones, fairness is a trap: the lock goes to the next in
// line even if that one is not running, and everybody waits until the host lets it run again, hand-over after hand-over. There
// (SpinPolicy) waiters draw no ticket; whoever runs and finds the lock free takes it. Linux does the same (virt_spin_lock).
//
// Order: taking it is a full barrier (Interlocked) or acquires (the look at _owner), the store to _owner releases.
using System.Runtime.CompilerServices;
using System.Threading;

namespace Commence.Locking;

internal struct TicketLock
{
    // Turns of the wait loop before the machine stops: half a minute and more on any machine, and no lock is held for a
    // millisecond on purpose. A virtual processor that waits for its turn on the host stays far below.
    private const uint SpinCountMax = 1u << 31;

    private uint _next;   // next ticket to hand out
    private uint _owner;  // ticket now served; written only by the holder
    private int _holder;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Acquire(ref TicketLock spin)
    {
        if (!TryAcquire(ref spin, out uint ticket))
            ticket = Wait(ref spin);
        return ticket;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryAcquire(ref TicketLock spin, out uint ticket)
    {
        ticket = Volatile.Read(ref spin._owner);
        if (Interlocked.CompareExchange(ref spin._next, ticket + 1, ticket) != ticket)
            return false; // held, or taken between the two looks

        spin._holder = PerCpuArea.Id.Value + 1;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Release(ref TicketLock spin, uint ticket)
    {
        Bug.On(spin._owner != ticket);                        // a copied guard was disposed twice
        Bug.On(spin._holder != PerCpuArea.Id.Value + 1);      // released on another CPU than it was taken on
        spin._holder = 0;
        Volatile.Write(ref spin._owner, ticket + 1);          // release: what was done under the lock comes before
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsHeldHere(ref TicketLock spin) => Volatile.Read(ref spin._holder) == PerCpuArea.Id.Value + 1;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Wait(ref TicketLock spin)
    {
        Bug.On(IsHeldHere(ref spin)); // this CPU holds it already: it would wait for itself for ever
        return SpinPolicy.IsBargingAllowed ? Barge(ref spin) : Queue(ref spin);
    }

    private static uint Queue(ref TicketLock spin)
    {
        uint ticket = Interlocked.Increment(ref spin._next) - 1;
        uint spins = 0;
        while (Volatile.Read(ref spin._owner) != ticket)
        {
            Cpu.Relax();
            Bug.On(++spins == SpinCountMax); // the holder never lets go
        }

        spin._holder = PerCpuArea.Id.Value + 1;
        return ticket;
    }

    private static uint Barge(ref TicketLock spin)
    {
        uint spins = 0;
        uint ticket;
        do
        {
            // Only looks while it is held: a failed compare-and-swap would take the line away from the holder.
            do
            {
                Cpu.Relax();
                Bug.On(++spins == SpinCountMax); // the holder never lets go
            }
            while (Volatile.Read(ref spin._next) != Volatile.Read(ref spin._owner));
        }
        while (!TryAcquire(ref spin, out ticket));
        return ticket;
    }
}
