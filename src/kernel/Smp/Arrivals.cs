// How the boot processor waits for many others without spinning: it halts, and the last one to come wakes it.
//
//   boot processor                                   the others
//   Expect(n)                  release
//   interrupts off; says which processor waits       each: state word, then count down (lock xadd)
//   full barrier; looks at the count                 the one that reaches 0: reads who waits, sends the interrupt
//   halts, which turns interrupts on
//
// One of the two sees the other: either the waiter sees 0, or the last one sees the waiter. The tick ends every halt, so a
// processor that never comes costs no more than that.
using System.Threading;
using Commence.Lib;

namespace Commence.Smp;

/// <summary>A count of processors that are awaited.</summary>
internal struct Arrivals
{
    private int _missing;
    private uint _waiter; // interrupt controller's number of the processor that waits

    /// <summary>Sets how many are awaited.</summary>
    /// <remarks>Context: thread, before the others may come.</remarks>
    internal void Expect(int count) => Volatile.Write(ref _missing, count);

    /// <summary>One has come: what it did before is visible to the waiter.</summary>
    /// <remarks>Context: AP call-in. IRQs: off.</remarks>
    internal void Announce()
    {
        if (Interlocked.Decrement(ref _missing) == 0)
            InterruptController.SendReschedule(new ApicId(Volatile.Read(ref _waiter)));
    }

    /// <summary>Halts until the last one has come or another interrupt arrives; not at all if the last one is here.</summary>
    /// <remarks>Context: thread. IRQs: on.</remarks>
    internal void Halt()
    {
        LocalInterrupts.Disable();
        Volatile.Write(ref _waiter, InterruptController.Id.Value);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _missing) > 0)
            Cpu.Idle();
        else
            LocalInterrupts.Enable();
    }
}
