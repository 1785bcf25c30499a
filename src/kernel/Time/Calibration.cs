// Measures the rates of the boot processor's own clocks against a reference.
//
// One is enough if the reference knows how far it may be off, and that is little. Otherwise two must agree: with the one
// before, or with the shortest so far. If none do, the shortest is taken: whatever
// disturbs (the host runs something else, firmware interrupts) mostly makes an interval longer than the reference says.
using System;
using Commence.Arch;

namespace Commence.Time;

/// <summary>Rates of the clocks that each processor has for itself.</summary>
public readonly struct ClockRates
{
    internal ClockRates(ulong cyclesPerSecond, ulong timerPerSecond)
    {
        CyclesPerSecond = cyclesPerSecond;
        TimerPerSecond = timerPerSecond;
    }

    /// <summary>Rate of <c>Cpu.ReadCycles</c>.</summary>
    public ulong CyclesPerSecond { get; }

    /// <summary>Rate of the local timer; 0 if it does not count, or there is none.</summary>
    public ulong TimerPerSecond { get; }
}

/// <summary>Measurements at boot (Linux: <c>calibrate_APIC_clock</c>, <c>quick_pit_calibrate</c>).</summary>
public static class Calibration
{
    private const ulong IntervalNs = 5_000_000;

    /// <summary>Measurements before one is taken that agrees with none: 0.2 s, on a host that is never quiet.</summary>
    internal const int RoundsMax = 40;

    private const int AgreementShift = 10; // how exact a measurement must be, or how well two must agree: 1/1024

    /// <summary>Measures both clocks.</summary>
    /// <returns>False if the reference does not run, or the cycle counter does not.</returns>
    /// <remarks>Context: early boot. IRQs: off.</remarks>
    public static bool TryMeasure(ReferenceClock reference, out ClockRates rates)
    {
        InterruptController.StartMeasuring();
        bool isMeasured = TryAgree(reference, out rates);
        InterruptController.StopMeasuring();
        return isMeasured;
    }

    private static bool TryAgree(ReferenceClock reference, out ClockRates rates)
    {
        rates = default;
        ClockRates last = default;
        for (int i = 0; i < RoundsMax; i++)
        {
            if (!TryMeasureOnce(reference, out ClockRates taken, out bool isExact))
                return false;
            if (isExact)
            {
                rates = taken;
                return true;
            }

            if (i > 0 && (AreClose(taken, last) || AreClose(taken, rates)))
            {
                rates = Between(taken, AreClose(taken, last) ? last : rates);
                return true;
            }

            if (i == 0 || taken.CyclesPerSecond < rates.CyclesPerSecond)
                rates = taken;
            last = taken;
        }

        return true;
    }

    private static bool TryMeasureOnce(ReferenceClock reference, out ClockRates rates, out bool isExact)
    {
        rates = default;
        isExact = false;
        if (!reference.TryMeasure(new Nanoseconds(IntervalNs), out MeasuredInterval interval) || interval.Length.Value == 0)
            return false;
        TimerMeasurement own = interval.Own;
        isExact = interval.LooseCycles <= own.Cycles >> AgreementShift;
        rates = new ClockRates(PerSecond(own.Cycles, interval.Length.Value), PerSecond(own.TimerTicks, interval.Length.Value));
        return rates.CyclesPerSecond != 0;
    }

    // An interval may be longer than was asked for, but not so long that counts times 10^9 would not fit 64 bits: 18 s at 1 GHz.
    private static ulong PerSecond(ulong counts, ulong ns) =>
        counts < ulong.MaxValue / Nanoseconds.PerSecond ? counts * Nanoseconds.PerSecond / ns : counts / ns * Nanoseconds.PerSecond;

    private static bool AreClose(ClockRates a, ClockRates b) =>
        AreClose(a.CyclesPerSecond, b.CyclesPerSecond) && AreClose(a.TimerPerSecond, b.TimerPerSecond);

    private static bool AreClose(ulong a, ulong b) => Math.Max(a, b) - Math.Min(a, b) <= a >> AgreementShift;

    private static ClockRates Between(ClockRates a, ClockRates b) => new(
        (a.CyclesPerSecond + b.CyclesPerSecond) / 2, (a.TimerPerSecond + b.TimerPerSecond) / 2);
}
