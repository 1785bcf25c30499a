// Processors are numbered from 0, the boot processor, in the order in which firmware lists them. The hardware's own
// number is ApicId: the two differ as soon as firmware leaves a gap.
using System;
using Commence.Lib;

namespace Commence;

/// <summary>The kernel's number of a processor (Linux: <c>smp_processor_id()</c>).</summary>
public readonly struct CpuId : IEquatable<CpuId>, IComparable<CpuId>, ITextFormattable
{
    private readonly int _value;

    public CpuId(int value) => _value = value;

    /// <summary>The plain number.</summary>
    public int Value => _value;

    /// <summary>A number below <see cref="Limits.CpuCountMax"/>.</summary>
    public bool IsValid => (uint)_value < Limits.CpuCountMax;

    /// <summary>Writes the number in decimal.</summary>
    public void Format(ref TextWriter text) => text.Append(_value);

    public bool Equals(CpuId other) => _value == other._value;

    public int CompareTo(CpuId other) => _value < other._value ? -1 : _value > other._value ? 1 : 0;

    public static explicit operator CpuId(int value) => new(value);

    public static explicit operator int(CpuId value) => value._value;

    public static bool operator ==(CpuId left, CpuId right) => left._value == right._value;

    public static bool operator !=(CpuId left, CpuId right) => left._value != right._value;

    public static bool operator <(CpuId left, CpuId right) => left._value < right._value;

    public static bool operator >(CpuId left, CpuId right) => left._value > right._value;

    public static bool operator <=(CpuId left, CpuId right) => left._value <= right._value;

    public static bool operator >=(CpuId left, CpuId right) => left._value >= right._value;
}
