// A free-running counter as a reference clock.
//
// The counter can be read at any time, so it does not matter when: only that the processor's own clocks are read at the same
// moment. A virtual processor may be stopped between the two reads, for milliseconds; so each pair is read several times, and
// the one is taken that took the least time. That makes this the best kind of reference on a host that is busy: how far it may
// be off is known, namely by the time that those pairs took and by a count of the counter at each end.
using System;
using Commence.Arch;

namespace Commence.Time;

/// <summary>Measures intervals by polling a <see cref="ClockSource"/>.</summary>
public sealed class CounterReference : ReferenceClock
{
    // A read of a device register takes 0.1 µs at least, and the slowest counter counts each 0.3 µs: one that has not changed
    // after so many reads stands still, and one that has not passed an interval of 50 ms is not what it claims to be.
    private const int StandstillReadsMax = 10_000;
    private const int ReadsMax = 2_000_000;
    private const int PairsMax = 5;

    private readonly ClockSource _counter;

    /// <summary>Takes a counter for a reference.</summary>
    public CounterReference(ClockSource counter) => _counter = counter;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _counter.Name;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Absence => default;

    /// <summary>Whether the counter counts.</summary>
    /// <remarks>Context: any.</remarks>
    public bool IsRunning
    {
        get
        {
            ulong first = _counter.Read();
            for (int i = 0; i < StandstillReadsMax; i++)
            {
                if (((_counter.Read() - first) & _counter.Mask) != 0)
                    return true;
            }

            return false;
        }
    }

    /// <inheritdoc/>
    public override bool TryMeasure(Nanoseconds duration, out MeasuredInterval interval)
    {
        interval = default;
        if (!IsRunning)
            return false;

        ulong begin = ReadPair(out TimerMeasurement ownBegin, out ulong beginWidth);
        TimeBase time = new(_counter.FrequencyHz, _counter.Mask, begin, ns: 0);
        for (int i = 0; i < ReadsMax && time.ToNanoseconds(_counter.Read()) < duration.Value; i++)
            Cpu.Relax();

        ulong end = ReadPair(out TimerMeasurement ownEnd, out ulong endWidth);
        TimerMeasurement own = ownEnd.Since(in ownBegin);
        ulong counts = (end - begin) & _counter.Mask;

        // One that comes round in less than a second may have done so unseen, if the host ran something else meanwhile.
        bool isUnambiguous = _counter.Mask >= _counter.FrequencyHz && counts != 0;
        ulong loose = isUnambiguous ? beginWidth + endWidth + (2 * own.Cycles / counts) : MeasuredInterval.Unbounded;
        interval = new MeasuredInterval(own, new Nanoseconds(time.ToNanoseconds(end)), loose);
        return interval.Length.Value >= duration.Value;
    }

    private ulong ReadPair(out TimerMeasurement own, out ulong narrowest)
    {
        own = default;
        ulong count = 0;
        narrowest = ulong.MaxValue;
        for (int i = 0; i < PairsMax; i++)
        {
            ulong before = Cpu.ReadCycles();
            ulong counted = _counter.Read();
            TimerMeasurement now = InterruptController.ReadTimers();
            if (now.Cycles - before >= narrowest)
                continue;
            narrowest = now.Cycles - before;
            count = counted;
            own = now;
        }

        return count;
    }
}
