// The rows of all line-number programs of an image, sorted by address.
using System;
using System.Collections.Generic;

namespace Commence.ImageTool.Dwarf;

/// <summary>From <paramref name="Address"/> on, code comes from this line; line 0 means: unknown from here on.</summary>
internal readonly record struct LineRow(ulong Address, int File, int Line);

/// <summary>Every row, and the paths that rows name by index.</summary>
internal sealed class LineTable(IReadOnlyList<string> files, LineRow[] rows)
{
    /// <summary>Paths as the compiler wrote them, mostly absolute.</summary>
    public IReadOnlyList<string> Files { get; } = files;

    /// <summary>Sorted by address; at most one row per address.</summary>
    public ReadOnlySpan<LineRow> Rows => rows;

    /// <summary>The rows with addresses in [<paramref name="start"/>, <paramref name="end"/>).</summary>
    public ReadOnlySpan<LineRow> Within(ulong start, ulong end)
    {
        int first = LowerBound(start);
        int last = LowerBound(end);
        return rows.AsSpan(first, Math.Max(0, last - first));
    }

    /// <summary>The row that covers <paramref name="address"/> in the function [<paramref name="start"/>, <paramref name="end"/>).</summary>
    /// <remarks>Code before the function's first row is given that row.</remarks>
    public LineRow At(ulong start, ulong end, ulong address)
    {
        ReadOnlySpan<LineRow> before = Within(start, address + 1);
        if (!before.IsEmpty)
            return before[^1];
        ReadOnlySpan<LineRow> after = Within(address, end);
        return after.IsEmpty ? default : after[0];
    }

    private int LowerBound(ulong address)
    {
        int low = 0, high = rows.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (rows[middle].Address < address)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
