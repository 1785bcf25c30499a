// The interrupt controller that each processor has for itself: messages between processors, and its timer.
namespace Commence.Arch;

/// <summary>The local interrupt controller (x64: local APIC; arm64: GIC CPU interface).</summary>
public interface IInterruptController
{
    /// <summary>Number of the calling processor, from the controller itself.</summary>
    static abstract ApicId Id { get; }

    /// <summary>Highest number that a message can be sent to in the controller's mode.</summary>
    static abstract ApicId IdMax { get; }

    /// <summary>Makes a processor look at its run queue: <see cref="TrapSink.OnRescheduleIpi"/>.</summary>
    /// <remarks>Context: any but NMI. IRQs: off. Orders: all stores before it are visible to the handler.</remarks>
    static abstract void SendReschedule(ApicId to);

    /// <summary>Makes a processor run queued functions: <see cref="TrapSink.OnCallFunctionIpi"/>.</summary>
    /// <inheritdoc cref="SendReschedule"/>
    static abstract void SendCallFunction(ApicId to);

    /// <summary>Makes a processor stop, whatever it does: <see cref="TrapSink.OnStop"/>.</summary>
    static abstract void SendStop(ApicId to);

    /// <summary>Acknowledges a device's interrupt.</summary>
    static abstract void EndOfInterrupt();

    /// <summary>Begins to measure the timer against the processor's counter.</summary>
    /// <returns>Both clocks now.</returns>
    static abstract TimerMeasurement BeginMeasurement();

    /// <summary>Ends what <see cref="BeginMeasurement"/> began.</summary>
    /// <returns>What went by on both clocks.</returns>
    static abstract TimerMeasurement EndMeasurement(in TimerMeasurement begin);

    /// <summary>Starts the calling processor's periodic timer: <see cref="TrapSink.OnTimer"/>.</summary>
    /// <param name="ticksPerInterrupt">Ticks of the rate that was measured.</param>
    static abstract void StartPeriodicTimer(uint ticksPerInterrupt);

    /// <summary>Stops the calling processor's timer.</summary>
    static abstract void StopTimer();
}

/// <summary>Two clocks read at one moment, or the difference of two such readings.</summary>
public readonly struct TimerMeasurement
{
    public TimerMeasurement(uint timerTicks, ulong cycles)
    {
        TimerTicks = timerTicks;
        Cycles = cycles;
    }

    /// <summary>Ticks of the local timer.</summary>
    public uint TimerTicks { get; }

    /// <summary>Cycles of <see cref="ICpu.ReadCycles"/>.</summary>
    public ulong Cycles { get; }
}
