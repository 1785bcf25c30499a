// What time it is.
//
//   clock source ── TimeBase ──▶ monotonic time ── + offset ──▶ wall-clock time
//
// The source is the cycle counter, which every processor has for itself, as long as these agree (the check at bring-up says
// so, or says otherwise); else a counter that all share (ClockSources.cs). A change of source is no jump.
// If the cycle counters disagree and there is no other source, the clock goes on with them and is held: nobody is ever told an
// earlier time than anybody was told before. It advances with the counter that is furthest ahead.
//
// Monotonic time is 0 when the kernel begins, and is not set back or forward by anybody.
// Wall-clock time is monotonic time plus an offset, the one thing that settimeofday changes; one word, so it is read whole.
using System;
using System.Threading;
using Commence.Debug;
using Commence.Locking;

namespace Commence.Time;

/// <summary>The kernel's clocks (Linux: timekeeping).</summary>
public static class Clock
{
    private const int TriesMax = 4; // of a read that must not wait: a writer is at work for less than a microsecond

    private static readonly LogTime s_logTime = new();

    private static SeqLock s_lock;        // s_source and s_base; both are static objects' or plain words
    private static ClockSource? s_source;
    private static TimeBase s_base;
    private static bool s_isHeld;         // set once, Volatile: the source cannot be trusted and is all there is
    private static ulong s_latestNs;      // while held, the latest time anybody was told; Interlocked
    private static ulong s_realtimeOffsetNs; // wall-clock time of monotonic time 0, since 1970; Volatile

    /// <summary>Whether <see cref="Start(ClockSource)"/> was called; all clocks stand at 0 before.</summary>
    public static bool IsRunning => s_base.IsSet;

    /// <summary>What the clock runs on; null before it was started.</summary>
    public static ClockSource? Source => Volatile.Read(ref s_source);

    /// <summary>Starts monotonic time on the cycle counter.</summary>
    /// <param name="cyclesPerSecond">Speed of <c>Cpu.ReadCycles</c>.</param>
    /// <inheritdoc cref="Start(ClockSource)"/>
    public static void Start(ulong cyclesPerSecond) => Start(new CycleCounter(cyclesPerSecond));

    /// <summary>Makes the clock run on a source from now on, without a jump; for the first time, from the log's time.</summary>
    /// <remarks>Context: any that may take a spin lock.</remarks>
    public static void Start(ClockSource source)
    {
        using SeqLock.WriteGuard guard = s_lock.Write();
        ulong ns = s_source is null ? LogClock.Now : s_base.ToNanoseconds(s_source.Read());
        s_base = new TimeBase(source.FrequencyHz, source.Mask, source.Read(), ns);
        Volatile.Write(ref s_source, source);
    }

    /// <summary>Time since boot (Linux: <c>CLOCK_MONOTONIC</c>).</summary>
    /// <remarks>Context: any, NMI excluded.</remarks>
    public static Nanoseconds Monotonic()
    {
        while (true)
        {
            uint sequence = s_lock.BeginRead();
            ulong ns = ReadUnlocked();
            if (!s_lock.IsStale(sequence))
                return new Nanoseconds(Hold(ns));
        }
    }

    /// <summary>Time since boot, for those who must not wait: fails if the clock is being changed, perhaps by the caller.</summary>
    /// <remarks>Context: any.</remarks>
    public static bool TryReadMonotonic(out Nanoseconds time)
    {
        for (int i = 0; i < TriesMax; i++)
        {
            if (!s_lock.TryBeginRead(out uint sequence))
                continue;
            time = new Nanoseconds(ReadUnlocked());
            if (!s_lock.IsStale(sequence))
                return true;
        }

        time = default;
        return false;
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

    /// <summary>Moves the base on before the source comes round. Any processor's tick may do it; none has to do it alone.</summary>
    /// <remarks>Context: the tick. IRQs: off.</remarks>
    internal static void Accumulate()
    {
        if (s_source is not { Mask: not ulong.MaxValue } source || !s_base.IsOld(source.Read()))
            return;

        using SeqLock.WriteGuard guard = s_lock.Write();
        ulong count = s_source.Read();
        if (s_base.IsOld(count)) // nobody else was faster
            s_base = s_base.MoveTo(count);
    }

    /// <summary>From now on no time is told that is earlier than one told before, on whatever processor.</summary>
    /// <remarks>Context: any that may take a spin lock.</remarks>
    internal static void HoldAgainstDisagreement() => Volatile.Write(ref s_isHeld, true);

    /// <summary>The log's time stamps come from here instead of the cycle counter.</summary>
    internal static void TakeOverLogTime() => LogClock.Source = s_logTime;

    private static ulong ReadUnlocked() => s_source is { } source ? s_base.ToNanoseconds(source.Read()) : 0;

    private static ulong Hold(ulong ns)
    {
        if (!Volatile.Read(ref s_isHeld))
            return ns;

        ulong latest = Volatile.Read(ref s_latestNs);
        while (latest < ns) // at most once for each other reader that is faster
        {
            ulong seen = Interlocked.CompareExchange(ref s_latestNs, ns, latest);
            if (seen == latest)
                return ns;
            latest = seen;
        }

        return latest;
    }

    private sealed class LogTime : LogTimeSource
    {
        public override bool TryRead(out ulong ns)
        {
            bool isRead = TryReadMonotonic(out Nanoseconds time);
            ns = time.Value;
            return isRead;
        }
    }
}
