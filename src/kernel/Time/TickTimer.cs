// The periodic tick of each processor, and the rates of its clocks, measured once on the boot processor against a clock
// whose rate is known.
using System;
using Commence.Arch;
using Commence.Debug;

namespace Commence.Time;

/// <summary>Calibration and start of the local timers (Linux: <c>calibrate_APIC_clock</c>, <c>tsc_calibrate</c>).</summary>
public static class TickTimer
{
    private const ulong MeasurementNs = 5_000_000;
    private const int MeasurementsMax = 3;
    private const ulong NsPerSecond = 1_000_000_000;

    private static uint s_ticksPerInterrupt; // written by the boot processor before the others start

    /// <summary>Measures the cycle counter and the local timer, and starts the clock.</summary>
    /// <returns>False if the reference does not work.</returns>
    /// <remarks>Context: early boot. IRQs: off.</remarks>
    public static bool TryCalibrate(ReferenceClock reference)
    {
        // The shortest of a few: anything that disturbs a measurement makes it longer.
        TimerMeasurement best = default;
        for (int i = 0; i < MeasurementsMax; i++)
        {
            TimerMeasurement begin = InterruptController.BeginMeasurement();
            if (!reference.TryWait(new Nanoseconds(MeasurementNs)))
                return false;
            TimerMeasurement taken = InterruptController.EndMeasurement(in begin);
            if (best.Cycles == 0 || taken.Cycles < best.Cycles)
                best = taken;
        }

        if (best.Cycles == 0 || best.TimerTicks == 0)
            return false;

        ulong cyclesPerSecond = best.Cycles * (NsPerSecond / MeasurementNs);
        ulong timerPerSecond = best.TimerTicks * (NsPerSecond / MeasurementNs);
        s_ticksPerInterrupt = (uint)Math.Max(1, timerPerSecond / Limits.TicksPerSecond);
        LogClock.SetRate(Math.Max(1, cyclesPerSecond / 1000));
        Printk.Info($"tsc: Detected {cyclesPerSecond / 1_000_000}.{cyclesPerSecond / 1000 % 1000:d3} MHz processor, by {reference.Name}");
        ClockSources.RegisterCycleCounter(cyclesPerSecond);
        if (TimeParameters.IsCycleCounterUnstable)
            ClockSources.MarkCycleCounterUnstable("boot parameter"u8);
        return true;
    }

    /// <summary>Starts the calling processor's tick.</summary>
    /// <remarks>Context: boot, AP call-in. IRQs: off.</remarks>
    public static void StartOnThisCpu() => InterruptController.StartPeriodicTimer(s_ticksPerInterrupt);
}
