// Interrupts of devices: which handler belongs to which vector.
//
//   0x20–0x2F  the lines of a router whose vectors are fixed (the 8259s), each on its own
//   0x30–…     given out one after the other
//
// A vector's handler is registered before its line is unmasked, and changes no more; so Dispatch takes no lock. Each vector
// remembers the router that its line came through: that one is told when the interrupt was served.
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Arch;
using Commence.Locking;
using Commence.Time;

namespace Commence.Irq;

/// <summary>What a driver does at its device's interrupt.</summary>
public abstract class InterruptHandler
{
    /// <summary>Serves the device.</summary>
    /// <remarks>Context: hard IRQ. IRQs: off. Sleeps: never.</remarks>
    public abstract void OnInterrupt();

    /// <summary>Serves the device, for the few that want to know what it interrupted.</summary>
    /// <inheritdoc cref="OnInterrupt()"/>
    public virtual void OnInterrupt(InterruptedMode interrupted) => OnInterrupt();
}

/// <summary>Handlers by vector (Linux: <c>request_irq</c>).</summary>
public static class DeviceInterrupts
{
    /// <summary>First vector of devices: those of lines whose vectors are fixed.</summary>
    public const int VectorFirst = 0x20;

    private const int FixedCount = 16;
    private const int VectorCount = FixedCount + 64;

    /// <summary>What one vector is for and what it has done; the handler is written last.</summary>
    private struct Slot
    {
        internal int Line;
        internal CpuId Target;
        internal InterruptRouter? Router;
        internal InterruptHandler? Handler;
        internal ulong Count; // Interlocked
    }

    [InlineArray(VectorCount)]
    private struct Slots
    {
        private Slot _first;
    }

    private static Slots s_slots;
    private static int s_next = FixedCount;
    private static SpinLock s_lock; // s_next and the writes of s_slots
    private static uint s_unhandled;
    private static uint s_spurious;

    /// <summary>Interrupts that no handler took.</summary>
    public static uint UnhandledCount => Volatile.Read(ref s_unhandled);

    /// <summary>Interrupts that were gone when they were looked at.</summary>
    public static uint SpuriousCount => Volatile.Read(ref s_spurious);

    /// <summary>Interrupts that handlers took.</summary>
    public static ulong TotalCount
    {
        get
        {
            ulong total = 0;
            for (int i = 0; TryRead(ref i, out DeviceInterrupt interrupt); i++)
                total += interrupt.Count;
            return total;
        }
    }

    /// <summary>Reads what a line has done, for <c>/proc/interrupts</c>.</summary>
    /// <param name="index">From where to look; the place where the line was found.</param>
    /// <param name="interrupt">The line.</param>
    /// <returns>False if there are no more.</returns>
    /// <remarks>Context: any that may take a spin lock.</remarks>
    public static bool TryRead(ref int index, out DeviceInterrupt interrupt)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        for (; index < VectorCount; index++)
        {
            ref Slot slot = ref s_slots[index];
            if (slot.Handler is null)
                continue;
            interrupt = new DeviceInterrupt(slot.Line, slot.Target, slot.Router!, Volatile.Read(ref slot.Count));
            return true;
        }

        interrupt = default;
        return false;
    }

    /// <summary>Gives a legacy line to a handler and unmasks it, on the processor that runs the caller; on the boot processor if
    /// the router reaches no other.</summary>
    /// <returns>False if there is no vector left or no controller with that line.</returns>
    /// <remarks>Context: boot, thread. The same handler may ask again after the router changed.</remarks>
    public static bool TryRequestLegacyLine(int line, InterruptHandler handler)
    {
        if (InterruptRouter.Instance is not { } router || !TryTakeSlot(router, line, out int index))
            return false;

        using (s_lock.Lock())
        {
            ref Slot slot = ref s_slots[index];
            slot.Line = line;
            slot.Target = router.FixedVectorFirst == InterruptRouter.AnyVector ? PerCpuArea.Id : new CpuId(0);
            slot.Router = router;
            Volatile.Write(ref slot.Handler, handler);
        }

        return router.TryRouteLegacyLine(line, VectorFirst + index, InterruptController.Id);
    }

    /// <summary>Serves an interrupt and acknowledges it.</summary>
    /// <remarks>Context: hard IRQ. IRQs: off.</remarks>
    internal static void Dispatch(int vector, InterruptedMode interrupted)
    {
        int index = vector - VectorFirst;
        InterruptHandler? handler = (uint)index < VectorCount ? Volatile.Read(ref s_slots[index].Handler) : null;
        if (handler is null)
        {
            DismissUnexpected(index);
            return;
        }

        ref Slot slot = ref s_slots[index];
        InterruptRouter router = slot.Router!;
        if (router.TryDismissSpurious(slot.Line))
        {
            Interlocked.Increment(ref s_spurious);
            return;
        }

        Interlocked.Increment(ref slot.Count);
        handler.OnInterrupt(interrupted);
        router.EndOfInterrupt(slot.Line);
    }

    // Nobody asked for it. It is acknowledged where it came from all the same, or nothing would follow it.
    private static void DismissUnexpected(int index)
    {
        bool isFixed = (uint)index < FixedCount;
        if (!isFixed)
        {
            Interlocked.Increment(ref s_unhandled);
            InterruptController.EndOfInterrupt();
        }
        else if (FixedRouter is not { } router || router.TryDismissSpurious(index))
        {
            Interlocked.Increment(ref s_spurious); // without such a router nothing of it can be in service
        }
        else
        {
            Interlocked.Increment(ref s_unhandled);
            router.EndOfInterrupt(index);
        }
    }

    /// <summary>The router whose vectors are fixed, if the machine has one, whether or not it is used.</summary>
    /// <remarks>Written by the boot processor in early boot.</remarks>
    public static InterruptRouter? FixedRouter { get; set; }

    private static bool TryTakeSlot(InterruptRouter router, int line, out int index)
    {
        index = line;
        if (router.FixedVectorFirst != InterruptRouter.AnyVector)
            return (uint)line < FixedCount;

        using SpinLock.Guard guard = s_lock.Lock();
        index = s_next;
        if (s_next == VectorCount)
            return false;
        s_next++;
        return true;
    }
}

/// <summary>What is known of one device's interrupt.</summary>
public readonly struct DeviceInterrupt
{
    internal DeviceInterrupt(int line, CpuId target, InterruptRouter router, ulong count)
    {
        Line = line;
        Target = target;
        Router = router;
        Count = count;
    }

    /// <summary>The line.</summary>
    public int Line { get; }

    /// <summary>The processor that it interrupts.</summary>
    public CpuId Target { get; }

    /// <summary>The controller that it comes through.</summary>
    public InterruptRouter Router { get; }

    /// <summary>How often it has come.</summary>
    public ulong Count { get; }
}
