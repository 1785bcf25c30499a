// A physical address: what page tables and devices hold. It cannot be dereferenced; DirectMap gives a window on it.
using System;
using System.Numerics;
using Commence.Lib;

namespace Commence;

/// <summary>An address on the memory bus.</summary>
public readonly struct PhysAddr : IEquatable<PhysAddr>, IComparable<PhysAddr>, ITextFormattable
{
    private readonly ulong _value;

    /// <summary>Names the byte at <paramref name="value"/>.</summary>
    public PhysAddr(ulong value) => _value = value;

    /// <summary>The plain number.</summary>
    public ulong Value => _value;

    /// <summary>Address 0.</summary>
    public bool IsNull => _value == 0;

    /// <summary>Bytes from the start of its page.</summary>
    public int PageOffset => (int)(_value & (Limits.PageSizeBytes - 1));

    /// <summary>The page frame that contains it.</summary>
    public Pfn Frame => new(_value >> Limits.PageShift);

    /// <summary>The address, or the nearest below it, that is a multiple of <paramref name="alignment"/>, a power of two.</summary>
    public PhysAddr AlignDown(ulong alignment)
    {
        Misuse.On(!BitOperations.IsPow2(alignment));
        return new PhysAddr(_value & ~(alignment - 1));
    }

    /// <summary>The address, or the nearest above it, that is a multiple of <paramref name="alignment"/>, a power of two.</summary>
    /// <remarks>Wraps to 0 above the last multiple.</remarks>
    public PhysAddr AlignUp(ulong alignment) => new PhysAddr(_value + alignment - 1).AlignDown(alignment);

    /// <summary>A multiple of <paramref name="alignment"/>, a power of two.</summary>
    public bool IsAligned(ulong alignment) => AlignDown(alignment) == this;

    /// <summary>Adds without wrapping, for offsets that firmware supplies.</summary>
    /// <returns>False if the sum does not fit in 64 bits.</returns>
    public bool TryAdd(ulong offset, out PhysAddr sum)
    {
        sum = new PhysAddr(_value + offset);
        return sum._value >= _value;
    }

    /// <summary>Writes <c>0x</c> and 16 hexadecimal digits.</summary>
    public void Format(ref TextWriter text)
    {
        text.Append("0x"u8);
        text.AppendHex(_value, 16);
    }

    public bool Equals(PhysAddr other) => _value == other._value;

    public int CompareTo(PhysAddr other) => _value < other._value ? -1 : _value > other._value ? 1 : 0;

    public static explicit operator PhysAddr(ulong value) => new(value);

    public static explicit operator ulong(PhysAddr address) => address._value;

    public static PhysAddr operator +(PhysAddr address, ulong offset) => new(address._value + offset);

    public static PhysAddr operator -(PhysAddr address, ulong offset) => new(address._value - offset);

    /// <summary>Bytes from <paramref name="start"/> up to <paramref name="end"/>.</summary>
    public static ulong operator -(PhysAddr end, PhysAddr start) => end._value - start._value;

    public static bool operator ==(PhysAddr left, PhysAddr right) => left._value == right._value;

    public static bool operator !=(PhysAddr left, PhysAddr right) => left._value != right._value;

    public static bool operator <(PhysAddr left, PhysAddr right) => left._value < right._value;

    public static bool operator >(PhysAddr left, PhysAddr right) => left._value > right._value;

    public static bool operator <=(PhysAddr left, PhysAddr right) => left._value <= right._value;

    public static bool operator >=(PhysAddr left, PhysAddr right) => left._value >= right._value;
}
