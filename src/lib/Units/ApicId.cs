// Source: SDM Vol 3A §10.4.6 "Local APIC ID" and §10.12.5.1 "x2APIC States".
using System;
using Commence.Lib;

namespace Commence;

/// <summary>The hardware's number of an x86 processor: 8 bits wide, or 32 with x2APIC.</summary>
public readonly struct ApicId : IEquatable<ApicId>, IComparable<ApicId>, ITextFormattable
{
    private readonly uint _value;

    public ApicId(uint value) => _value = value;

    /// <summary>The plain number.</summary>
    public uint Value => _value;

    /// <summary>A local APIC in xAPIC mode can address it: it fits in 8 bits and is not the broadcast address.</summary>
    public bool FitsXApic => _value < 0xFF;

    /// <summary>Writes the number in decimal.</summary>
    public void Format(ref TextWriter text) => text.Append(_value);

    public bool Equals(ApicId other) => _value == other._value;

    public int CompareTo(ApicId other) => _value < other._value ? -1 : _value > other._value ? 1 : 0;

    public static explicit operator ApicId(uint value) => new(value);

    public static explicit operator uint(ApicId value) => value._value;

    public static bool operator ==(ApicId left, ApicId right) => left._value == right._value;

    public static bool operator !=(ApicId left, ApicId right) => left._value != right._value;

    public static bool operator <(ApicId left, ApicId right) => left._value < right._value;

    public static bool operator >(ApicId left, ApicId right) => left._value > right._value;

    public static bool operator <=(ApicId left, ApicId right) => left._value <= right._value;

    public static bool operator >=(ApicId left, ApicId right) => left._value >= right._value;
}
