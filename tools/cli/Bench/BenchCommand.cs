// ./commence bench: measurements side by side with Linux. docs/benchmarks.md says what is measured and how.
using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.IO;
using System.Linq;
using Commence.Cli.Bench.Boot;
using Commence.Cli.Bench.BringUp;

namespace Commence.Cli.Bench;

/// <summary>The benchmarks, each a command of its own.</summary>
internal static class BenchCommand
{
    /// <summary>What is measured has at most this many processors: <c>q35</c> with 8-bit APIC ids.</summary>
    private const int CpuCountMax = 255;

    internal static Command Create() => new("bench", "Measure, side by side with Linux on the same emulator")
    {
        BringUpCommand.Create(),
        BootCommand.Create(),
    };

    /// <summary>The option that lists numbers of processors.</summary>
    internal static Option<int[]> CpusOption(int min, params int[] usual) => new("--cpus")
    {
        Description = $"Numbers of processors (default: {string.Join(',', usual)})",
        HelpName = "N,N…",
        DefaultValueFactory = _ => usual,
        CustomParser = result => ParseCpus(result, min),
    };

    internal static Option<int> RepeatsOption(int usual) => new("--repeats")
    {
        Description = "Runs of each by the clock",
        HelpName = "N",
        DefaultValueFactory = _ => usual,
    };

    internal static Option<int> ExactOption() => new("--exact")
    {
        Description = "Runs of each with instructions counted; they all give the same",
        HelpName = "N",
        DefaultValueFactory = static _ => 1,
    };

    internal static Option<double> LimitOption() => new("--limit")
    {
        Description = "Seconds after which one run is given up",
        HelpName = "S",
        DefaultValueFactory = static _ => 300,
    };

    internal static Option<bool> NoLinuxOption() => new("--no-linux") { Description = "Leave Linux out; nothing is fetched" };

    internal static Option<string?> JsonOption() => new("--json") { Description = "Write every single run to a file", HelpName = "FILE" };

    /// <summary>Refuses what makes no sense.</summary>
    internal static void CheckCounts(BenchPlan plan)
    {
        if (plan.Repeats < 0 || plan.Exact < 0 || plan.Repeats + plan.Exact == 0)
            throw new CommandException(ExitStatus.BadRequest, "nothing to measure: --repeats and --exact");
        if (plan.Limit <= TimeSpan.Zero)
            throw new CommandException(ExitStatus.BadRequest, "--limit must be more than 0");
    }

    /// <summary>Writes the file of <see cref="JsonOption"/>, if one was asked for.</summary>
    internal static void WriteJson(string? path, object content)
    {
        if (path is null)
            return;
        try
        {
            File.WriteAllText(path, BenchJson.Serialize(content));
        }
        catch (IOException error)
        {
            throw new CommandException(ExitStatus.BadRequest, $"--json: {error.Message}");
        }
    }

    private static int[] ParseCpus(ArgumentResult result, int min)
    {
        List<int> counts = [];
        foreach (string word in result.Tokens.SelectMany(static token => token.Value.Split(',')))
        {
            if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count >= min && count <= CpuCountMax)
                counts.Add(count);
            else
                result.AddError($"--cpus: '{word}' is no number from {min} to {CpuCountMax}");
        }
        return [.. counts];
    }
}
