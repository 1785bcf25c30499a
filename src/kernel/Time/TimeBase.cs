// A moment at which both a counter and the time were known, and how to go on from there.
//
// Counters wrap: what lies between two readings is taken modulo the counter's range. The last eighth of the range stands for
// "a little before the base": a processor may have read its counter just before another moved the base, and counters that
// agree to a few cycles only are read on different processors. So a base holds for 7/8 of a wrap (4 s of ACPI's 24-bit
// timer), and is moved after 1/8.
namespace Commence.Time;

/// <summary>From a counter's value to time.</summary>
internal readonly struct TimeBase
{
    private const int EighthShift = 3;

    private readonly CycleScale _scale;
    private readonly ulong _mask;
    private readonly ulong _count;
    private readonly ulong _ns;

    /// <summary>A base from which a counter goes on.</summary>
    internal TimeBase(ulong frequencyHz, ulong mask, ulong count, ulong ns)
        : this(CycleScale.FromFrequency(frequencyHz), mask, count, ns)
    {
    }

    private TimeBase(CycleScale scale, ulong mask, ulong count, ulong ns)
    {
        _scale = scale;
        _mask = mask;
        _count = count;
        _ns = ns;
    }

    /// <summary>Whether it is a base; default(TimeBase) gives 0 for any count.</summary>
    internal bool IsSet => _scale.IsSet;

    /// <summary>The time at which the counter has a value; the base's own time if the value lies before it.</summary>
    internal ulong ToNanoseconds(ulong count) => _ns + _scale.ToNanoseconds(Elapsed(count));

    /// <summary>Whether the base must be moved before the counter comes round.</summary>
    internal bool IsOld(ulong count) => Elapsed(count) > _mask >> EighthShift;

    /// <summary>The same clock from a later base. Loses less than a nanosecond.</summary>
    internal TimeBase MoveTo(ulong count)
    {
        ulong elapsed = Elapsed(count);
        return new TimeBase(_scale, _mask, (_count + elapsed) & _mask, _ns + _scale.ToNanoseconds(elapsed));
    }

    private ulong Elapsed(ulong count)
    {
        ulong elapsed = (count - _count) & _mask;
        return elapsed > _mask - (_mask >> EighthShift) ? 0 : elapsed;
    }
}
