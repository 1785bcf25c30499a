// Indices that programs choose, made harmless for a processor that runs ahead of the check.
//
// A processor may guess that a bounds check passes and read beyond the table before it knows better; what it read leaves traces in the
// caches (Spectre variant 1: Intel, "Speculative Execution Side Channel Mitigations", "Bounds Check Bypass"). The number made here
// depends on the comparison by data, not by a branch: there is nothing to guess at.
using System.Runtime.CompilerServices;

namespace Commence.Lib;

/// <summary>Bounds without branches (Linux: <c>array_index_nospec</c>).</summary>
public static class SpeculativeIndex
{
    /// <summary>Gives the index if it is below the count, else 0.</summary>
    /// <param name="index">What a program chose. The caller has checked it; this holds where the check is only guessed.</param>
    /// <param name="count">Entries of the table; positive.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Clamp(int index, int count) => index & (int)(((long)(uint)index - count) >> 63);
}
