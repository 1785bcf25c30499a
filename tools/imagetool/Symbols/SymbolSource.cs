// Collects what goes into the kernel's symbol table: for each function its readable name and its lines.
using System;
using System.Collections.Generic;
using Commence.ImageTool.Dwarf;
using Commence.ImageTool.Elf;
using Commence.ImageTool.Naming;

namespace Commence.ImageTool.Symbols;

/// <summary>A source file as the table stores it.</summary>
internal readonly record struct SourceFile(string Directory, string Name)
{
    public static SourceFile None => new("", "");

    public override string ToString() => Directory.Length == 0 ? Name : $"{Directory}/{Name}";
}

/// <summary>From <paramref name="Offset"/> bytes into the function on, code comes from this line.</summary>
internal readonly record struct SymbolRow(uint Offset, SourceFile File, int Line);

/// <summary>A function for the table; its first row, if there is one, is at offset 0.</summary>
internal sealed record SymbolFunction(uint Start, uint Size, MethodName Name, IReadOnlyList<SymbolRow> Rows)
{
    /// <summary>Where the compiler's first row was; the code before it has been given that row's line.</summary>
    public uint FirstRowOffset { get; init; }
}

/// <summary>The contents of a symbol table, before encoding.</summary>
internal sealed class SymbolSource
{
    /// <summary>The symbol from which the kernel counts code offsets.</summary>
    public const string DefaultBase = "text_start";

    private SymbolSource(ulong baseAddress, IReadOnlyList<SymbolFunction> functions)
    {
        BaseAddress = baseAddress;
        Functions = functions;
    }

    /// <summary>What code offsets count from.</summary>
    public ulong BaseAddress { get; }

    /// <summary>Sorted by start.</summary>
    public IReadOnlyList<SymbolFunction> Functions { get; }

    /// <summary>The end of the last function.</summary>
    public uint TextSize => Functions.Count == 0 ? 0 : Functions[^1].Start + Functions[^1].Size;

    /// <summary>A table of the given functions, sorted by start.</summary>
    public static SymbolSource Create(ulong baseAddress, IReadOnlyList<SymbolFunction> functions) => new(baseAddress, functions);

    /// <summary>Collects the functions of <paramref name="image"/>.</summary>
    /// <param name="baseAddress">What offsets count from; functions below it (boot code at its physical address) are left out.</param>
    public static SymbolSource Collect(ElfImage image, ulong baseAddress, Demangler demangler, SourcePaths paths)
    {
        LineTable lines = LineTableReader.Read(image);
        SourceFile[] files = new SourceFile[lines.Files.Count];
        for (int i = 0; i < files.Length; i++)
            files[i] = paths.Shorten(lines.Files[i]);

        List<SymbolFunction> functions = [];
        foreach (CodeFunction function in CodeFunctions.Find(image))
        {
            if (function.Address < baseAddress || function.End - baseAddress > uint.MaxValue)
                continue;
            functions.Add(new SymbolFunction((uint)(function.Address - baseAddress), (uint)function.Size,
                demangler.Demangle(function.Symbol), RowsOf(lines, files, function, out uint first)) { FirstRowOffset = first });
        }
        return new SymbolSource(baseAddress, functions);
    }

    /// <summary>The value of the symbol <paramref name="name"/>.</summary>
    public static ulong FindBase(ElfImage image, string name)
    {
        foreach (ElfSymbol symbol in image.Symbols)
            if (symbol.Name == name && !symbol.IsUndefined)
                return symbol.Value;
        throw new BadInputException($"{image.Name} has no symbol {name}, from which code offsets count: define it in the linker script, or name another one with --base");
    }

    // A row that repeats the line before it is left out; code before the first row is given the first row's line.
    private static List<SymbolRow> RowsOf(LineTable lines, SourceFile[] files, CodeFunction function, out uint first)
    {
        List<SymbolRow> rows = [];
        first = 0;
        foreach (LineRow row in lines.Within(function.Address, function.End))
        {
            SourceFile file = row.File < 0 ? SourceFile.None : files[row.File];
            if (rows.Count == 0 && row.Line == 0)
                continue;
            if (rows.Count > 0 && rows[^1].Line == row.Line && (row.Line == 0 || rows[^1].File == file))
                continue;
            uint offset = (uint)(row.Address - function.Address);
            if (rows.Count == 0)
                (first, offset) = (offset, 0);
            rows.Add(new SymbolRow(offset, file, row.Line));
        }
        return rows;
    }
}
