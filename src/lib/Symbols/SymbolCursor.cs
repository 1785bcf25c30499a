// Reads the variable-length numbers of a symbol table.
//
// Invariant: reading past the end, or a number that does not end, gives 0 and sets IsDamaged; it never faults.
using System;

namespace Commence.Lib.Symbols;

/// <summary>A position in the records of a symbol table.</summary>
internal ref struct SymbolCursor
{
    private const int VarintBytesMax = 5;

    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;

    internal SymbolCursor(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _at = 0;
        IsDamaged = false;
    }

    /// <summary>Whether something was read that is not there.</summary>
    internal bool IsDamaged { get; private set; }

    internal readonly bool AtEnd => _at >= _bytes.Length;

    internal byte ReadByte()
    {
        if (AtEnd)
        {
            IsDamaged = true;
            return 0;
        }
        return _bytes[_at++];
    }

    internal uint ReadVarint()
    {
        uint value = 0;
        for (int i = 0; i < VarintBytesMax; i++)
        {
            byte part = ReadByte();
            value |= (uint)(part & 0x7f) << (7 * i);
            if ((part & 0x80) == 0)
                return value;
        }
        IsDamaged = true;
        return 0;
    }

    /// <summary>Reads a signed number: 0, -1, 1, -2 … are written as 0, 1, 2, 3 …</summary>
    internal int ReadZigzag() => DecodeZigzag(ReadVarint());

    internal static int DecodeZigzag(uint value) => (int)(value >> 1) ^ -(int)(value & 1);

    /// <summary>Takes the next <paramref name="count"/> bytes; what is missing is left out.</summary>
    internal ReadOnlySpan<byte> Take(uint count)
    {
        uint left = (uint)(_bytes.Length - _at);
        if (count > left)
        {
            IsDamaged = true;
            count = left;
        }
        ReadOnlySpan<byte> taken = _bytes.Slice(_at, (int)count);
        _at += (int)count;
        return taken;
    }
}
