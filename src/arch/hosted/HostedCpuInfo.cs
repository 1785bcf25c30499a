using Commence.Firmware.Cpus;
using Commence.Lib;

namespace Commence.Arch.Hosted;

/// <inheritdoc cref="ICpuInfo"/>
/// <remarks>A thread of the host: each is a package of its own, all are alike, and no weakness is known.</remarks>
public readonly struct HostedCpuInfo : ICpuInfo
{
    /// <inheritdoc/>
    public static void Describe(ApicId id, out CpuDescription description) =>
        description = new CpuDescription { Place = new CpuPlace(id.Value, id.Value, 0, 0), IsFit = true };

    /// <inheritdoc/>
    public static bool TryDescribeDifferences(in CpuTraits boot, in CpuTraits other, ref TextWriter text) => false;

    /// <inheritdoc/>
    public static bool TryDescribeMissing(in CpuTraits boot, in CpuTraits other, ref TextWriter text) => false;

    /// <inheritdoc/>
    public static void Intersect(ref CpuTraits all, in CpuTraits other)
    {
        for (int i = 0; i < CpuTraits.WordCount; i++)
            all[i] &= other[i];
    }

    /// <inheritdoc/>
    public static void Format(ref TextWriter text, in CpuFacts facts, in CpuTraits own, in CpuTraits common) =>
        text.Append($"processor\t: {facts.Number.Value}\nmodel name\t: hosted\ncpu cores\t: {facts.CoreCount}\n");

    /// <inheritdoc/>
    public static int VulnerabilityCount => 0;

    /// <inheritdoc/>
    public static System.ReadOnlySpan<byte> VulnerabilityName(int index) => default;

    /// <inheritdoc/>
    public static System.ReadOnlySpan<byte> VulnerabilityTitle(int index) => default;

    /// <inheritdoc/>
    public static bool IsAffected(int index) => false;

    /// <inheritdoc/>
    public static void FormatVulnerability(int index, ref TextWriter text) => Bug.Unreachable();

    /// <inheritdoc/>
    public static void CheckBugs(in CpuDescription boot, in CheckBugsOptions options)
    {
        // The host's kernel has done what there is to do.
    }
}
