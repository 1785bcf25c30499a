// Linux's own account of its boot: lines of its log with their time stamps.
//
//   <6>[    0.489602] smp: Bringing up secondary CPUs ...     syslog(2) and the console without "quiet"
//   [    0.729807] smp: Brought up 1 node, 4 CPUs             dmesg
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace Commence.Cli.Bench.Linux;

/// <summary>One line of the log.</summary>
internal readonly record struct LinuxLogLine(long Ns, string Text);

/// <summary>A kernel's log.</summary>
internal sealed partial class LinuxLog
{
    private readonly IReadOnlyList<LinuxLogLine> _lines;

    private LinuxLog(IReadOnlyList<LinuxLogLine> lines) => _lines = lines;

    /// <summary>Reads what a console printed; other lines are passed over.</summary>
    internal static LinuxLog Parse(string console) => new([.. Line().Matches(console).Select(static match => new LinuxLogLine(
        (long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * 1_000_000_000)
            + (long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) * 1_000),
        match.Groups[3].Value))]);

    /// <summary>When the first other processor is about to be started; null if the log does not say.</summary>
    internal long? BringUpBegin => Find("smp: Bringing up secondary CPUs")?.Ns;

    /// <summary>When the last one had come; null if the log does not say.</summary>
    internal long? BringUpEnd => Find("smp: Brought up ")?.Ns;

    /// <summary>How many processors are online then; 0 if the log does not say.</summary>
    internal int OnlineCount =>
        Find("smp: Brought up ") is LinuxLogLine line && BroughtUp().Match(line.Text) is { Success: true } match
            ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : 0;

    /// <summary>Loops per jiffy, as this host's speed gives it; null if the log does not say.</summary>
    internal long? LoopsPerJiffy => _lines
        .Select(static line => Loops().Match(line.Text))
        .Where(static match => match.Success)
        .Select(static match => (long?)long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))
        .FirstOrDefault();

    private LinuxLogLine? Find(string text) =>
        _lines.Where(line => line.Text.StartsWith(text, System.StringComparison.Ordinal)).Select(static line => (LinuxLogLine?)line).FirstOrDefault();

    [GeneratedRegex(@"^(?:<\d+>)?\[ *(\d{1,9})\.(\d{6})\] (.*?)\r?$", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex(@"^smp: Brought up \d+ nodes?, (\d{1,9}) CPUs?")]
    private static partial Regex BroughtUp();

    [GeneratedRegex(@"\(lpj=(\d{1,18})\)")]
    private static partial Regex Loops();
}
