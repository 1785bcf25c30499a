// A table as Markdown, with its columns aligned so that it reads as plain text too.
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Commence.Cli.Bench;

/// <summary>Builds one table.</summary>
internal sealed class MarkdownTable(params string[] header)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row; cells that are missing at its end are empty.</summary>
    internal void Add(params IEnumerable<string> cells)
    {
        string[] row = [.. cells.Select(static cell => cell.Replace("|", "\\|"))];
        _rows.Add([.. row, .. Enumerable.Repeat("", header.Length - row.Length)]);
    }

    public override string ToString()
    {
        int[] widths = [.. header.Select((name, column) => _rows.Select(row => row[column].Length).Append(name.Length).Append(3).Max())];
        StringBuilder text = new();
        AppendRow(text, header, widths);
        AppendRow(text, [.. widths.Select(static width => new string('-', width))], widths);
        foreach (string[] row in _rows)
            AppendRow(text, row, widths);
        return text.ToString();
    }

    private static void AppendRow(StringBuilder text, string[] cells, int[] widths) =>
        text.Append("| ").AppendJoin(" | ", cells.Zip(widths, static (cell, width) => cell.PadRight(width))).Append(" |\n");
}
