// Interrupts of devices: which handler belongs to which vector.
//
// A vector's handler is registered once, before its line is unmasked, and never changes; so Dispatch takes no lock.
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Locking;

namespace Commence.Irq;

/// <summary>What a driver does at its device's interrupt.</summary>
public abstract class InterruptHandler
{
    /// <summary>Serves the device.</summary>
    /// <remarks>Context: hard IRQ. IRQs: off. Sleeps: never.</remarks>
    public abstract void OnInterrupt();
}

/// <summary>The controller that brings device lines to processors (x64: I/O APICs).</summary>
public abstract class InterruptRouter
{
    private static InterruptRouter? s_instance;

    /// <summary>The machine's router; null where there is none.</summary>
    public static InterruptRouter? Instance
    {
        get => Volatile.Read(ref s_instance);
        set => Volatile.Write(ref s_instance, value);
    }

    /// <summary>Lets a legacy line (ISA number) interrupt a processor on a vector.</summary>
    /// <returns>False if no controller has that line.</returns>
    /// <remarks>Context: boot, thread.</remarks>
    public abstract bool TryRouteLegacyLine(int line, int vector, ApicId to);
}

/// <summary>Handlers by vector (Linux: <c>request_irq</c>).</summary>
public static class DeviceInterrupts
{
    /// <summary>First vector given to devices; below it are the legacy controllers' own, which are masked.</summary>
    private const int VectorFirst = 0x30;

    private const int VectorCount = 64;

    [InlineArray(VectorCount)]
    private struct Table
    {
        private InterruptHandler? _first;
    }

    /// <summary>What one vector has done; line and target are written before the handler.</summary>
    private struct Usage
    {
        internal int Line;
        internal CpuId Target;
        internal ulong Count; // Interlocked
    }

    [InlineArray(VectorCount)]
    private struct Usages
    {
        private Usage _first;
    }

    private static Table s_handlers;
    private static Usages s_usages;
    private static int s_count;
    private static SpinLock s_lock; // s_count and the writes of s_handlers
    private static uint s_unhandled;

    /// <summary>Interrupts that no handler took.</summary>
    public static uint UnhandledCount => Volatile.Read(ref s_unhandled);

    /// <summary>Interrupts that handlers took.</summary>
    public static ulong TotalCount
    {
        get
        {
            ulong total = 0;
            for (int i = 0; TryRead(i, out _, out _, out ulong count); i++)
                total += count;
            return total;
        }
    }

    /// <summary>Reads what a line has done, for <c>/proc/interrupts</c>.</summary>
    /// <param name="index">0, 1, … until the answer is false.</param>
    /// <param name="line">The line.</param>
    /// <param name="target">The processor that it interrupts.</param>
    /// <param name="count">How often it has.</param>
    /// <remarks>Context: any that may take a spin lock.</remarks>
    public static bool TryRead(int index, out int line, out CpuId target, out ulong count)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        Usage usage = index < s_count ? s_usages[index] : default;
        line = usage.Line;
        target = usage.Target;
        count = usage.Count;
        return index < s_count;
    }

    /// <summary>Gives a legacy line to a handler and unmasks it, on the boot processor.</summary>
    /// <returns>False if there is no vector left or no controller with that line.</returns>
    /// <remarks>Context: boot, thread.</remarks>
    public static bool TryRequestLegacyLine(int line, InterruptHandler handler)
    {
        int vector;
        using (s_lock.Lock())
        {
            if (s_count == VectorCount)
                return false;
            vector = VectorFirst + s_count;
            s_usages[s_count] = new Usage { Line = line, Target = PerCpuArea.Id };
            Volatile.Write(ref s_handlers[s_count++], handler);
        }

        return InterruptRouter.Instance is not null
            && InterruptRouter.Instance.TryRouteLegacyLine(line, vector, InterruptController.Id);
    }

    /// <summary>Serves an interrupt and acknowledges it.</summary>
    /// <remarks>Context: hard IRQ. IRQs: off.</remarks>
    internal static void Dispatch(int vector)
    {
        int slot = vector - VectorFirst;
        InterruptHandler? handler = (uint)slot < VectorCount ? Volatile.Read(ref s_handlers[slot]) : null;
        if (handler is null)
        {
            Interlocked.Increment(ref s_unhandled);
        }
        else
        {
            Interlocked.Increment(ref s_usages[slot].Count);
            handler.OnInterrupt();
        }

        InterruptController.EndOfInterrupt();
    }
}
