// Which counters the machine has, and which of them the clock runs on: the best that is not known to be unstable, or the one
// that the command line asks for.
//
// The boot processor registers them in early boot, one after the other; afterwards only a source's mark and the choice change,
// under s_lock.
using System;
using System.Runtime.CompilerServices;
using Commence.Arch;
using Commence.Debug;
using Commence.Init;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Time;

/// <summary>The clock sources (Linux: <c>kernel/time/clocksource.c</c>).</summary>
public static class ClockSources
{
    private const int CountMax = 8;

    [InlineArray(CountMax)]
    private struct Sources
    {
        private ClockSource? _first;
    }

    private static Sources s_sources; // in the order of registration
    private static int s_count;
    private static ClockSource? s_cycleCounter;
    private static SpinLock s_lock;   // the choice

    /// <summary>How many there are.</summary>
    public static int Count => s_count;

    /// <summary>A source by its place in the order of registration.</summary>
    public static ClockSource Get(int index) => s_sources[index]!;

    /// <summary>Adds a source. <see cref="Select"/> chooses.</summary>
    /// <remarks>Context: early boot.</remarks>
    public static void Register(ClockSource source)
    {
        if (s_count == CountMax)
        {
            Printk.Warning($"clocksource: {source.Name} left out: more than {CountMax}");
            return;
        }

        s_sources[s_count++] = source;
        Printk.Info($"clocksource: {source.Name}: mask: 0x{source.Mask:x}, {source.FrequencyHz} Hz, rating {source.Rating}");
    }

    /// <summary>Adds the cycle counter of the processors.</summary>
    /// <param name="frequencyHz">Its rate.</param>
    /// <remarks>Context: early boot.</remarks>
    public static void RegisterCycleCounter(ulong frequencyHz)
    {
        s_cycleCounter = new CycleCounter(frequencyHz);
        Register(s_cycleCounter);
    }

    /// <summary>Lets the clock run on the best source.</summary>
    /// <remarks>Context: early boot, when all are registered.</remarks>
    public static void Select()
    {
        if (!TimeParameters.ClockSource.IsEmpty && !IsRegistered(TimeParameters.ClockSource))
            Printk.Warning($"clocksource: no clocksource {TimeParameters.ClockSource}, as the command line asks for");
        Choose();
    }

    /// <summary>The cycle counters of the processors disagree, or do not run steadily (Linux: <c>mark_tsc_unstable</c>): the clock
    /// goes on with the next best source, without a jump.</summary>
    /// <param name="reason">Completes "Marking TSC unstable due to …".</param>
    /// <remarks>Context: any that may take a spin lock. Only the first call has an effect.</remarks>
    public static void MarkCycleCounterUnstable(ReadOnlySpan<byte> reason)
    {
        if (s_cycleCounter is not { IsUnstable: false } counter)
            return;

        counter.MarkUnstable();
        Printk.Info($"{counter.Name}: Marking {Cpu.CycleCounterTitle} unstable due to {reason}");
        Clock.TakeOverLogTime();
        Choose();
        if (Clock.Source != counter)
            return;
        Clock.HoldAgainstDisagreement();
        Printk.Warning($"clocksource: no other source than {counter.Name}: time advances with the processor that is furthest ahead, and never goes back");
    }

    private static void Choose()
    {
        using SpinLock.Guard guard = s_lock.Lock();
        ClockSource? best = null;
        for (int i = 0; i < s_count; i++)
        {
            ClockSource candidate = s_sources[i]!;
            if (best is null || IsBetter(candidate, best))
                best = candidate;
        }

        if (best is null || best == Clock.Source)
            return;
        Clock.Start(best);
        Printk.Info($"clocksource: Switched to clocksource {best.Name}");
    }

    // A stable one before an unstable one; then what the command line asks for; then the rating.
    private static bool IsBetter(ClockSource candidate, ClockSource best)
    {
        if (candidate.IsUnstable != best.IsUnstable)
            return best.IsUnstable;
        if (IsWanted(candidate) != IsWanted(best))
            return IsWanted(candidate);
        return candidate.Rating > best.Rating;
    }

    private static bool IsRegistered(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < s_count; i++)
        {
            if (name.SequenceEqual(s_sources[i]!.Name))
                return true;
        }

        return false;
    }

    private static bool IsWanted(ClockSource source) => TimeParameters.ClockSource.SequenceEqual(source.Name);
}
