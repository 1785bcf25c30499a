// The local APIC in the words of the architecture contract.
namespace Commence.Arch.X64;

/// <summary>Messages between processors, and the local timer.</summary>
public readonly struct X64InterruptController : IInterruptController
{
    private const uint XApicIdMax = 254; // 255 is the broadcast (SDM Vol 3A §10.6.2.1)
    private const uint X2ApicIdMax = 0xFFFF_FFFE;

    /// <inheritdoc/>
    public static ApicId Id => X64LocalApic.Id;

    /// <inheritdoc/>
    public static ApicId IdMax => new(X64LocalApic.IsX2Apic ? X2ApicIdMax : XApicIdMax);

    /// <inheritdoc/>
    public static void SendReschedule(ApicId to) => X64LocalApic.SendVector(to, X64Vectors.Reschedule);

    /// <inheritdoc/>
    public static void SendCallFunction(ApicId to) => X64LocalApic.SendVector(to, X64Vectors.CallFunction);

    /// <inheritdoc/>
    public static void SendStop(ApicId to)
    {
        X64Traps.AnnounceStop();
        X64LocalApic.SendNmi(to);
    }

    /// <inheritdoc/>
    public static void EndOfInterrupt() => X64LocalApic.EndOfInterrupt();

    /// <inheritdoc/>
    public static TimerMeasurement BeginMeasurement()
    {
        X64LocalApic.StartTimerForMeasurement();
        return new TimerMeasurement(X64LocalApic.TimerTicksElapsed, X64Instructions.ReadTimeStampCounter());
    }

    /// <inheritdoc/>
    public static TimerMeasurement EndMeasurement(in TimerMeasurement begin)
    {
        uint ticks = X64LocalApic.TimerTicksElapsed - begin.TimerTicks;
        ulong cycles = X64Instructions.ReadTimeStampCounter() - begin.Cycles;
        X64LocalApic.StopTimer();
        return new TimerMeasurement(ticks, cycles);
    }

    /// <inheritdoc/>
    public static void StartPeriodicTimer(uint ticksPerInterrupt) => X64LocalApic.StartPeriodicTimer(ticksPerInterrupt);

    /// <inheritdoc/>
    public static void StopTimer() => X64LocalApic.StopTimer();
}
