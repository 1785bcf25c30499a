// What a processor says of itself, for people and programs to read, and for the kernel to compare.
using Commence.Firmware.Cpus;
using Commence.Lib;

namespace Commence.Arch;

/// <summary>What the kernel knows of a processor that <c>/proc/cpuinfo</c> shows.</summary>
public struct CpuFacts
{
    /// <summary>The kernel's number.</summary>
    public CpuId Number;

    /// <summary>The interrupt controller's number.</summary>
    public ApicId HardwareId;

    /// <summary>Where it sits.</summary>
    public CpuPlace Place;

    /// <summary>Processors of its package that are online.</summary>
    public int SiblingCount;

    /// <summary>Cores of its package that are online.</summary>
    public int CoreCount;

    /// <summary>Bytes of its largest cache; 0 if it tells of none.</summary>
    public ulong CacheBytes;

    /// <summary>Rate of the cycle counter.</summary>
    public ulong CyclesPerSecond;

    /// <summary>Turns of its delay loop, in hundredths of what Linux calls a BogoMIPS.</summary>
    public ulong BogoMipsHundredths;
}

/// <summary>Descriptions of processors.</summary>
public interface ICpuInfo
{
    /// <summary>Asks the calling processor for all that it says of itself.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="description">The answer.</param>
    /// <remarks>Context: early boot, AP call-in; after the processor's own units are enabled. Cheap: some dozens of instructions
    /// that ask, some thousands to understand.</remarks>
    static abstract void Describe(ApicId id, out CpuDescription description);

    /// <summary>Writes how a processor differs from the boot processor, by name.</summary>
    /// <returns>False if it does not.</returns>
    /// <remarks>Context: any.</remarks>
    static abstract bool TryDescribeDifferences(in CpuTraits boot, in CpuTraits other, ref TextWriter text);

    /// <summary>Writes which features a processor lacks that the kernel uses on all of them.</summary>
    /// <param name="boot">The boot processor, by which the kernel chose.</param>
    /// <param name="other">The processor.</param>
    /// <param name="text">Gets the names.</param>
    /// <returns>False if it lacks none; else it cannot run this kernel.</returns>
    /// <remarks>Context: any.</remarks>
    static abstract bool TryDescribeMissing(in CpuTraits boot, in CpuTraits other, ref TextWriter text);

    /// <summary>Keeps in <paramref name="all"/> what <paramref name="other"/> has as well.</summary>
    /// <remarks>Context: any.</remarks>
    static abstract void Intersect(ref CpuTraits all, in CpuTraits other);

    /// <summary>Writes a processor's paragraph of <c>/proc/cpuinfo</c>, as Linux formats it on this architecture, without the
    /// empty line behind it.</summary>
    /// <param name="text">Gets the paragraph.</param>
    /// <param name="facts">What the kernel knows of the processor.</param>
    /// <param name="own">What the processor said of itself.</param>
    /// <param name="common">Features that all processors have: only those are shown.</param>
    /// <remarks>Context: any.</remarks>
    static abstract void Format(ref TextWriter text, in CpuFacts facts, in CpuTraits own, in CpuTraits common);

    /// <summary>Weaknesses that the architecture's manuals know: how many.</summary>
    static abstract int VulnerabilityCount { get; }

    /// <summary>Name of a weakness, as the file under <c>/sys/devices/system/cpu/vulnerabilities</c> has it.</summary>
    static abstract System.ReadOnlySpan<byte> VulnerabilityName(int index);

    /// <summary>Name of a weakness, as the log has it.</summary>
    static abstract System.ReadOnlySpan<byte> VulnerabilityTitle(int index);

    /// <summary>Whether the processor has a weakness.</summary>
    /// <remarks>Context: any, after <see cref="CheckBugs"/>.</remarks>
    static abstract bool IsAffected(int index);

    /// <summary>Writes whether the processor has a weakness, and what is done about it.</summary>
    /// <remarks>Context: any, after <see cref="CheckBugs"/>.</remarks>
    static abstract void FormatVulnerability(int index, ref TextWriter text);

    /// <summary>Finds the weaknesses of the calling processor, chooses what is done about them, and does it here.</summary>
    /// <param name="boot">The calling processor.</param>
    /// <param name="options">What the machine and the command line say.</param>
    /// <remarks>Context: boot processor, before the others start: they do the same when they enable their units.</remarks>
    static abstract void CheckBugs(in CpuDescription boot, in CheckBugsOptions options);
}

/// <summary>What <see cref="ICpuInfo.CheckBugs"/> cannot find out by itself.</summary>
public readonly struct CheckBugsOptions
{
    /// <summary><c>mitigations=off</c>.</summary>
    public bool IsOff { get; init; }

    /// <summary><c>spec_store_bypass_disable=on</c>.</summary>
    public bool DisablesStoreBypass { get; init; }

    /// <summary>End of the machine's memory.</summary>
    public PhysAddr MemoryEnd { get; init; }
}
