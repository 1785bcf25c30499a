using System;

namespace Commence.Cli.Test;

/// <summary>How a test ended.</summary>
internal enum TestVerdict
{
    Passed,
    Failed,
    Skipped,
}

/// <summary>One test's result.</summary>
/// <param name="Name">Class and method, with arguments.</param>
/// <param name="Verdict">How it ended.</param>
/// <param name="Detail">Why, if it did not pass.</param>
/// <param name="Duration">How long it took; zero if nobody knows.</param>
internal sealed record TestResult(string Name, TestVerdict Verdict, string Detail = "", TimeSpan Duration = default)
{
    internal TestTally Tally => new(
        Verdict == TestVerdict.Passed ? 1 : 0,
        Verdict == TestVerdict.Failed ? 1 : 0,
        Verdict == TestVerdict.Skipped ? 1 : 0);
}
