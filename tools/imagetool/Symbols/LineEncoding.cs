// Encodes a function's rows as a line program, with the parameters that suit the whole image best.
//
// As in DWARF, one byte holds a small code distance and a small line difference together; which pairs are worth a byte depends
// on the code, so some choices are tried and the one with the smallest result is taken.
using System;
using System.Collections.Generic;
using Commence.Lib.Symbols;

namespace Commence.ImageTool.Symbols;

/// <summary>Line differences from <paramref name="LineBase"/> to LineBase + <paramref name="LineRange"/> - 1 may fit one byte.</summary>
internal readonly record struct LineEncoding(int LineBase, int LineRange)
{
    private const int SpecialCount = 256 - SymbolTableFormat.OpSpecialFirst;

    /// <summary>The choice that makes the programs of <paramref name="functions"/> shortest.</summary>
    public static LineEncoding Best(IReadOnlyList<SymbolFunction> functions)
    {
        List<(int Distance, int Difference)> steps = [];
        foreach (SymbolFunction function in functions)
            for (int i = 1; i < function.Rows.Count; i++)
                steps.Add(((int)(function.Rows[i].Offset - function.Rows[i - 1].Offset), function.Rows[i].Line - function.Rows[i - 1].Line));

        LineEncoding best = new(-3, 10);
        long bestSize = long.MaxValue;
        foreach (int range in (ReadOnlySpan<int>)[4, 5, 6, 7, 8, 10, 12, 14])
        {
            for (int first = -range / 2; first <= 1; first++)
            {
                LineEncoding candidate = new(first, range);
                long size = 0;
                foreach ((int distance, int difference) in steps)
                    size += candidate.StepLength(distance, difference);
                if (size < bestSize)
                    (best, bestSize) = (candidate, size);
            }
        }
        return best;
    }

    /// <summary>Appends the program for <paramref name="rows"/>; the first row is not part of it.</summary>
    public void Encode(ByteWriter output, IReadOnlyList<SymbolRow> rows, Func<SourceFile, int> indexOf)
    {
        for (int i = 1; i < rows.Count; i++)
        {
            (SymbolRow before, SymbolRow row) = (rows[i - 1], rows[i]);
            if (row.File != before.File)
            {
                output.WriteByte(SymbolTableFormat.OpSetFile);
                output.WriteVarint(ByteWriter.Zigzag(indexOf(row.File) - indexOf(before.File)));
            }

            int distance = (int)(row.Offset - before.Offset);
            int difference = row.Line - before.Line;
            if (Special(distance, difference) is { } opcode)
            {
                output.WriteByte(opcode);
                continue;
            }
            output.WriteByte(SymbolTableFormat.OpAdvance);
            output.WriteVarint((uint)distance);
            output.WriteVarint(ByteWriter.Zigzag(difference));
        }
    }

    private int StepLength(int distance, int difference) =>
        Special(distance, difference) is not null ? 1 : 1 + ByteWriter.VarintLength((uint)distance) + ByteWriter.VarintLength(ByteWriter.Zigzag(difference));

    private byte? Special(int distance, int difference)
    {
        int column = difference - LineBase;
        if (column < 0 || column >= LineRange || distance < 1)
            return null;
        int number = (distance - 1) * LineRange + column;
        return number < SpecialCount ? (byte)(number + SymbolTableFormat.OpSpecialFirst) : null;
    }
}
