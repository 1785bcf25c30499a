// The tables of bring-up, as Markdown that docs/benchmarks.md can take as it is.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Commence.Cli.Bench.BringUp;

/// <summary>Renders samples.</summary>
internal static class BringUpReport
{
    private const string Commence = "Commence";
    private const string Floor = "Floor";

    /// <summary>Makes all tables for which there are samples.</summary>
    internal static string Render(IReadOnlyList<BringUpSample> samples)
    {
        StringBuilder text = new();
        List<BringUpSample> clock = [.. samples.Where(static sample => sample.Pace == Pace.Clock)];
        List<BringUpSample> exact = [.. samples.Where(static sample => sample.Pace == Pace.Exact)];
        Append(text, "Guest time by the clock: median (least–most)", clock, Quantity.Time, static sample => sample.Ns, static sample => sample.NsWithPreparation);
        Append(text, "Instructions of all processors, exactly", exact, Quantity.Count, static sample => sample.Instructions, static sample => sample.InstructionsWithPreparation);
        Append(text, "Virtual time, exactly", exact, Quantity.Time, static sample => sample.Ns, static sample => sample.NsWithPreparation);
        return text.ToString();
    }

    private static void Append(
        StringBuilder text,
        string title,
        List<BringUpSample> samples,
        Func<double, string> format,
        Func<BringUpSample, double?> value,
        Func<BringUpSample, double?> withPreparation)
    {
        if (samples.Count == 0)
            return;

        List<string> contenders = [.. samples.Select(static sample => sample.Contender).Distinct()];
        List<string> linux = [.. samples.Where(static sample => sample.IsLinux).Select(static sample => sample.Contender).Distinct()];
        List<SampleColumn<BringUpSample>> plain = [.. contenders.Select(name => new SampleColumn<BringUpSample>(name, name, value))];
        List<SampleColumn<BringUpSample>> prepared =
            [.. contenders.Select(name => new SampleColumn<BringUpSample>($"{name}, with preparation", name, withPreparation))];
        // Beside each other: a contender's figure without and with its preparations.
        List<SampleColumn<BringUpSample>> columns =
            [.. plain.Zip(prepared, static (one, other) => new[] { one, other }).SelectMany(static pair => pair)
                .Where(column => plain.Contains(column) || column.HasValues(samples))];

        string[] ratios = linux.Count > 0 ? ["best Linux / Commence", "best Linux / Commence with preparation", "Commence / floor"] : ["Commence / floor"];
        MarkdownTable table = new(["CPUs", .. columns.Select(static column => column.Name), .. ratios]);
        foreach (IGrouping<int, BringUpSample> row in samples.GroupBy(static sample => sample.Cpus))
        {
            double? ours = Find(plain, Commence)?.Median(row);
            double? best = plain.Where(column => linux.Contains(column.Contender)).Select(column => column.Median(row)).Min();
            // Like with like: where Linux's preparations are known too, they count on both sides.
            double? bestPrepared = prepared.Where(column => linux.Contains(column.Contender)).Select(column => column.Median(row)).Min() ?? best;
            string floor = Quantity.Ratio(ours, Find(plain, Floor)?.Median(row));
            string[] measured = linux.Count > 0
                ? [Quantity.Ratio(best, ours), Quantity.Ratio(bestPrepared, Find(prepared, Commence)?.Median(row)), floor]
                : [floor];
            table.Add([row.Key.ToString(CultureInfo.InvariantCulture), .. columns.Select(column => column.Cell(row, format)), .. measured]);
        }
        text.Append($"**{title}**\n\n{table}\n");
    }

    private static SampleColumn<BringUpSample>? Find(List<SampleColumn<BringUpSample>> columns, string contender) =>
        columns.FirstOrDefault(column => column.Contender == contender);
}
