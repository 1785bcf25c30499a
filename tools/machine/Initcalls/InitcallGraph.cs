// The initcalls as a picture for people: a Mermaid flow chart, a box for each level, an arrow for each need.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Commence.Machine.Initcalls;

/// <summary>Draws the table.</summary>
public static class InitcallGraph
{
    private const string Begin = "<!-- begin: ./commence initcalls --write -->\n";
    private const string End = "<!-- end -->\n";

    /// <summary>The chart, in Mermaid's notation.</summary>
    public static string ToMermaid(IReadOnlyList<InitcallEntry> entries)
    {
        StringBuilder chart = new("flowchart TD\n");
        List<string> levels = [.. entries.Select(static entry => entry.Level).Distinct()];
        foreach (string level in levels)
        {
            chart.Append(null, $"  subgraph {level}\n");
            foreach (InitcallEntry entry in entries.Where(entry => entry.Level == level))
                chart.Append(null, $"    {Id(entry.Name)}[\"{entry.Name}{(entry.Part.Length > 0 ? $"<br/>({entry.Part})" : "")}\"]\n");
            chart.Append("  end\n");
        }
        foreach ((string from, string to) in levels.Zip(levels.Skip(1)))
            chart.Append(null, $"  {from} ==> {to}\n");
        foreach (InitcallEntry entry in entries)
        {
            foreach (string after in entry.After)
                chart.Append(null, $"  {Id(after)} --> {Id(entry.Name)}\n");
        }
        return chart.ToString();
    }

    /// <summary>The table, one line for each call.</summary>
    public static string ToText(IReadOnlyList<InitcallEntry> entries)
    {
        StringBuilder text = new();
        int width = entries.Select(static entry => entry.Name.Length).DefaultIfEmpty().Max();
        foreach (InitcallEntry entry in entries)
        {
            string after = entry.After.Count > 0 ? $"after {string.Join(", ", entry.After)}" : "";
            string part = entry.Part.Length > 0 ? $"[{entry.Part}] " : "";
            text.Append($"{entry.Level,-14}{entry.Name.PadRight(width)}  {part}{after}".TrimEnd()).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>A document with its chart replaced by that of these entries.</summary>
    /// <remarks>Fails: throws <see cref="FormatException"/> if the document has no place for one.</remarks>
    public static string Replace(string document, IReadOnlyList<InitcallEntry> entries)
    {
        int begin = document.IndexOf(Begin, StringComparison.Ordinal);
        int end = document.IndexOf(End, Math.Max(begin, 0), StringComparison.Ordinal);
        if (begin < 0 || end < 0)
            throw new FormatException($"no place for the graph: between '{Begin.TrimEnd()}' and '{End.TrimEnd()}'");
        return $"{document[..(begin + Begin.Length)]}```mermaid\n{ToMermaid(entries)}```\n{document[end..]}";
    }

    private static string Id(string name) => name.Replace('.', '_');
}
