// The kernel's unit of time. Clocks convert from their own ticks once, when they are read.
using System;
using Commence.Lib;

namespace Commence;

/// <summary>A duration, or a time since boot, in nanoseconds. It lasts 584 years.</summary>
public readonly struct Nanoseconds : IEquatable<Nanoseconds>, IComparable<Nanoseconds>, ITextFormattable
{
    private readonly ulong _value;

    public Nanoseconds(ulong value) => _value = value;

    /// <summary>The plain number.</summary>
    public ulong Value => _value;

    /// <summary>Nanoseconds of a second.</summary>
    public const ulong PerSecond = 1_000_000_000;

    public static Nanoseconds FromMicroseconds(ulong value) => new(value * 1000);

    public static Nanoseconds FromMilliseconds(ulong value) => new(value * 1_000_000);

    public static Nanoseconds FromSeconds(ulong value) => new(value * PerSecond);

    /// <summary>The time that never comes.</summary>
    public static Nanoseconds MaxValue => new(ulong.MaxValue);

    /// <summary>Whole microseconds; the rest is cut off.</summary>
    public ulong Microseconds => _value / 1000;

    /// <summary>Whole milliseconds; the rest is cut off.</summary>
    public ulong Milliseconds => _value / 1_000_000;

    /// <summary>Whole seconds; the rest is cut off.</summary>
    public ulong Seconds => _value / PerSecond;

    /// <summary>Writes the duration in the largest unit that it reaches: <c>125 ns</c>, <c>1.500 us</c>, <c>20.000 ms</c>, <c>3.000 s</c>.</summary>
    public void Format(ref TextWriter text)
    {
        if (_value < 1000)
        {
            text.Append(_value);
            text.Append(" ns"u8);
        }
        else if (_value < 1_000_000)
        {
            AppendThousandths(ref text, _value);
            text.Append(" us"u8);
        }
        else if (_value < PerSecond)
        {
            AppendThousandths(ref text, _value / 1000);
            text.Append(" ms"u8);
        }
        else
        {
            AppendThousandths(ref text, _value / 1_000_000);
            text.Append(" s"u8);
        }
    }

    private static void AppendThousandths(ref TextWriter text, ulong thousandths)
    {
        text.Append(thousandths / 1000);
        text.Append((byte)'.');
        text.AppendPadded(thousandths % 1000, 3, (byte)'0');
    }

    public bool Equals(Nanoseconds other) => _value == other._value;

    public int CompareTo(Nanoseconds other) => _value < other._value ? -1 : _value > other._value ? 1 : 0;

    public static explicit operator Nanoseconds(ulong value) => new(value);

    public static explicit operator ulong(Nanoseconds value) => value._value;

    public static Nanoseconds operator +(Nanoseconds left, Nanoseconds right) => new(left._value + right._value);

    public static Nanoseconds operator -(Nanoseconds left, Nanoseconds right) => new(left._value - right._value);

    public static bool operator ==(Nanoseconds left, Nanoseconds right) => left._value == right._value;

    public static bool operator !=(Nanoseconds left, Nanoseconds right) => left._value != right._value;

    public static bool operator <(Nanoseconds left, Nanoseconds right) => left._value < right._value;

    public static bool operator >(Nanoseconds left, Nanoseconds right) => left._value > right._value;

    public static bool operator <=(Nanoseconds left, Nanoseconds right) => left._value <= right._value;

    public static bool operator >=(Nanoseconds left, Nanoseconds right) => left._value >= right._value;
}
