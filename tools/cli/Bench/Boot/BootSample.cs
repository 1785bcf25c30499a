// One run's figures of a boot.
namespace Commence.Cli.Bench.Boot;

/// <summary>What one boot took, from the kernel's entry to the first instruction of the first program.</summary>
internal sealed record BootSample : BenchSample
{
    /// <summary>By the clock: the host's time.</summary>
    public double? Ns { get; init; }

    /// <summary>By the clock: the part of the image before the kernel's entry, which decompresses it; null without one.</summary>
    public double? DecompressorNs { get; init; }

    /// <summary>Exactly: instructions of all processors.</summary>
    public long? Instructions { get; init; }

    /// <summary>Exactly: instructions of the decompressor.</summary>
    public long? DecompressorInstructions { get; init; }

    /// <summary>Exactly: virtual time from power on, firmware included.</summary>
    public double? SincePowerOnNs { get; init; }
}
