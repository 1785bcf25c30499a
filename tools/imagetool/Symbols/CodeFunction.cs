// The functions of a linked image, found from its symbol table.
using System;
using System.Collections.Generic;
using Commence.ImageTool.Elf;

namespace Commence.ImageTool.Symbols;

/// <summary>A function in the image's code; <paramref name="Size"/> is without the padding that follows.</summary>
internal sealed record CodeFunction(ulong Address, ulong Size, string Symbol, int SectionIndex)
{
    public ulong End => Address + Size;
}

/// <summary>Makes the list of functions.</summary>
internal static class CodeFunctions
{
    /// <summary>All functions in executable sections, sorted by address, one per address.</summary>
    /// <remarks>What counts: function symbols; in assembly that does not say <c>.type</c> also global labels, and local ones that
    /// lie in no function. Of several names for one address the local function symbol wins: it is the C# method, where the
    /// global one is the name that it is exported under.</remarks>
    public static IReadOnlyList<CodeFunction> Find(ElfImage image)
    {
        List<(ElfSymbol Symbol, int Rank)> candidates = [];
        foreach (ElfSymbol symbol in image.Symbols)
        {
            if (symbol.SectionIndex >= image.Sections.Count || symbol.IsUndefined || symbol.Name.Length == 0)
                continue;
            ElfSection section = image.Sections[symbol.SectionIndex];
            if (!section.IsExecutable || !section.IsAllocated || !section.Contains(symbol.Value))
                continue;
            int rank = (symbol.Type, symbol.Binding) switch
            {
                (ElfConstants.STT_FUNC, ElfConstants.STB_LOCAL) => 0,
                (ElfConstants.STT_FUNC, _) => 1,
                (ElfConstants.STT_NOTYPE, not ElfConstants.STB_LOCAL) => 2,
                (ElfConstants.STT_NOTYPE, _) => 3,
                _ => -1,
            };
            if (rank >= 0)
                candidates.Add((symbol, rank));
        }

        // Linker-script symbols such as __text_start are labels too: at an equal address a function goes first.
        candidates.Sort(static (a, b) =>
        {
            int order = a.Symbol.Value.CompareTo(b.Symbol.Value);
            if (order == 0)
                order = a.Rank.CompareTo(b.Rank);
            return order != 0 ? order : string.CompareOrdinal(a.Symbol.Name, b.Symbol.Name);
        });
        return Assemble(image, candidates);
    }

    private static List<CodeFunction> Assemble(ElfImage image, List<(ElfSymbol Symbol, int Rank)> candidates)
    {
        List<CodeFunction> functions = new(candidates.Count);
        foreach ((ElfSymbol symbol, int rank) in candidates)
        {
            if (functions.Count > 0 && (functions[^1].Address == symbol.Value || (rank == 3 && symbol.Value < functions[^1].End)))
                continue;
            functions.Add(new CodeFunction(symbol.Value, symbol.Size, symbol.Name, symbol.SectionIndex));
        }

        for (int i = 0; i < functions.Count; i++)
        {
            ElfSection section = image.Sections[functions[i].SectionIndex];
            ulong limit = section.Address + section.Size;
            if (i + 1 < functions.Count && functions[i + 1].Address < limit)
                limit = functions[i + 1].Address;
            ulong room = limit - functions[i].Address;
            if (functions[i].Size == 0 || functions[i].Size > room)
                functions[i] = functions[i] with { Size = room };
        }
        return functions;
    }
}
