// What the command line says of clocks.
//
// Written once by the boot processor in early boot; only read afterwards.
// Source: Linux Documentation/admin-guide/kernel-parameters.txt.
using System;
using Commence.Lib;

namespace Commence.Time;

/// <summary>Parameters of clocks.</summary>
public static class TimeParameters
{
    private const long KilohertzMin = 1_000;       // 1 MHz
    private const long KilohertzMax = 100_000_000; // 100 GHz

    [KernelParameter("clocksource", Early = true, Help = "name of the source that the clock runs on, if the machine has it")]
    internal static ParameterText GivenClockSource;

    /// <summary><c>clocksource=</c>; empty if it was not given.</summary>
    public static ReadOnlySpan<byte> ClockSource => GivenClockSource.Text;

    /// <summary>The counters agree, and nobody need look.</summary>
    public static bool IsCycleCounterReliable { get; private set; }

    /// <summary>The counters are not to be the clock.</summary>
    [KernelParameter("notsc", Value = 1, Early = true, Help = "tsc=unstable")]
    public static bool IsCycleCounterUnstable { get; internal set; }

    /// <summary>The counters' rate, taken as it is instead of measured; 0 if it was not given.</summary>
    [KernelParameter("tsc_early_khz", Min = KilohertzMin, Max = KilohertzMax, Unit = "kHz", Early = true, Help = "rate of the cycle counters, taken as it is instead of measured")]
    public static ulong CycleCounterKilohertz { get; internal set; }

    /// <summary>Turns of the delay loop in a tick, taken as they are; 0 if that was not given.</summary>
    [KernelParameter("lpj", Min = 1, Max = uint.MaxValue, Early = true, Help = "turns of the delay loop in a tick, taken as they are instead of measured")]
    public static ulong LoopsPerTick { get; internal set; }

    [KernelParameter("tsc", Syntax = "reliable | unstable", Early = true, Help = "reliable: the cycle counters are not compared; unstable: they are not used as the clock")]
    internal static bool SetTrust(ReadOnlySpan<byte> value)
    {
        bool isReliable = value.SequenceEqual("reliable"u8);
        bool isUnstable = value.SequenceEqual("unstable"u8);
        IsCycleCounterReliable |= isReliable;
        IsCycleCounterUnstable |= isUnstable;
        return isReliable || isUnstable;
    }
}
