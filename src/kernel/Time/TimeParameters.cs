// What the command line says of clocks.
//
//   clocksource=NAME      the source that the clock runs on, if the machine has it
//   tsc=reliable          the cycle counters are not compared          tsc=unstable, notsc    they are not used as the clock
//   tsc_early_khz=N       their rate, taken as it is instead of measured
//   lpj=N                 turns of the delay loop in a tick, taken as they are
//
// Written once by the boot processor in early boot; only read afterwards.
// Source: Linux Documentation/admin-guide/kernel-parameters.txt.
using System;
using System.Runtime.CompilerServices;
using Commence.Lib;

namespace Commence.Time;

/// <summary>Parameters of clocks.</summary>
public static class TimeParameters
{
    private const int NameLengthMax = 31;
    private const ulong KilohertzMin = 1_000;       // 1 MHz
    private const ulong KilohertzMax = 100_000_000; // 100 GHz

    [InlineArray(NameLengthMax)]
    private struct NameBuffer
    {
        private byte _first;
    }

    private static NameBuffer s_clockSource;
    private static int s_clockSourceLength;

    /// <summary><c>clocksource=</c>; empty if it was not given.</summary>
    public static ReadOnlySpan<byte> ClockSource => ((ReadOnlySpan<byte>)s_clockSource)[..s_clockSourceLength];

    /// <summary><c>tsc=reliable</c>: the counters agree, and nobody need look.</summary>
    public static bool IsCycleCounterReliable { get; private set; }

    /// <summary><c>tsc=unstable</c>, <c>notsc</c>: the counters are not to be the clock.</summary>
    public static bool IsCycleCounterUnstable { get; private set; }

    /// <summary><c>tsc_early_khz=</c>; 0 if it was not given.</summary>
    public static ulong CycleCounterKilohertz { get; private set; }

    /// <summary><c>lpj=</c>; 0 if it was not given.</summary>
    public static ulong LoopsPerTick { get; private set; }

    /// <summary>Takes a parameter.</summary>
    /// <returns>0 if it is not one of these, 1 if it was taken, -1 if its value makes no sense.</returns>
    internal static int Apply(KernelParameter parameter, bool isDryRun)
    {
        if (parameter.IsNamed("clocksource"u8))
            return isDryRun || TrySetClockSource(parameter.Value) ? 1 : -1;
        if (parameter.IsNamed("tsc"u8))
            return isDryRun || TrySetTrust(parameter.Value) ? 1 : -1;
        if (parameter.IsNamed("notsc"u8))
            return isDryRun || TrySetTrust("unstable"u8) ? 1 : -1;
        if (parameter.IsNamed("tsc_early_khz"u8))
            return isDryRun || TrySetRate(parameter.Value) ? 1 : -1;
        if (parameter.IsNamed("lpj"u8))
            return isDryRun || TrySetLoops(parameter.Value) ? 1 : -1;
        return 0;
    }

    private static bool TrySetClockSource(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > NameLengthMax)
            return false;
        name.CopyTo(s_clockSource);
        s_clockSourceLength = name.Length;
        return true;
    }

    private static bool TrySetTrust(ReadOnlySpan<byte> value)
    {
        bool isReliable = value.SequenceEqual("reliable"u8);
        bool isUnstable = value.SequenceEqual("unstable"u8);
        IsCycleCounterReliable |= isReliable;
        IsCycleCounterUnstable |= isUnstable;
        return isReliable || isUnstable;
    }

    private static bool TrySetRate(ReadOnlySpan<byte> value)
    {
        if (!NumberParser.TryParse(value, out ulong kilohertz) || kilohertz is < KilohertzMin or > KilohertzMax)
            return false;
        CycleCounterKilohertz = kilohertz;
        return true;
    }

    private static bool TrySetLoops(ReadOnlySpan<byte> value)
    {
        if (!NumberParser.TryParse(value, out ulong loops) || loops is 0 or > uint.MaxValue)
            return false;
        LoopsPerTick = loops;
        return true;
    }
}
