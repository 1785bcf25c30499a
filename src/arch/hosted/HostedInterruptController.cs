// Messages between the processors of a HostedMachine, and a periodic timer for each. The hardware's number of a processor
// is the kernel's.
using System.Diagnostics;
using Commence.Lib;

namespace Commence.Arch.Hosted;

/// <inheritdoc cref="IInterruptController"/>
public readonly struct HostedInterruptController : IInterruptController
{
    private const uint TicksPerMillisecond = 1000; // the timer counts microseconds

    /// <inheritdoc/>
    public static ApicId Id => new((uint)HostedThread.Processor.Id.Value);

    /// <inheritdoc/>
    public static ApicId IdMax => new(Limits.CpuCountMax - 1);

    /// <inheritdoc/>
    public static void SendReschedule(ApicId to) => Machine[(int)to.Value].Interrupt(static () =>
    {
        PerCpuArea.WantReschedule();
        TrapSink.Instance.OnRescheduleIpi();
    });

    /// <inheritdoc/>
    public static void SendCallFunction(ApicId to) =>
        Machine[(int)to.Value].Interrupt(static () => TrapSink.Instance.OnCallFunctionIpi());

    /// <inheritdoc/>
    public static void SendTick(ApicId to) => Machine[(int)to.Value].Tick();

    /// <inheritdoc/>
    public static bool CanReachOthers => true;

    /// <inheritdoc/>
    /// <remarks>Nothing goes wrong here.</remarks>
    public static void DescribeErrors(uint status, ref TextWriter text) => text.AppendHex(status);

    /// <inheritdoc/>
    /// <remarks>Here it waits until the processor takes interrupts.</remarks>
    public static void SendStop(ApicId to) => Machine[(int)to.Value].Interrupt(static () =>
    {
        TrapFrame frame = TrapFrame.Capture();
        TrapSink.Instance.OnStop(ref frame);
    });

    /// <inheritdoc/>
    public static void EndOfInterrupt()
    {
    }

    /// <inheritdoc/>
    public static void StartMeasuring()
    {
    }

    /// <inheritdoc/>
    public static TimerMeasurement ReadTimers()
    {
        ulong cycles = Cpu.ReadCycles();
        return new TimerMeasurement(Ticks(cycles), cycles);
    }

    /// <inheritdoc/>
    public static void StopMeasuring()
    {
    }

    /// <inheritdoc/>
    public static void StartPeriodicTimer(uint ticksPerInterrupt) =>
        HostedThread.Processor.StartTimer(TimeSpan.FromMilliseconds(Math.Max(1, ticksPerInterrupt / TicksPerMillisecond)));

    /// <inheritdoc/>
    public static void StopTimer() => HostedThread.Processor.StopTimer();

    private static HostedMachine Machine =>
        HostedMachine.Current ?? throw new InvalidOperationException("messages need a HostedMachine: run the test on one");

    private static uint Ticks(ulong cycles) => (uint)(cycles / ((ulong)Stopwatch.Frequency / (TicksPerMillisecond * 1000)));
}
