// Short waits that do not sleep, and the figure that they have brought with them since 1991.
//
// A turn of the delay loop is a cycle of the cycle counter where that can be used: then the figure follows from its rate, costs
// nothing to find, and holds for all processors. Where the command line forbids the counter, a real loop is timed against the
// clock, for some milliseconds, once: processors are taken to be alike. That loop is for the figure only: it would be too short
// on a processor that has become faster since. Waits look at the clock then.
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Arch;
using Commence.Debug;
using Commence.Locking;
using Commence.Smp;

namespace Commence.Time;

/// <summary>Busy waits (Linux: <c>udelay</c>, <c>calibrate_delay</c>).</summary>
public static class Delay
{
    /// <summary>The longest wait: who needs more must sleep.</summary>
    public const uint MicrosecondsMax = 20_000;

    private const ulong SpanNs = 1_000_000; // of a measurement of the loop
    private const int RoundsMax = 5;
    private const int AgreementShift = 6;
    private const ulong LoopsFirst = 4096;
    private const ulong LoopsMax = 1UL << 40;

    // Written by the boot processor before the others start.
    private static ulong s_loopsPerTick;
    private static bool s_isCounted; // a turn is a cycle of the counter

    private static uint s_turns; // what the loop counts, for nobody: shared, and wrong with several that wait

    /// <summary>Turns of the delay loop in a tick (Linux: <c>loops_per_jiffy</c>); 0 before <see cref="Calibrate"/>.</summary>
    public static ulong LoopsPerTick => s_loopsPerTick;

    /// <summary>Finds the figure and prints it.</summary>
    /// <remarks>Context: boot, on the boot processor, when the clock runs. IRQs: on.</remarks>
    internal static void Calibrate()
    {
        s_isCounted = !TimeParameters.IsCycleCounterUnstable;
        ulong counted = LogClock.CyclesPerMillisecond * 1000 / Limits.TicksPerSecond;
        ulong preset = TimeParameters.LoopsPerTick;
        s_loopsPerTick = preset != 0 ? preset : s_isCounted ? counted : MeasureLoop();
        Processor.Current.LoopsPerTick = s_loopsPerTick;

        ReadOnlySpan<byte> how = preset != 0 ? " (skipped) preset value.. "u8
            : s_isCounted ? " (skipped), value calculated using timer frequency.. "u8 : "... "u8;
        Printk.Info($"Calibrating delay loop{how}{new BogoMips(s_loopsPerTick)} BogoMIPS (lpj={s_loopsPerTick})");
    }

    /// <summary>Waits, without sleeping, at least so long.</summary>
    /// <param name="us">Up to <see cref="MicrosecondsMax"/>.</param>
    /// <remarks>Context: any after <see cref="Calibrate"/>, NMI excluded; the caller cannot be moved to another processor, or does
    /// not mind a wait that is longer or, where the processors' counters disagree, shorter by as much as they do.</remarks>
    public static void Microseconds(uint us)
    {
        Bug.On(us > MicrosecondsMax);
        if (s_isCounted)
            WaitCycles((us * LogClock.CyclesPerMillisecond / 1000) + 1);
        else
            WaitUntil(Clock.After(Nanoseconds.FromMicroseconds(us)));
    }

    private static void WaitCycles(ulong cycles)
    {
        ulong begin = Cpu.ReadCycles();
        while (Cpu.ReadCycles() - begin < cycles) // ends: the counter was measured, so it runs
            Cpu.Relax();
    }

    private static void WaitUntil(Nanoseconds deadline)
    {
        while (Clock.Monotonic() < deadline) // ends: the clock runs
            Cpu.Relax();
    }

    // As often as it takes until two in a row agree; the tick and the host disturb.
    private static ulong MeasureLoop()
    {
        ulong last = 0;
        for (int i = 0; i < RoundsMax; i++)
        {
            ulong now = MeasureOnce();
            if (last != 0 && Math.Max(now, last) - Math.Min(now, last) <= now >> AgreementShift)
                return Math.Max(now, last);
            last = Math.Max(now, last); // what disturbs makes it less
        }

        return last;
    }

    private static ulong MeasureOnce()
    {
        for (ulong loops = LoopsFirst; loops < LoopsMax; loops *= 2)
        {
            ulong begin = Clock.Monotonic().Value;
            Spin(loops);
            ulong taken = Clock.Monotonic().Value - begin;
            if (taken >= SpanNs)
                return Math.Max(1, loops * Limits.TickNanoseconds / taken);
        }

        return LoopsMax; // the clock stands: nothing that waits for it would end either
    }

    // A store that the compiler may not leave out.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Spin(ulong loops)
    {
        for (ulong i = 0; i < loops; i++)
            Volatile.Write(ref s_turns, (uint)i);
    }
}
