// The interrupt controller that each processor has for itself: messages between processors, and its timer.
using Commence.Lib;

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

    /// <summary>Makes a processor take a tick: <see cref="TrapSink.OnTimer"/>.</summary>
    /// <inheritdoc cref="SendReschedule"/>
    static abstract void SendTick(ApicId to);

    /// <summary>Whether messages can be sent to other processors at all; if not, there is nobody else to the kernel.</summary>
    static abstract bool CanReachOthers { get; }

    /// <summary>Writes the names of errors, as <see cref="TrapSink.OnControllerError"/> is told of them.</summary>
    /// <remarks>Context: any.</remarks>
    static abstract void DescribeErrors(uint status, ref TextWriter text);

    /// <summary>Makes a processor stop, whatever it does: <see cref="TrapSink.OnStop"/>.</summary>
    static abstract void SendStop(ApicId to);

    /// <summary>Acknowledges a device's interrupt.</summary>
    static abstract void EndOfInterrupt();

    /// <summary>Lets the timer count, without interrupts, to be compared with other clocks. A timer that there is not counts
    /// nothing.</summary>
    static abstract void StartMeasuring();

    /// <summary>Reads the timer, which counts from <see cref="StartMeasuring"/> on, and the processor's counter.</summary>
    static abstract TimerMeasurement ReadTimers();

    /// <summary>Ends what <see cref="StartMeasuring"/> began.</summary>
    static abstract void StopMeasuring();

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

    /// <summary>What went by between an earlier reading and this one. The timer may have come round once.</summary>
    public TimerMeasurement Since(in TimerMeasurement begin) => new(unchecked(TimerTicks - begin.TimerTicks), Cycles - begin.Cycles);
}
