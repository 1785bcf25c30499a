// The ticket lock inside SpinLock and IrqSpinLock: fair, all-zero when free, and quick to say when it is misused.
//
//   Acquire: draw _next++; wait until _owner is that number          Release: _owner++
//
// Invariants: _owner never passes _next (mod 2^32); the lock is free iff they are equal.
//   _holder is 1 + the CPU that holds it, or 0. Only the holder writes it, after it has the lock and before it gives it up;
//   so whoever reads its own number there holds the lock already, and would wait for itself.
// All-zero is unlocked, so a static lock needs no initialiser and works before any constructor runs.
//
// Order: the draw is a full barrier (Interlocked), the look at _owner acquires, the store to it releases.
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
        uint ticket = Interlocked.Increment(ref spin._next) - 1;
        if (Volatile.Read(ref spin._owner) != ticket)
            Wait(ref spin, ticket);
        spin._holder = PerCpuArea.Id.Value + 1;
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
    private static void Wait(ref TicketLock spin, uint ticket)
    {
        Bug.On(IsHeldHere(ref spin)); // this CPU holds it already: it would wait for itself for ever

        uint spins = 0;
        do
        {
            Cpu.Relax();
            Bug.On(++spins == SpinCountMax); // the holder never lets go
        }
        while (Volatile.Read(ref spin._owner) != ticket);
    }
}
