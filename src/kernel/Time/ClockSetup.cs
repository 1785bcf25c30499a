// Finds the rates of the boot processor's clocks, by the first means that the machine has, and starts the clock.
//
//   tsc_early_khz=  ▶  what the processor or the hypervisor tells  ▶  measured against HPET, PM timer, PIT, RTC
//
// What was taken is said, and why nothing before it was. A machine that has none of all these has no time, and cannot run.
using System;
using System.Runtime.CompilerServices;
using Commence.Arch;
using Commence.Debug;
using Commence.Init;
using Commence.Lib;

namespace Commence.Time;

/// <summary>The clock's start (Linux: <c>tsc_init</c>, <c>time_init</c>).</summary>
internal static class ClockSetup
{
    private const int ReasonsBytes = 320;

    /// <summary>Finds the rates and starts the clock. Panics if there is no clock of known rate at all.</summary>
    /// <remarks>Context: early boot, after the machine's timers were found. IRQs: off.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Run()
    {
        Span<byte> buffer = stackalloc byte[ReasonsBytes];
        TextWriter passedOver = new(buffer);
        if (!TryTakeKnownRate() && !TryMeasureRate(ref passedOver))
            Panic.Now($"no clock of known rate: tried {passedOver.Text}CPUID (tells no rate). Boot with \"tsc_early_khz=\" if the rate of the {Cpu.CycleCounterTitle} is known");

        if (TimeParameters.IsCycleCounterUnstable)
            ClockSources.MarkCycleCounterUnstable("boot parameter"u8);
    }

    private static bool TryTakeKnownRate()
    {
        ReadOnlySpan<byte> source = "tsc_early_khz="u8;
        ulong hertz = TimeParameters.CycleCounterKilohertz * 1000;
        if (hertz == 0 && !Cpu.TryReadCycleRate(out hertz, out source))
            return false;

        // The local timer is measured all the same, against the counter whose rate is known now.
        if (!Calibration.TryMeasure(new CounterReference(new CycleCounter(hertz)), out ClockRates rates))
            return false;
        Start(new ClockRates(hertz, rates.TimerPerSecond), source, default);
        return true;
    }

    private static bool TryMeasureRate(ref TextWriter passedOver)
    {
        for (int i = 0; Platform.Instance.GetReferenceClock(i) is { } reference; i++)
        {
            ReadOnlySpan<byte> absence = reference.Absence;
            if (absence.IsEmpty && Calibration.TryMeasure(reference, out ClockRates rates))
            {
                Start(rates, reference.Name, passedOver.Text);
                return true;
            }

            passedOver.Append(reference.Name);
            passedOver.Append(" ("u8);
            passedOver.Append(absence.IsEmpty ? "does not run"u8 : absence);
            passedOver.Append("), "u8);
        }

        return false;
    }

    private static void Start(ClockRates rates, ReadOnlySpan<byte> source, ReadOnlySpan<byte> passedOver)
    {
        ulong cyclesPerSecond = rates.CyclesPerSecond;
        LogClock.SetRate(Math.Max(1, cyclesPerSecond / 1000));
        Printk.Info($"{Cpu.CycleCounterName}: Detected {cyclesPerSecond / 1_000_000}.{cyclesPerSecond / 1000 % 1000:d3} MHz processor, by {source}");
        if (!passedOver.IsEmpty)
            Printk.Info($"{Cpu.CycleCounterName}: not by {passedOver[..^2]}");
        if (rates.TimerPerSecond == 0)
            Printk.Info($"..TIMER: no local timer that counts");

        TickTimer.SetRates(rates);
        ClockSources.RegisterCycleCounter(cyclesPerSecond);
        ClockSources.Select();
    }
}
