// Physical memory is counted in frames of Limits.PageSizeBytes.
using System;
using Commence.Lib;

namespace Commence;

/// <summary>A page frame number: a physical address divided by the page size.</summary>
public readonly struct Pfn : IEquatable<Pfn>, IComparable<Pfn>, ITextFormattable
{
    private readonly ulong _value;

    public Pfn(ulong value) => _value = value;

    /// <summary>The plain number.</summary>
    public ulong Value => _value;

    /// <summary>The first byte of the frame.</summary>
    public PhysAddr Address => new(_value << Limits.PageShift);

    /// <summary>Writes <c>0x</c> and the number in hexadecimal.</summary>
    public void Format(ref TextWriter text)
    {
        text.Append("0x"u8);
        text.AppendHex(_value);
    }

    public bool Equals(Pfn other) => _value == other._value;

    public int CompareTo(Pfn other) => _value < other._value ? -1 : _value > other._value ? 1 : 0;

    public static explicit operator Pfn(ulong value) => new(value);

    public static explicit operator ulong(Pfn value) => value._value;

    public static Pfn operator +(Pfn frame, ulong count) => new(frame._value + count);

    public static Pfn operator -(Pfn frame, ulong count) => new(frame._value - count);

    /// <summary>Frames from <paramref name="start"/> up to <paramref name="end"/>.</summary>
    public static ulong operator -(Pfn end, Pfn start) => end._value - start._value;

    public static bool operator ==(Pfn left, Pfn right) => left._value == right._value;

    public static bool operator !=(Pfn left, Pfn right) => left._value != right._value;

    public static bool operator <(Pfn left, Pfn right) => left._value < right._value;

    public static bool operator >(Pfn left, Pfn right) => left._value > right._value;

    public static bool operator <=(Pfn left, Pfn right) => left._value <= right._value;

    public static bool operator >=(Pfn left, Pfn right) => left._value >= right._value;
}
