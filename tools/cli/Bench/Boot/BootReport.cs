// The tables of boots, as Markdown that docs/benchmarks.md can take as it is.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Commence.Cli.Bench.Boot;

/// <summary>Renders samples.</summary>
internal static class BootReport
{
    /// <summary>Makes all tables for which there are samples.</summary>
    internal static string Render(IReadOnlyList<BootSample> samples)
    {
        StringBuilder text = new();
        List<BootSample> clock = [.. samples.Where(static sample => sample.Pace == Pace.Clock)];
        List<BootSample> exact = [.. samples.Where(static sample => sample.Pace == Pace.Exact)];
        Append(text, "Kernel entry to the first instruction of init, by the clock: median (least–most)", clock, Quantity.Time, static sample => sample.Ns, static sample => sample.DecompressorNs);
        Append(text, "The same in instructions of all processors, exactly", exact, Quantity.Count, static sample => sample.Instructions, static sample => sample.DecompressorInstructions);
        Append(text, "Virtual time from power on to the first instruction of init, firmware included, exactly", exact, Quantity.Time, static sample => sample.SincePowerOnNs, static _ => null);
        return text.ToString();
    }

    private static void Append(
        StringBuilder text,
        string title,
        List<BootSample> samples,
        Func<double, string> format,
        Func<BootSample, double?> value,
        Func<BootSample, double?> decompressor)
    {
        if (samples.Count == 0)
            return;

        List<string> contenders = [.. samples.Select(static sample => sample.Contender).Distinct()];
        List<SampleColumn<BootSample>> plain = [.. contenders.Select(name => new SampleColumn<BootSample>(name, name, value))];
        List<SampleColumn<BootSample>> linux = [.. plain.Where(column => samples.Any(sample => sample.IsLinux && sample.Contender == column.Contender))];
        // One for all: its decompressor does not know the kernel's parameters.
        List<SampleColumn<BootSample>> before = [.. linux.Take(1)
            .Select(column => new SampleColumn<BootSample>("Linux's decompressor, before", column.Contender, decompressor))
            .Where(column => column.HasValues(samples))];
        SampleColumn<BootSample>? ours = plain.FirstOrDefault(static column => column.Contender == BootContender.Commence);

        MarkdownTable table = new(["CPUs", .. plain.Concat(before).Select(static column => column.Name), .. linux.Count > 0 ? (string[])["best Linux / Commence"] : []]);
        foreach (IGrouping<int, BootSample> row in samples.GroupBy(static sample => sample.Cpus))
        {
            string[] ratio = linux.Count > 0 ? [Quantity.Ratio(linux.Select(column => column.Median(row)).Min(), ours?.Median(row))] : [];
            table.Add([row.Key.ToString(CultureInfo.InvariantCulture), .. plain.Concat(before).Select(column => column.Cell(row, format)), .. ratio]);
        }
        text.Append($"**{title}**\n\n{table}\n");
    }
}
