// Hashes for tables inside the kernel: quick and well spread, not secret. Where a program chooses the keys, the caller
// gives a random seed, and chains stay bounded by other means.
//
// Source: FNV-1a as published by Fowler, Noll and Vo (offset basis and prime of the 64-bit variant); the multiplier of
// Bucket is 2^64 divided by the golden ratio (Knuth, TAOCP vol. 3 §6.4, multiplicative hashing).
using System;

namespace Commence.Lib;

/// <summary>Hash functions (Linux: <c>full_name_hash</c>, <c>hash_64</c>).</summary>
public static class Hash
{
    private const ulong OffsetBasis = 0xCBF29CE484222325;
    private const ulong Prime = 0x00000100000001B3;
    private const ulong GoldenRatio = 0x9E3779B97F4A7C15;

    /// <summary>Hashes bytes, a name for example (FNV-1a, 64 bits).</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong seed = 0)
    {
        ulong hash = OffsetBasis ^ seed;
        foreach (byte value in bytes)
            hash = (hash ^ value) * Prime;
        return hash;
    }

    /// <summary>Chooses a bucket of a table with 2^<paramref name="bits"/> of them, 0 to 31 bits.</summary>
    /// <param name="key">A hash of a name, or a number such as an address as it is.</param>
    /// <param name="bits">log2 of the number of buckets.</param>
    public static int Bucket(ulong key, int bits) => bits == 0 ? 0 : (int)(((key ^ (key >> 32)) * GoldenRatio) >> (64 - bits));
}
