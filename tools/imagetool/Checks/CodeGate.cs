// Reads the machine code of every compiled method, on all processors at once.
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading.Tasks;
using Commence.ImageTool.Elf;
using Commence.ImageTool.Symbols;

namespace Commence.ImageTool.Checks;

/// <summary>A compiled method and what its code showed.</summary>
internal sealed record ScannedFunction(CodeFunction Function, FunctionFacts Facts);

/// <summary>IMG030 to IMG040.</summary>
internal static class CodeGate
{
    // Rules on code hold for what ilc made; assembly is written by people who know the rules.
    private const string ManagedStart = "__managedcode_start", ManagedEnd = "__managedcode_end";

    /// <summary>Tells compiled methods from assembly: by the linker script's bounds of ilc's section, else by the map.</summary>
    public static Func<CodeFunction, bool> ManagedFilter(ElfImage image, IlcMap? map)
    {
        ulong? start = null, end = null;
        foreach (ElfSymbol symbol in image.Symbols)
        {
            if (symbol.Name == ManagedStart)
                start = symbol.Value;
            else if (symbol.Name == ManagedEnd)
                end = symbol.Value;
        }
        if (start is { } from && end is { } to)
            return function => function.Address >= from && function.Address < to;
        if (map is not null)
            return function => map.Methods.ContainsKey(function.Symbol);
        throw new BadInputException($"cannot tell compiled methods from assembly in {image.Name}: define {ManagedStart} and {ManagedEnd} in the linker script, or give --map");
    }

    /// <summary>Scans <paramref name="functions"/>; the result is in the same order.</summary>
    public static IReadOnlyList<ScannedFunction> Scan(ElfImage image, IReadOnlyList<CodeFunction> functions, uint xmmSaved, long frameMax)
    {
        if (functions.Count == 0)
            return [];
        Dictionary<int, ReadOnlyMemory<byte>> sections = [];
        foreach (CodeFunction function in functions)
            sections.TryAdd(function.SectionIndex, image.MemoryOf(image.Sections[function.SectionIndex]));

        ScannedFunction[] results = new ScannedFunction[functions.Count];
        Parallel.ForEach(Partitioner.Create(0, functions.Count, Math.Max(1, functions.Count / (4 * Environment.ProcessorCount))),
            () => new FunctionScanner(xmmSaved, frameMax),
            (range, _, scanner) =>
            {
                for (int i = range.Item1; i < range.Item2; i++)
                {
                    CodeFunction function = functions[i];
                    int offset = (int)(function.Address - image.Sections[function.SectionIndex].Address);
                    results[i] = new ScannedFunction(function, scanner.Scan(sections[function.SectionIndex].Slice(offset, (int)function.Size), function.Address));
                }
                return scanner;
            },
            _ => { });
        return results;
    }
}
