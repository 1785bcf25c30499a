// What is shown of a part while it runs: each failure in full, each test of a slow part in a line.
using System;
using System.Threading;

namespace Commence.Cli.Test;

/// <summary>Counts and shows results.</summary>
internal sealed class TestProgress(ITestPart part)
{
    private readonly Lock _lock = new();

    internal TestTally Tally { get; private set; }

    /// <summary>Gives a line for a spinner.</summary>
    internal string Describe(string test) => $"{Tally.Total} done, {Tally.Failed} failed; {test.Replace("Commence.", "")}";

    /// <summary>Counts a result and shows it if it matters. From any thread.</summary>
    internal void Add(TestResult result)
    {
        lock (_lock)
        {
            Tally += result.Tally;
            if (result.Verdict == TestVerdict.Failed)
                Say.Error($"failed: {result.Name}\n{Indent(result.Detail)}");
            else if (result.Verdict == TestVerdict.Skipped)
                Say.Note($"skipped: {result.Name}: {result.Detail}");
            else if (part.IsSlow)
                Say.Note($"passed: {result.Name} ({result.Duration.TotalSeconds:F1} s)");
        }
    }

    private static string Indent(string text) => "  " + text.TrimEnd().Replace("\n", "\n  ");
}
