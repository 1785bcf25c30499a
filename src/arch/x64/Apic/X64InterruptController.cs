// The local APIC in the words of the architecture contract.
using Commence.Lib;

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
    public static void SendTick(ApicId to) => X64LocalApic.SendVector(to, X64Vectors.LocalTimer);

    /// <inheritdoc/>
    public static bool CanReachOthers => X64LocalApic.IsUsed;

    /// <inheritdoc/>
    public static void DescribeErrors(uint status, ref TextWriter text) => X64ApicErrors.Describe(status, ref text);

    /// <inheritdoc/>
    public static void SendStop(ApicId to)
    {
        X64Traps.AnnounceStop();
        X64LocalApic.SendNmi(to);
    }

    /// <inheritdoc/>
    public static void EndOfInterrupt()
    {
        if (X64LocalApic.IsUsed)
            X64LocalApic.EndOfInterrupt();
    }

    /// <inheritdoc/>
    public static void StartMeasuring()
    {
        if (X64LocalApic.IsUsed)
            X64LocalApic.StartTimerForMeasurement();
    }

    /// <inheritdoc/>
    public static TimerMeasurement ReadTimers() =>
        new(X64LocalApic.IsUsed ? X64LocalApic.TimerTicksElapsed : 0, X64Instructions.ReadTimeStampCounter());

    /// <inheritdoc/>
    public static void StopMeasuring()
    {
        if (X64LocalApic.IsUsed)
            X64LocalApic.StopTimer();
    }

    /// <inheritdoc/>
    public static void StartPeriodicTimer(uint ticksPerInterrupt) => X64LocalApic.StartPeriodicTimer(ticksPerInterrupt);

    /// <inheritdoc/>
    public static void StopTimer() => X64LocalApic.StopTimer();
}
