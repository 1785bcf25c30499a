// A canonical Huffman code as deflate uses it, given by nothing but the length of each symbol's code.
//
// Decoding looks the next bits up in a root table: an entry holds symbol and length of every code that is not longer than the
// table's index. Longer codes, which by their nature are rare, are found bit by bit: among codes of one length, those of
// symbols in ascending order are consecutive numbers, so a length's first code and count say which symbol a code means.
// Source: RFC 1951 §3.2.2 "Use of Huffman coding in the 'deflate' format".
using System;

namespace Commence.Firmware.Gzip;

/// <summary>Makes and reads the tables of one code; they lie in the caller's memory.</summary>
internal readonly ref struct HuffmanCode
{
    public const int LengthMax = 15;

    /// <summary>How many counts a code keeps: one per length, and one for symbols without a code.</summary>
    public const int CountsLength = LengthMax + 1;

    private const int LengthBits = 4;
    private const int LengthMask = (1 << LengthBits) - 1;

    private readonly Span<ushort> _root;       // symbol << 4 | length; 0 where no short code matches
    private readonly Span<ushort> _counts;     // codes by length
    private readonly Span<ushort> _symbols;    // ordered by code

    /// <param name="root">The root table; its length is a power of two.</param>
    /// <param name="counts"><see cref="CountsLength"/> numbers.</param>
    /// <param name="symbols">As many as there may be symbols.</param>
    public HuffmanCode(Span<ushort> root, Span<ushort> counts, Span<ushort> symbols)
    {
        _root = root;
        _counts = counts;
        _symbols = symbols;
    }

    /// <summary>What a lookup found.</summary>
    public enum Lookup
    {
        Found,

        /// <summary>The bits at hand begin a longer code.</summary>
        NeedsBits,

        /// <summary>No code begins with these bits.</summary>
        Invalid,
    }

    /// <summary>Makes the tables.</summary>
    /// <param name="lengths">Each symbol's code length; 0 if it has no code.</param>
    /// <param name="allowsSingle">A code with one symbol, of length 1, is right although it is not complete.</param>
    /// <returns>False if the lengths promise more codes than there are, or leave some over.</returns>
    public bool TryBuild(ReadOnlySpan<byte> lengths, bool allowsSingle)
    {
        _counts.Clear();
        foreach (byte length in lengths)
            _counts[length]++;

        _root.Clear();
        if (_counts[0] == lengths.Length)
            return true; // no codes at all is right as long as nobody reads one

        int longest = LengthMax;
        while (_counts[longest] == 0)
            longest--;

        int left = 1;
        for (int length = 1; length <= LengthMax; length++)
        {
            left = (left << 1) - _counts[length];
            if (left < 0)
                return false;
        }

        if (left > 0 && !(allowsSingle && longest == 1))
            return false;

        SortSymbols(lengths);
        FillRoot(lengths);
        return true;
    }

    /// <summary>Finds the code that the next bits begin with. Takes nothing.</summary>
    /// <param name="bits">The next bits, the first in bit 0.</param>
    /// <param name="bitCount">How many of them are there.</param>
    /// <param name="symbol">What the code means.</param>
    /// <param name="length">How many bits it has.</param>
    public Lookup TryDecode(ulong bits, int bitCount, out int symbol, out int length)
    {
        int entry = _root[(int)bits & (_root.Length - 1)];
        symbol = entry >> LengthBits;
        length = entry & LengthMask;
        if (entry == 0)
            return DecodeLong(bits, bitCount, out symbol, out length);
        return length <= bitCount ? Lookup.Found : Lookup.NeedsBits;
    }

    private Lookup DecodeLong(ulong bits, int bitCount, out int symbol, out int length)
    {
        int code = 0;
        int first = 0;
        int index = 0;
        symbol = 0;
        for (length = 1; length <= LengthMax; length++, bits >>= 1)
        {
            if (length > bitCount)
                return Lookup.NeedsBits;

            code = (code << 1) | (int)(bits & 1);
            int count = _counts[length];
            if (code - first < count)
            {
                symbol = _symbols[index + code - first];
                return Lookup.Found;
            }

            index += count;
            first = (first + count) << 1;
        }

        return Lookup.Invalid;
    }

    private void SortSymbols(ReadOnlySpan<byte> lengths)
    {
        Span<ushort> next = stackalloc ushort[CountsLength];
        next[1] = 0;
        for (int length = 1; length < LengthMax; length++)
            next[length + 1] = (ushort)(next[length] + _counts[length]);
        for (int symbol = 0; symbol < lengths.Length; symbol++)
        {
            if (lengths[symbol] != 0)
                _symbols[next[lengths[symbol]]++] = (ushort)symbol;
        }
    }

    private void FillRoot(ReadOnlySpan<byte> lengths)
    {
        int code = 0;
        int index = 0;
        for (int length = 1; length <= LengthMax && 1 << length <= _root.Length; length++)
        {
            for (int i = 0; i < _counts[length]; i++, code++, index++)
            {
                ushort entry = (ushort)((_symbols[index] << LengthBits) | length);
                for (int at = Reverse(code, length); at < _root.Length; at += 1 << length)
                    _root[at] = entry;
            }

            code <<= 1;
        }
    }

    // Codes are packed from their most significant bit on, everything else from the least.
    private static int Reverse(int code, int length)
    {
        int reversed = 0;
        for (int i = 0; i < length; i++, code >>= 1)
            reversed = (reversed << 1) | (code & 1);
        return reversed;
    }
}
