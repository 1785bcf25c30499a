// A user-space address: hostile until UserMemory has copied through it.
using System;
using System.Numerics;
using Commence.Lib;

namespace Commence;

/// <summary>An address that a program gave, not yet checked.</summary>
public readonly struct UserAddr : IEquatable<UserAddr>, IComparable<UserAddr>, ITextFormattable
{
    private readonly ulong _value;

    /// <summary>Names the byte at <paramref name="value"/>.</summary>
    public UserAddr(ulong value) => _value = value;

    /// <summary>The plain number.</summary>
    public ulong Value => _value;

    /// <summary>Address 0.</summary>
    public bool IsNull => _value == 0;

    /// <summary>Bytes from the start of its page.</summary>
    public int PageOffset => (int)(_value & (Limits.PageSizeBytes - 1));

    /// <summary>The address, or the nearest below it, that is a multiple of <paramref name="alignment"/>, a power of two.</summary>
    public UserAddr AlignDown(ulong alignment)
    {
        Misuse.On(!BitOperations.IsPow2(alignment));
        return new UserAddr(_value & ~(alignment - 1));
    }

    /// <summary>The address, or the nearest above it, that is a multiple of <paramref name="alignment"/>, a power of two.</summary>
    /// <remarks>Wraps to 0 above the last multiple.</remarks>
    public UserAddr AlignUp(ulong alignment) => new UserAddr(_value + alignment - 1).AlignDown(alignment);

    /// <summary>A multiple of <paramref name="alignment"/>, a power of two.</summary>
    public bool IsAligned(ulong alignment) => AlignDown(alignment) == this;

    /// <summary>Adds without wrapping, for offsets that a program supplies.</summary>
    /// <returns>False if the sum does not fit in 64 bits.</returns>
    public bool TryAdd(ulong offset, out UserAddr sum)
    {
        sum = new UserAddr(_value + offset);
        return sum._value >= _value;
    }

    /// <summary>Writes <c>0x</c> and 16 hexadecimal digits.</summary>
    public void Format(ref TextWriter text)
    {
        text.Append("0x"u8);
        text.AppendHex(_value, 16);
    }

    public bool Equals(UserAddr other) => _value == other._value;

    public int CompareTo(UserAddr other) => _value < other._value ? -1 : _value > other._value ? 1 : 0;

    public static explicit operator UserAddr(ulong value) => new(value);

    public static explicit operator ulong(UserAddr address) => address._value;

    public static UserAddr operator +(UserAddr address, ulong offset) => new(address._value + offset);

    public static UserAddr operator -(UserAddr address, ulong offset) => new(address._value - offset);

    /// <summary>Bytes from <paramref name="start"/> up to <paramref name="end"/>.</summary>
    public static ulong operator -(UserAddr end, UserAddr start) => end._value - start._value;

    public static bool operator ==(UserAddr left, UserAddr right) => left._value == right._value;

    public static bool operator !=(UserAddr left, UserAddr right) => left._value != right._value;

    public static bool operator <(UserAddr left, UserAddr right) => left._value < right._value;

    public static bool operator >(UserAddr left, UserAddr right) => left._value > right._value;

    public static bool operator <=(UserAddr left, UserAddr right) => left._value <= right._value;

    public static bool operator >=(UserAddr left, UserAddr right) => left._value >= right._value;
}
