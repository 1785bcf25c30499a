// Instructions of a processor that is a thread.
using System.Diagnostics;

namespace Commence.Arch.Hosted;

/// <inheritdoc cref="ICpu"/>
public readonly struct HostedCpu : ICpu
{
    /// <inheritdoc/>
    /// <remarks>Lets another thread run: whoever the caller waits for may need the host's processor. Takes interrupts.</remarks>
    public static void Relax()
    {
        HostedProcessor.TakeInterrupts();
        Thread.Yield();
    }

    /// <inheritdoc/>
    public static void Idle()
    {
        HostedProcessor here = HostedThread.Processor;
        here.AreInterruptsEnabled = true;
        if (!HostedProcessor.TakeInterrupts())
        {
            here.WaitForInterrupt();
            HostedProcessor.TakeInterrupts();
        }
    }

    /// <inheritdoc/>
    public static void Halt()
    {
        HostedThread.Processor.Machine?.ThrowIfStopped();
        throw new ProcessorHaltedException();
    }

    /// <inheritdoc/>
    public static ulong ReadCycles() => (ulong)Stopwatch.GetTimestamp();

    /// <inheritdoc/>
    public static bool TryReadCycleRate(out ulong hertz, out ReadOnlySpan<byte> source)
    {
        hertz = (ulong)Stopwatch.Frequency;
        source = "host"u8;
        return true;
    }

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> CycleCounterName => "host"u8;

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> CycleCounterTitle => "host counter"u8;

    /// <inheritdoc/>
    public static ulong ReadCyclesOrdered() => (ulong)Stopwatch.GetTimestamp();

    /// <inheritdoc/>
    public static bool TryReadCycleOffset(out ulong offset)
    {
        offset = 0;
        return false;
    }

    /// <inheritdoc/>
    public static void WriteCycleOffset(ulong offset) => throw new InvalidOperationException("the host's counter has no offset");
}
