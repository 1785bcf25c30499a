// Addresses in a guest at which the plugin (bench/plugin/marks.c) looks up, and what it says.
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace Commence.Cli.Bench;

/// <summary>A marked instruction.</summary>
/// <param name="Name">Our name for it.</param>
/// <param name="Address">Its virtual address in the guest.</param>
internal readonly record struct Mark(string Name, ulong Address)
{
    /// <summary>As the plugin takes it.</summary>
    internal string ToArgument() => $"mark={Name}:0x{Address:x}";
}

/// <summary>A mark was passed.</summary>
/// <param name="Name">The mark's name.</param>
/// <param name="Instructions">Instructions that all processors had executed before; 0 if they were not counted.</param>
/// <param name="HostNs">The host's monotonic clock.</param>
internal readonly partial record struct MarkPassage(string Name, long Instructions, long HostNs)
{
    /// <summary>Finds what the plugin said among the emulator's other output.</summary>
    internal static IReadOnlyList<MarkPassage> ParseAll(string output) =>
        [.. Line().Matches(output).Select(static match => new MarkPassage(
            match.Groups[1].Value,
            long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture),
            long.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture)))];

    /// <summary>The first passage of a mark; null if it was never passed.</summary>
    internal static MarkPassage? First(IReadOnlyList<MarkPassage> passages, string name) =>
        passages.Where(passage => passage.Name == name).Select(static passage => (MarkPassage?)passage).FirstOrDefault();

    /// <summary>The last passage of a mark; null if it was never passed.</summary>
    internal static MarkPassage? Last(IReadOnlyList<MarkPassage> passages, string name) =>
        passages.Where(passage => passage.Name == name).Select(static passage => (MarkPassage?)passage).LastOrDefault();

    [GeneratedRegex(@"^commence-mark (\S+) instructions=(\d{1,18}) ns=(\d{1,18})\r?$", RegexOptions.Multiline)]
    private static partial Regex Line();
}
