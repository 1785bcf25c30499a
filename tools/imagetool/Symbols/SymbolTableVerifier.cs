// Checks the table inside the final image with the kernel's own reader.
using System;
using System.Collections.Generic;
using System.Text;
using Commence.ImageTool.Elf;
using Commence.Lib.Symbols;

namespace Commence.ImageTool.Symbols;

/// <summary>Compares the first link with the second, and the table with what it was made from.</summary>
internal static class SymbolTableVerifier
{
    private const int ProblemsMax = 10;

    /// <summary>What is wrong; empty if nothing is.</summary>
    /// <param name="first">The image that the table was made from, or null.</param>
    /// <param name="final">The image that contains the table.</param>
    /// <param name="source">What the table should say.</param>
    public static IReadOnlyList<string> Verify(ElfImage? first, ElfImage final, SymbolSource source)
    {
        List<string> problems = [];
        if (first is not null)
            CompareLinks(first, final, problems);
        if (final.FindSection(TableFile.SectionName) is not { Size: > 0 } section)
            problems.Add($"{final.Name} has no section {TableFile.SectionName}: link it with the file that `imagetool symbols` wrote");
        else if (!SymbolTable.TryOpen(final.BytesOf(section), out SymbolTable table) || !table.IsIntact())
            problems.Add($"{final.Name}: section {TableFile.SectionName} does not hold an intact symbol table");
        else
            CompareTable(table, source, problems);
        return problems;
    }

    // Adding the table must not move anything that the table describes.
    private static void CompareLinks(ElfImage first, ElfImage final, List<string> problems)
    {
        IReadOnlyList<CodeFunction> before = CodeFunctions.Find(first);
        IReadOnlyList<CodeFunction> after = CodeFunctions.Find(final);
        if (before.Count != after.Count)
            problems.Add($"the first link has {before.Count} functions and the second {after.Count}: both must link the same objects");
        for (int i = 0; i < Math.Min(before.Count, after.Count) && problems.Count < ProblemsMax; i++)
            if (before[i].Address != after[i].Address || before[i].Symbol != after[i].Symbol)
                problems.Add($"{before[i].Symbol} was at 0x{before[i].Address:x} in the first link and is {after[i].Symbol} at 0x{after[i].Address:x} in the second: " +
                    $"{TableFile.SectionName} must be placed after everything whose address matters");
    }

    private static void CompareTable(SymbolTable table, SymbolSource source, List<string> problems)
    {
        if (table.BaseAddress != source.BaseAddress)
            problems.Add($"the table counts from 0x{table.BaseAddress:x}, the image from 0x{source.BaseAddress:x}");
        if (table.FunctionCount != source.Functions.Count)
            problems.Add($"the table has {table.FunctionCount} functions, the image {source.Functions.Count}");
        foreach (SymbolFunction function in source.Functions)
        {
            if (problems.Count >= ProblemsMax)
                return;
            if (function.Rows.Count == 0)
                Compare(table, function, function.Start, new SymbolRow(0, SourceFile.None, 0), problems);
            for (int i = 0; i < function.Rows.Count; i++)
            {
                SymbolRow row = function.Rows[i];
                uint end = i + 1 < function.Rows.Count ? function.Rows[i + 1].Offset : function.Size;
                Compare(table, function, function.Start + row.Offset, row, problems);
                Compare(table, function, function.Start + end - 1, row, problems);
            }
        }
    }

    private static void Compare(SymbolTable table, SymbolFunction function, uint offset, SymbolRow row, List<string> problems)
    {
        string expected = $"{function.Name} {(row.Line == 0 ? SourceFile.None : row.File)}:{row.Line}";
        string found = "nothing";
        if (table.TryFind(offset, out SymbolInfo info))
        {
            if (info.Line == row.Line && info.Start == function.Start && Same(info.Method, function.Name.Method) && Same(info.Type, function.Name.Type) &&
                Same(info.Namespace, function.Name.Namespace) && (row.Line == 0 || (Same(info.File, row.File.Name) && Same(info.Directory, row.File.Directory))))
                return;
            found = $"{Text(info.Namespace)}.{Text(info.Type)}.{Text(info.Method)} {Text(info.Directory)}/{Text(info.File)}:{info.Line}";
        }
        problems.Add($"the table gives for code offset 0x{offset:x} {found}, expected {expected}");
    }

    // Names longer than the format's 255 bytes are cut.
    private static bool Same(ReadOnlySpan<byte> found, string expected)
    {
        Span<byte> bytes = stackalloc byte[byte.MaxValue];
        if (!Encoding.UTF8.TryGetBytes(expected, bytes, out int length))
            return found.Length is > 200 and <= byte.MaxValue && expected.StartsWith(Text(found), StringComparison.Ordinal);
        return found.SequenceEqual(bytes[..length]);
    }

    private static string Text(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);
}
