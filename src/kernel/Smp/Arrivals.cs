// How the boot processor waits for many others without spinning: it halts, and the last one to come wakes it.
//
//   boot processor                                   the others
//   Expect(n)                                        each: state word, then count up (lock xadd)
//   interrupts off; says which processor waits       the one that reaches n: reads who waits, sends the interrupt
//   full barrier; looks at the count
//   halts, which turns interrupts on
//
// One of the two sees the other: either the waiter sees n, or the last one sees the waiter. The tick ends every halt, so a
// processor that never comes costs no more than that.
using System.Threading;
using Commence.Lib;

namespace Commence.Smp;

/// <summary>A count of processors that have come, and how many are awaited.</summary>
internal struct Arrivals
{
    private int _arrived; // ever
    private int _before;  // of them, before the present wait began
    private int _target;  // value of the first that ends the wait
    private uint _waiter; // interrupt controller's number of the processor that waits

    /// <summary>Those who come from now on count.</summary>
    /// <remarks>Context: thread, before the others may come.</remarks>
    internal void Begin() => _before = Volatile.Read(ref _arrived);

    /// <summary>Sets how many are awaited, since <see cref="Begin"/>; some may have come already.</summary>
    /// <remarks>Context: thread.</remarks>
    internal void Expect(int count) => Volatile.Write(ref _target, _before + count);

    /// <summary>One has come: what it did before is visible to the waiter.</summary>
    /// <remarks>Context: AP call-in. IRQs: off.</remarks>
    internal void Announce()
    {
        if (Interlocked.Increment(ref _arrived) == Volatile.Read(ref _target))
            InterruptController.SendReschedule(new ApicId(Volatile.Read(ref _waiter)));
    }

    /// <summary>Halts until the last one has come or another interrupt arrives; not at all if the last one is here.</summary>
    /// <remarks>Context: thread. IRQs: on.</remarks>
    internal void Halt()
    {
        LocalInterrupts.Disable();
        Volatile.Write(ref _waiter, InterruptController.Id.Value);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _arrived) < Volatile.Read(ref _target))
            Cpu.Idle();
        else
            LocalInterrupts.Enable();
    }
}
