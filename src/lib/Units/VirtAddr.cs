// A kernel virtual address. Addresses of user space are UserAddr, so that the two cannot be confused.
using System;
using System.Numerics;
using Commence.Lib;

namespace Commence;

/// <summary>An address in the kernel's half of the address space.</summary>
public readonly struct VirtAddr : IEquatable<VirtAddr>, IComparable<VirtAddr>, ITextFormattable
{
    private readonly ulong _value;

    /// <summary>Names the byte at <paramref name="value"/>.</summary>
    public VirtAddr(ulong value) => _value = value;

    /// <summary>The plain number.</summary>
    public ulong Value => _value;

    /// <summary>Address 0.</summary>
    public bool IsNull => _value == 0;

    /// <summary>Bytes from the start of its page.</summary>
    public int PageOffset => (int)(_value & (Limits.PageSizeBytes - 1));

    /// <summary>The address, or the nearest below it, that is a multiple of <paramref name="alignment"/>, a power of two.</summary>
    public VirtAddr AlignDown(ulong alignment)
    {
        Misuse.On(!BitOperations.IsPow2(alignment));
        return new VirtAddr(_value & ~(alignment - 1));
    }

    /// <summary>The address, or the nearest above it, that is a multiple of <paramref name="alignment"/>, a power of two.</summary>
    /// <remarks>Wraps to 0 above the last multiple.</remarks>
    public VirtAddr AlignUp(ulong alignment) => new VirtAddr(_value + alignment - 1).AlignDown(alignment);

    /// <summary>A multiple of <paramref name="alignment"/>, a power of two.</summary>
    public bool IsAligned(ulong alignment) => AlignDown(alignment) == this;

    /// <summary>Adds without wrapping, for offsets that a table supplies.</summary>
    /// <returns>False if the sum does not fit in 64 bits.</returns>
    public bool TryAdd(ulong offset, out VirtAddr sum)
    {
        sum = new VirtAddr(_value + offset);
        return sum._value >= _value;
    }

    /// <summary>Writes <c>0x</c> and 16 hexadecimal digits.</summary>
    public void Format(ref TextWriter text)
    {
        text.Append("0x"u8);
        text.AppendHex(_value, 16);
    }

    public bool Equals(VirtAddr other) => _value == other._value;

    public int CompareTo(VirtAddr other) => _value < other._value ? -1 : _value > other._value ? 1 : 0;

    public static explicit operator VirtAddr(ulong value) => new(value);

    public static explicit operator ulong(VirtAddr address) => address._value;

    public static VirtAddr operator +(VirtAddr address, ulong offset) => new(address._value + offset);

    public static VirtAddr operator -(VirtAddr address, ulong offset) => new(address._value - offset);

    /// <summary>Bytes from <paramref name="start"/> up to <paramref name="end"/>.</summary>
    public static ulong operator -(VirtAddr end, VirtAddr start) => end._value - start._value;

    public static bool operator ==(VirtAddr left, VirtAddr right) => left._value == right._value;

    public static bool operator !=(VirtAddr left, VirtAddr right) => left._value != right._value;

    public static bool operator <(VirtAddr left, VirtAddr right) => left._value < right._value;

    public static bool operator >(VirtAddr left, VirtAddr right) => left._value > right._value;

    public static bool operator <=(VirtAddr left, VirtAddr right) => left._value <= right._value;

    public static bool operator >=(VirtAddr left, VirtAddr right) => left._value >= right._value;
}
