using Commence.Lib;

namespace Commence.Arch.Hosted;

/// <inheritdoc cref="ICpuInfo"/>
public readonly struct HostedCpuInfo : ICpuInfo
{
    /// <inheritdoc/>
    public static CpuPlace PlaceOf(ApicId processor) => new(0, processor.Value);

    /// <inheritdoc/>
    public static void Format(ref TextWriter text, in CpuFacts facts) =>
        text.Append($"processor\t: {facts.Number.Value}\nmodel name\t: hosted\ncpu cores\t: {facts.CoreCount}\n");
}
