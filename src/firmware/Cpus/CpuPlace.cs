// Where a processor sits, and which caches it has: what its architecture's decoder found, in terms that hold for all.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Commence.Firmware.Cpus;

/// <summary>Where a processor sits. Processors of one package share a socket, those of one core an execution engine.</summary>
/// <remarks>Two processors are in the same package, die or core if all numbers from the package down to it are equal.</remarks>
public readonly struct CpuPlace : IEquatable<CpuPlace>
{
    public CpuPlace(uint package, uint die, uint core, uint thread)
    {
        Package = package;
        Die = die;
        Core = core;
        Thread = thread;
    }

    /// <summary>Number of the package (socket).</summary>
    public uint Package { get; }

    /// <summary>Number of the die; no other in the machine has it. Where a package is one die: a number of its own all the same.</summary>
    public uint Die { get; }

    /// <summary>Number of the core in its package.</summary>
    public uint Core { get; }

    /// <summary>Number of the thread in its core.</summary>
    public uint Thread { get; }

    public bool IsSamePackage(CpuPlace other) => Package == other.Package;

    public bool IsSameDie(CpuPlace other) => IsSamePackage(other) && Die == other.Die;

    public bool IsSameCore(CpuPlace other) => IsSamePackage(other) && Core == other.Core;

    public bool Equals(CpuPlace other) => IsSameDie(other) && IsSameCore(other) && Thread == other.Thread;
}

/// <summary>What a cache holds.</summary>
public enum CpuCacheKind : byte
{
    None = 0,
    Data = 1,
    Instruction = 2,
    Unified = 3,
}

/// <summary>One cache of a processor.</summary>
public struct CpuCache
{
    /// <summary>1 is the nearest.</summary>
    public byte Level;

    public CpuCacheKind Kind;

    public ushort LineBytes;

    /// <summary>Lines that share one tag.</summary>
    public ushort LinesPerTag;

    public ushort Ways;

    public uint Sets;

    /// <summary>Processors whose caches of this level and kind have the same number share it.</summary>
    public uint Id;

    /// <summary>How much it holds. Saturates: firmware of virtual machines may say anything.</summary>
    public readonly ulong SizeBytes => Math.Min(ulong.MaxValue >> 16, (ulong)Ways * LinesPerTag * LineBytes) * Sets;

    /// <summary>Whether it is the same cache as one of another processor.</summary>
    public readonly bool IsSame(in CpuCache other) => Level == other.Level && Kind == other.Kind && Id == other.Id;
}

/// <summary>The caches of a processor, the nearest first.</summary>
public struct CpuCacheList
{
    /// <summary>More than any processor has.</summary>
    public const int Capacity = 8;

    private Slots _caches;
    private int _count;

    public readonly int Count => _count;

    [UnscopedRef]
    public readonly ReadOnlySpan<CpuCache> Caches => ((ReadOnlySpan<CpuCache>)_caches).Slice(0, _count);

    /// <summary>Adds a cache.</summary>
    /// <returns>False if there is no room.</returns>
    public bool TryAdd(in CpuCache cache)
    {
        if (_count == Capacity)
            return false;
        _caches[_count++] = cache;
        return true;
    }

    /// <summary>Finds the cache of the highest level.</summary>
    public readonly bool TryGetLast(out CpuCache last)
    {
        last = default;
        foreach (ref readonly CpuCache cache in Caches)
        {
            if (cache.Level >= last.Level && cache.Kind != CpuCacheKind.Instruction)
                last = cache;
        }

        return last.Level != 0;
    }

    [InlineArray(Capacity)]
    private struct Slots
    {
        private CpuCache _first;
    }
}

/// <summary>What an architecture compares processors by: words whose meaning only it knows.</summary>
[InlineArray(WordCount)]
public struct CpuTraits
{
    public const int WordCount = 20;

    private uint _first;
}

/// <summary>All that one processor says of itself.</summary>
public struct CpuDescription
{
    public CpuPlace Place;

    public CpuCacheList Caches;

    public CpuTraits Traits;

    /// <summary>It has all that the kernel uses on every processor.</summary>
    public bool IsFit;

    /// <summary>Its memory types were not set; they are now those of the boot processor.</summary>
    public bool HadNoMemoryTypes;

    /// <summary>Its memory types were not those of the boot processor, and are now.</summary>
    public bool HadOtherMemoryTypes;
}
