// Takes bits from a span of bytes, the least significant bit of each byte first.
//
// Invariant between calls: no more than 7 bits are held that nobody asked for, so that the byte behind the last one used can
// always be named. Only the fast loop holds more, and gives them back.
// Source: RFC 1951 §3.1.1 "Packing into bytes".
using System;
using System.Buffers.Binary;

namespace Commence.Firmware.Gzip;

internal ref struct BitReader
{
    private readonly ReadOnlySpan<byte> _input;
    private ulong _bits;
    private int _count;
    private int _at;

    public BitReader(ReadOnlySpan<byte> input, ulong bits, int count)
    {
        _input = input;
        _bits = bits;
        _count = count;
        _at = 0;
    }

    /// <summary>The bits held, the next in bit 0. Those above <see cref="Count"/> are not to be looked at.</summary>
    public readonly ulong Bits => _bits;

    public readonly int Count => _count;

    /// <summary>How many bytes of the input were taken.</summary>
    public readonly int Consumed => _at;

    /// <summary>How many bytes of the input are left.</summary>
    public readonly int BytesLeft => _input.Length - _at;

    /// <summary>Makes sure that <paramref name="count"/> bits, at most 32, are held.</summary>
    public bool TryHold(int count)
    {
        while (_count < count)
        {
            if (!TryHoldByte())
                return false;
        }

        return true;
    }

    /// <summary>Takes one more byte of the input into the bits held.</summary>
    public bool TryHoldByte()
    {
        if (_at == _input.Length)
            return false;

        _bits |= (ulong)_input[_at++] << _count;
        _count += 8;
        return true;
    }

    /// <summary>Holds at least 56 bits. At least eight bytes of the input must be left.</summary>
    public void HoldMany()
    {
        _bits |= BinaryPrimitives.ReadUInt64LittleEndian(_input.Slice(_at)) << _count;
        _at += (63 - _count) >> 3;
        _count |= 56;
    }

    /// <summary>Gives back the whole bytes that <see cref="HoldMany"/> took too many.</summary>
    public void GiveBack()
    {
        _at -= _count >> 3;
        _count &= 7;
        _bits &= (1UL << _count) - 1;
    }

    public readonly uint Peek(int count) => (uint)(_bits & ((1UL << count) - 1));

    /// <summary>Takes bits that are held.</summary>
    public uint Take(int count)
    {
        uint value = Peek(count);
        Drop(count);
        return value;
    }

    public void Drop(int count)
    {
        _bits >>= count;
        _count -= count;
    }

    /// <summary>Drops what is left of the byte in work.</summary>
    public void AlignToByte() => Drop(_count & 7);

    /// <summary>Takes whole bytes. No bits may be held.</summary>
    public ReadOnlySpan<byte> TakeBytes(int count)
    {
        ReadOnlySpan<byte> bytes = _input.Slice(_at, count);
        _at += count;
        return bytes;
    }
}
