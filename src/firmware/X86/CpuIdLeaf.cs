// What CPUID gives, and who executes it. Decoders are pure functions over a source, so that they run on leaves that were
// recorded as well as on the processor.
//
// Source: SDM Vol 2A, CPUID; AMD APM Vol 3 appendix E.
namespace Commence.Firmware.X86;

/// <summary>The four registers of one leaf, in the order in which the kernel's CPUID stub writes them.</summary>
public struct CpuIdLeaf
{
    public uint Eax;
    public uint Ebx;
    public uint Ecx;
    public uint Edx;
}

/// <summary>A processor's leaves.</summary>
public interface ICpuIdSource
{
    /// <summary>Reads a leaf. One that the processor does not have is all zero.</summary>
    CpuIdLeaf Read(uint leaf, uint subleaf);
}
