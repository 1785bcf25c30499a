// One run's figures of bring-up.
namespace Commence.Cli.Bench.BringUp;

/// <summary>What one run of bring-up took.</summary>
internal sealed record BringUpSample : BenchSample
{
    /// <summary>From the first INIT to the last processor online, in the guest's time.</summary>
    public double? Ns { get; init; }

    /// <summary>The same from where memory and idle tasks for the others begin to be made; null where the guest does not say.</summary>
    public double? NsWithPreparation { get; init; }

    /// <summary>Instructions of all processors from the first INIT to the last processor online; null if not counted.</summary>
    public long? Instructions { get; init; }

    /// <summary>The same from where the preparations begin.</summary>
    public long? InstructionsWithPreparation { get; init; }
}
