// A set of processors, one bit for each that the kernel can number.
//
// The plain members are for a mask that one owner changes. The Atomic ones may run on several processors at once; each
// word changes atomically, the mask as a whole does not.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Commence.Lib;

/// <summary>A set of <see cref="CpuId"/> (Linux: <c>cpumask</c>). All-zero is the empty set.</summary>
/// <remarks>128 bytes: pass it by <c>ref</c> or <c>in</c>.</remarks>
public struct CpuMask : ITextFormattable
{
    /// <summary>Processors that fit.</summary>
    public const int Capacity = Limits.CpuCountMax;

    private const int WordBits = 64;
    private const int WordCount = Capacity / WordBits;

    private Words _words;

    /// <summary>How many processors are in the set.</summary>
    public readonly int Count
    {
        get
        {
            int count = 0;
            for (int i = 0; i < WordCount; i++)
                count += BitOperations.PopCount(Word(i));
            return count;
        }
    }

    /// <summary>No processor is in the set.</summary>
    public readonly bool IsEmpty => !TryFindFirst(out _);

    /// <summary>The set of one processor.</summary>
    public static CpuMask Of(CpuId cpu)
    {
        CpuMask mask = default;
        mask.Add(cpu);
        return mask;
    }

    /// <summary>The set of the processors 0 to <paramref name="count"/> - 1.</summary>
    public static CpuMask FirstCpus(int count)
    {
        Misuse.On((uint)count > Capacity);
        CpuMask mask = default;
        int full = count / WordBits;
        for (int i = 0; i < full; i++)
            mask._words[i] = ulong.MaxValue;
        if (full < WordCount)
            mask._words[full] = (1ul << (count % WordBits)) - 1;
        return mask;
    }

    /// <summary>The processor is in the set. Reads with acquire order.</summary>
    public readonly bool Contains(CpuId cpu) => (Word(cpu.Value / WordBits) & Bit(cpu)) != 0;

    public void Add(CpuId cpu) => _words[cpu.Value / WordBits] |= Bit(cpu);

    public void Remove(CpuId cpu) => _words[cpu.Value / WordBits] &= ~Bit(cpu);

    /// <summary>Adds a processor; a full barrier. x64: <c>lock or</c>, or a <c>cmpxchg</c> loop.</summary>
    /// <returns>False if it was in the set already.</returns>
    public bool AddAtomic(CpuId cpu) => (Interlocked.Or(ref _words[cpu.Value / WordBits], Bit(cpu)) & Bit(cpu)) == 0;

    /// <summary>Removes a processor; a full barrier. x64: <c>lock and</c>, or a <c>cmpxchg</c> loop.</summary>
    /// <returns>False if it was not in the set.</returns>
    public bool RemoveAtomic(CpuId cpu) => (Interlocked.And(ref _words[cpu.Value / WordBits], ~Bit(cpu)) & Bit(cpu)) != 0;

    public void Clear() => this = default;

    /// <summary>Keeps those that are in <paramref name="other"/> too.</summary>
    public void IntersectWith(in CpuMask other)
    {
        for (int i = 0; i < WordCount; i++)
            _words[i] &= other.Word(i);
    }

    /// <summary>Adds those of <paramref name="other"/>.</summary>
    public void UnionWith(in CpuMask other)
    {
        for (int i = 0; i < WordCount; i++)
            _words[i] |= other.Word(i);
    }

    /// <summary>Removes those of <paramref name="other"/>.</summary>
    public void ExceptWith(in CpuMask other)
    {
        for (int i = 0; i < WordCount; i++)
            _words[i] &= ~other.Word(i);
    }

    public readonly bool SetEquals(in CpuMask other)
    {
        for (int i = 0; i < WordCount; i++)
        {
            if (Word(i) != other.Word(i))
                return false;
        }

        return true;
    }

    /// <summary>Some processor is in both sets.</summary>
    public readonly bool Overlaps(in CpuMask other)
    {
        for (int i = 0; i < WordCount; i++)
        {
            if ((Word(i) & other.Word(i)) != 0)
                return true;
        }

        return false;
    }

    public readonly bool TryFindFirst(out CpuId cpu) => TryFindFrom(0, out cpu);

    /// <summary>Finds the next processor above <paramref name="previous"/>.</summary>
    public readonly bool TryFindNext(CpuId previous, out CpuId cpu) => TryFindFrom(previous.Value + 1, out cpu);

    /// <summary>Visits the processors in ascending order; changes made meanwhile to words not yet reached are seen.</summary>
    [UnscopedRef]
    public readonly Enumerator GetEnumerator() => new(in this);

    /// <summary>Writes the set as ranges: <c>0-3,8,10-11</c>; nothing for the empty set (Linux: <c>cpumap_print_to_pagebuf</c>).</summary>
    public readonly void Format(ref TextWriter text)
    {
        bool isFirst = true;
        int start = 0;
        while (TryFindFrom(start, out CpuId first))
        {
            int last = first.Value;
            while (last + 1 < Capacity && Contains(new CpuId(last + 1)))
                last++;

            if (!isFirst)
                text.Append((byte)',');
            text.Append(first);
            if (last > first.Value)
            {
                text.Append((byte)'-');
                text.Append(last);
            }

            isFirst = false;
            start = last + 1;
        }
    }

    private readonly bool TryFindFrom(int start, out CpuId cpu)
    {
        for (int i = start / WordBits; i < WordCount; i++)
        {
            ulong word = Word(i);
            if (i == start / WordBits)
                word &= ulong.MaxValue << (start % WordBits);
            if (word != 0)
            {
                cpu = new CpuId((i * WordBits) + BitOperations.TrailingZeroCount(word));
                return true;
            }
        }

        cpu = default;
        return false;
    }

    private readonly ulong Word(int index) => Volatile.Read(in _words[index]);

    // A number out of range fails at the word index: the shift takes it modulo 64.
    private static ulong Bit(CpuId cpu) => 1ul << (cpu.Value % WordBits);

    [InlineArray(WordCount)]
    private struct Words
    {
        private ulong _word0;
    }

    /// <summary>The cursor behind <c>foreach</c>.</summary>
    public ref struct Enumerator
    {
        private readonly ref readonly CpuMask _mask;
        private int _current;

        internal Enumerator(ref readonly CpuMask mask)
        {
            _mask = ref mask;
            _current = -1;
        }

        public readonly CpuId Current => new(_current);

        public bool MoveNext()
        {
            if (!_mask.TryFindFrom(_current + 1, out CpuId cpu))
                return false;
            _current = cpu.Value;
            return true;
        }
    }
}
