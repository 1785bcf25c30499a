// Which symbols a link will miss, and which methods refer to them.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Commence.ImageTool.Elf;
using Commence.ImageTool.Naming;

namespace Commence.ImageTool.Checks;

/// <summary>IMG010, before the link.</summary>
internal static partial class UndefinedSymbols
{
    private const int UsersShownMax = 3;

    [GeneratedRegex(@"[A-Za-z_.$][\w.$]*")]
    private static partial Regex Word();

    /// <summary>All names in a linker script; the symbols that it defines are among them.</summary>
    public static IReadOnlySet<string> WordsOf(string? script)
    {
        if (script is null)
            return new HashSet<string>();
        try
        {
            return Word().Matches(File.ReadAllText(script)).Select(m => m.Value).ToHashSet();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"cannot read the linker script {script}: {error.Message}");
        }
    }

    /// <summary>The symbols that <paramref name="objects"/> need and that neither they nor <paramref name="defined"/> have.</summary>
    public static IReadOnlyList<Violation> Find(IReadOnlyList<ElfImage> objects, IReadOnlySet<string> defined, Demangler demangler)
    {
        HashSet<string> present = [.. defined];
        foreach (ElfImage image in objects)
            foreach (ElfSymbol symbol in image.Symbols)
                if (!symbol.IsUndefined && symbol.Binding != ElfConstants.STB_LOCAL)
                    present.Add(symbol.Name);

        SortedDictionary<string, List<string>> users = new(StringComparer.Ordinal);
        foreach (ElfImage image in objects)
            Collect(image, present, users);
        return [.. users.Select(u => Describe(u.Key, u.Value, demangler))];
    }

    private static void Collect(ElfImage image, HashSet<string> present, SortedDictionary<string, List<string>> users)
    {
        foreach (ElfSection section in image.Sections)
        {
            if (!section.IsAllocated)
                continue;
            // The last of several names for one address is taken: the local one, which is the method's and not what it is exported as.
            ElfSymbol[] functions = [.. image.Symbols
                .Where(s => s.SectionIndex == section.Index && s.Type is ElfConstants.STT_FUNC or ElfConstants.STT_NOTYPE && s.Name.Length > 0)
                .OrderBy(s => s.Value).ThenByDescending(s => s.Binding)];
            foreach (ElfRelocation relocation in image.RelocationsOf(section))
            {
                ElfSymbol target = image.Symbols[relocation.SymbolIndex];
                if (!target.IsUndefined || target.Binding != ElfConstants.STB_GLOBAL || target.Name.Length == 0 || present.Contains(target.Name))
                    continue;
                if (!users.TryGetValue(target.Name, out List<string>? names))
                    users.Add(target.Name, names = []);
                string user = functions.LastOrDefault(f => f.Value <= relocation.Offset).Name ?? $"section {section.Name} of {Path.GetFileName(image.Name)}";
                if (!names.Contains(user))
                    names.Add(user);
            }
        }
    }

    private static Violation Describe(string symbol, List<string> users, Demangler demangler)
    {
        string purpose = SymbolGate.ConstructOf(symbol) is { } construct ? $", which compiled code needs for {construct}," : "";
        string shown = string.Join(", ", users.Take(UsersShownMax).Select(u => u.StartsWith("section ", StringComparison.Ordinal) ? u : demangler.Demangle(u).ToString()));
        string more = users.Count > UsersShownMax ? $" and {users.Count - UsersShownMax} more" : "";
        return new Violation(Rule.Undefined, symbol, $"nothing defines {symbol}{purpose} used by {shown}{more}");
    }
}
