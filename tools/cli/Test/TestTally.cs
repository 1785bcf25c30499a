namespace Commence.Cli.Test;

/// <summary>How many tests passed, failed and were skipped.</summary>
internal readonly record struct TestTally(int Passed, int Failed, int Skipped)
{
    internal int Total => Passed + Failed + Skipped;

    public static TestTally operator +(TestTally a, TestTally b) =>
        new(a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);

    public override string ToString() => $"{Passed} passed, {Failed} failed, {Skipped} skipped";
}
