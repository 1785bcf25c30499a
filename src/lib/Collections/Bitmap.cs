// A set of small numbers as bits of 64-bit words, over storage of the caller.
//
// Bits of the last word at and above Length belong to nobody: they are neither read as set nor changed.
using System;
using System.Numerics;
using System.Threading;

namespace Commence.Lib;

/// <summary>A window on a bitmap, made anew for each use (Linux: <c>bitmap_*</c>, <c>find_next_bit</c>).</summary>
/// <remarks>Context: any. The caller's lock protects it, except where a method says "atomic".</remarks>
public readonly ref struct Bitmap
{
    private const int WordBits = 64;

    private readonly Span<ulong> _words;
    private readonly int _length;

    /// <summary>Views all bits of <paramref name="words"/>.</summary>
    public Bitmap(Span<ulong> words)
        : this(words, words.Length * WordBits)
    {
    }

    /// <summary>Views the first <paramref name="length"/> bits of <paramref name="words"/>.</summary>
    public Bitmap(Span<ulong> words, int length)
    {
        Misuse.On(length < 0 || WordsFor(length) > words.Length);
        _words = words;
        _length = length;
    }

    /// <summary>Bits in the map.</summary>
    public int Length => _length;

    /// <summary>Words that a map of <paramref name="bits"/> bits needs.</summary>
    public static int WordsFor(int bits) => (int)(((uint)bits + WordBits - 1) / WordBits);

    public bool this[int index]
    {
        get
        {
            Misuse.On((uint)index >= (uint)_length);
            return (_words[index / WordBits] & Bit(index)) != 0;
        }
    }

    public void Set(int index)
    {
        Misuse.On((uint)index >= (uint)_length);
        _words[index / WordBits] |= Bit(index);
    }

    public void Clear(int index)
    {
        Misuse.On((uint)index >= (uint)_length);
        _words[index / WordBits] &= ~Bit(index);
    }

    /// <summary>Sets a bit; atomic, a full barrier. x64: a <c>lock cmpxchg</c> loop.</summary>
    /// <returns>False if it was set already.</returns>
    public bool TrySetAtomic(int index)
    {
        Misuse.On((uint)index >= (uint)_length);
        return (Interlocked.Or(ref _words[index / WordBits], Bit(index)) & Bit(index)) == 0;
    }

    /// <summary>Clears a bit; atomic, a full barrier. x64: a <c>lock cmpxchg</c> loop.</summary>
    /// <returns>False if it was clear already.</returns>
    public bool TryClearAtomic(int index)
    {
        Misuse.On((uint)index >= (uint)_length);
        return (Interlocked.And(ref _words[index / WordBits], ~Bit(index)) & Bit(index)) != 0;
    }

    public void SetRange(int start, int count)
    {
        CheckRange(start, count);
        for (int at = start; at < start + count; at = NextWord(at))
            _words[at / WordBits] |= WordMask(at, start + count);
    }

    public void ClearRange(int start, int count)
    {
        CheckRange(start, count);
        for (int at = start; at < start + count; at = NextWord(at))
            _words[at / WordBits] &= ~WordMask(at, start + count);
    }

    /// <summary>How many bits are set.</summary>
    public int CountSet()
    {
        int count = 0;
        for (int at = 0; at < _length; at += WordBits)
            count += BitOperations.PopCount(_words[at / WordBits] & WordMask(at, _length));
        return count;
    }

    /// <summary>Finds the first set bit at or above <paramref name="start"/>.</summary>
    /// <returns>-1 if there is none.</returns>
    public int FindSet(int start = 0) => Find(start, invert: 0);

    /// <summary>Finds the first clear bit at or above <paramref name="start"/>.</summary>
    /// <returns>-1 if there is none.</returns>
    public int FindClear(int start = 0) => Find(start, invert: ulong.MaxValue);

    /// <summary>Finds the first <paramref name="count"/> clear bits in a row at or above <paramref name="start"/>, the first
    /// of them a multiple of <paramref name="alignment"/>.</summary>
    /// <returns>-1 if there are none.</returns>
    public int FindClearRange(int count, int start = 0, int alignment = 1)
    {
        Misuse.On(count <= 0 || start < 0 || alignment <= 0);
        long at = start;
        while (true)
        {
            at = (at + alignment - 1) / alignment * alignment;
            if (at + count > _length)
                return -1;

            int obstacle = FindSet((int)at);
            if (obstacle < 0 || obstacle >= at + count)
                return (int)at;
            at = (long)obstacle + 1;
        }
    }

    private int Find(int start, ulong invert)
    {
        Misuse.On(start < 0);
        for (int at = start; at < _length; at = NextWord(at))
        {
            ulong word = (_words[at / WordBits] ^ invert) & WordMask(at, _length);
            if (word != 0)
                return (at & -WordBits) + BitOperations.TrailingZeroCount(word);
        }

        return -1;
    }

    private void CheckRange(int start, int count) => Misuse.On(start < 0 || count < 0 || start > _length - count);

    private static int NextWord(int at) => (at & -WordBits) + WordBits;

    // The bits of at's word from `at` up to, and without, `end`.
    private static ulong WordMask(int at, int end)
    {
        ulong mask = ulong.MaxValue << (at % WordBits);
        int left = end - (at & -WordBits);
        return left >= WordBits ? mask : mask & ((1ul << left) - 1);
    }

    private static ulong Bit(int index) => 1ul << (index % WordBits);
}
