// What time it is.
//
//   cycles of the processor's counter ── CycleScale ──▶ monotonic time ── + offset ──▶ wall-clock time
//
// Every processor reads its own counter; they are taken to agree (the TSC check at bring-up says so, or says otherwise).
// Monotonic time starts at 0 when the clock is set up, and is not set back or forward by anybody.
// Wall-clock time is monotonic time plus an offset, the one thing that settimeofday changes; one word, so it is read whole.
using System;
using System.Threading;
using Commence.Locking;

namespace Commence.Time;

/// <summary>The kernel's clocks (Linux: timekeeping).</summary>
public static class Clock
{
    private static SeqLock s_lock;
    private static CycleScale s_scale;
    private static ulong s_baseCycles;    // counter when monotonic time was s_baseNs
    private static ulong s_baseNs;
    private static ulong s_realtimeOffsetNs; // wall-clock time of monotonic time 0, since 1970; Volatile

    /// <summary>Whether <see cref="Start"/> was called; all clocks stand at 0 before.</summary>
    public static bool IsRunning => s_scale.IsSet;

    /// <summary>Starts monotonic time, at 0.</summary>
    /// <param name="cyclesPerSecond">Speed of <c>Cpu.ReadCycles</c>.</param>
    /// <remarks>Context: early boot. Called again with a better measurement, it changes the speed from now on, without a jump.</remarks>
    public static void Start(ulong cyclesPerSecond)
    {
        using SeqLock.WriteGuard guard = s_lock.Write();
        ulong now = Cpu.ReadCycles();
        if (s_scale.IsSet)
            s_baseNs += s_scale.ToNanoseconds(now - s_baseCycles);
        s_baseCycles = now;
        s_scale = CycleScale.FromFrequency(cyclesPerSecond);
    }

    /// <summary>Time since boot (Linux: <c>CLOCK_MONOTONIC</c>).</summary>
    /// <remarks>Context: any, NMI excluded.</remarks>
    public static Nanoseconds Monotonic()
    {
        while (true)
        {
            uint sequence = s_lock.BeginRead();
            ulong cycles = Cpu.ReadCycles() - s_baseCycles;
            // A counter a little behind the one that took the base, on another processor, would look centuries ahead.
            if ((long)cycles < 0)
                cycles = 0;
            ulong ns = s_baseNs + s_scale.ToNanoseconds(cycles);
            if (!s_lock.IsStale(sequence))
                return new Nanoseconds(ns);
        }
    }

    /// <summary>Wall-clock time since 1970-01-01 00:00 UTC (Linux: <c>CLOCK_REALTIME</c>).</summary>
    /// <remarks>Context: any, NMI excluded.</remarks>
    public static Nanoseconds Realtime() => new(Monotonic().Value + Volatile.Read(ref s_realtimeOffsetNs));

    /// <summary>The monotonic time after a while: a deadline for waits. A duration beyond all clocks gives
    /// <see cref="Nanoseconds.MaxValue"/>, which never comes.</summary>
    /// <remarks>Context: any, NMI excluded.</remarks>
    public static Nanoseconds After(Nanoseconds duration)
    {
        ulong now = Monotonic().Value;
        return duration.Value > ulong.MaxValue - now ? Nanoseconds.MaxValue : new Nanoseconds(now + duration.Value);
    }

    /// <summary>Wall-clock time of monotonic time 0 (<c>btime</c> of /proc/stat).</summary>
    /// <remarks>Context: any.</remarks>
    public static Nanoseconds BootTime => new(Volatile.Read(ref s_realtimeOffsetNs));

    /// <summary>Sets the wall clock: from the RTC at boot, or settimeofday.</summary>
    /// <remarks>Context: any.</remarks>
    public static void SetRealtime(Nanoseconds sinceEpoch) =>
        Volatile.Write(ref s_realtimeOffsetNs, sinceEpoch.Value - Monotonic().Value);
}
