// What a processor says of itself, for people and programs to read.
using Commence.Lib;

namespace Commence.Arch;

/// <summary>Where a processor sits: processors of one package share a socket, those of one core an execution engine.</summary>
public readonly struct CpuPlace
{
    public CpuPlace(uint package, uint core)
    {
        Package = package;
        Core = core;
    }

    /// <summary>Number of the package (socket).</summary>
    public uint Package { get; }

    /// <summary>Number of the core in its package.</summary>
    public uint Core { get; }
}

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

    /// <summary>Rate of the cycle counter.</summary>
    public ulong CyclesPerSecond;

    /// <summary>Turns of its delay loop, in hundredths of what Linux calls a BogoMIPS.</summary>
    public ulong BogoMipsHundredths;
}

/// <summary>Descriptions of processors.</summary>
public interface ICpuInfo
{
    /// <summary>Finds where a processor sits.</summary>
    /// <remarks>Context: any.</remarks>
    static abstract CpuPlace PlaceOf(ApicId processor);

    /// <summary>Writes a processor's paragraph of <c>/proc/cpuinfo</c>, as Linux formats it on this architecture, without the
    /// empty line behind it.</summary>
    /// <remarks>Context: any. What is read from the processor is read from the one that runs the caller: all are taken to be
    /// of one kind.</remarks>
    static abstract void Format(ref TextWriter text, in CpuFacts facts);
}
