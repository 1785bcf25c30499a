// The controller that brings device lines to processors.
using System;
using System.Threading;

namespace Commence.Irq;

/// <summary>What a driver of such a controller does (x64: the I/O APICs together, or the pair of 8259s).</summary>
public abstract class InterruptRouter
{
    /// <summary>For <see cref="FixedVectorFirst"/>: the controller takes any vector.</summary>
    public const int AnyVector = 0;

    private static InterruptRouter? s_instance;

    /// <summary>The machine's router; null where there is none.</summary>
    public static InterruptRouter? Instance
    {
        get => Volatile.Read(ref s_instance);
        set => Volatile.Write(ref s_instance, value);
    }

    /// <summary>Its name in <c>/proc/interrupts</c>.</summary>
    public abstract ReadOnlySpan<byte> Name { get; }

    /// <summary>The vector of line 0 where each line's vector follows from its number; else <see cref="AnyVector"/>.</summary>
    public virtual int FixedVectorFirst => AnyVector;

    /// <summary>Lets a legacy line (ISA number) interrupt a processor on a vector.</summary>
    /// <returns>False if no controller has that line.</returns>
    /// <remarks>Context: boot, thread.</remarks>
    public abstract bool TryRouteLegacyLine(int line, int vector, ApicId to);

    /// <summary>Looks whether an interrupt is none after all: the line was up for too short a time. If so, it is finished here.</summary>
    /// <remarks>Context: hard IRQ. IRQs: off.</remarks>
    public virtual bool TryDismissSpurious(int line)
    {
        _ = line; // controllers of this kind send a vector of its own for those
        return false;
    }

    /// <summary>Tells the controller that a line's interrupt was served.</summary>
    /// <remarks>Context: hard IRQ. IRQs: off.</remarks>
    public abstract void EndOfInterrupt(int line);
}
