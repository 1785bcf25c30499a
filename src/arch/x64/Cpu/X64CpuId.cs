// What the processor says of itself. Source: SDM Vol 2A, CPUID; AMD APM Vol 3 appendix E.
namespace Commence.Arch.X64;

/// <summary>CPUID leaves and the features that the kernel asks for.</summary>
public static class X64CpuId
{
    /// <summary>The four registers of one leaf, in the order in which x64_cpuid writes them.</summary>
    public struct Leaf
    {
        public uint Eax;
        public uint Ebx;
        public uint Ecx;
        public uint Edx;
    }

    /// <summary>Reads one leaf; a leaf beyond the highest reads as zero.</summary>
    public static Leaf Read(uint leaf, uint subleaf = 0)
    {
        X64Instructions.CpuId(leaf & 0xFFFF_0000, 0, out Leaf highest);
        if (leaf > highest.Eax)
            return default;
        X64Instructions.CpuId(leaf, subleaf, out Leaf result);
        return result;
    }

    /// <summary>XSAVE, XRSTOR, XSETBV and XGETBV.</summary>
    public static bool HasXsave => (Read(1).Ecx & (1 << 26)) != 0;

    /// <summary>The local APIC can be driven through MSRs, with 32-bit ids.</summary>
    public static bool HasX2Apic => (Read(1).Ecx & (1 << 21)) != 0;

    public static bool HasRdrand => (Read(1).Ecx & (1 << 30)) != 0;

    public static bool HasHypervisor => (Read(1).Ecx & (1u << 31)) != 0;

    /// <summary>The time-stamp counter runs at one rate in all power states.</summary>
    public static bool HasInvariantTsc => (Read(0x8000_0007).Edx & (1 << 8)) != 0;

    /// <summary>The MSR that tells what was added to the time-stamp counter.</summary>
    public static bool HasTscAdjust => (Read(7).Ebx & (1 << 1)) != 0;

    /// <summary>Supervisor-mode execution prevention, by leaf 7.</summary>
    public static bool IsSmep(in Leaf extended) => (extended.Ebx & (1 << 7)) != 0;

    /// <summary>Supervisor-mode access prevention, by leaf 7.</summary>
    public static bool IsSmap(in Leaf extended) => (extended.Ebx & (1 << 20)) != 0;

    /// <summary>User-mode instruction prevention, by leaf 7: SGDT, SIDT and their like fault in user mode.</summary>
    public static bool IsUmip(in Leaf extended) => (extended.Ecx & (1 << 2)) != 0;

    /// <summary>1 GiB pages.</summary>
    public static bool HasGiantPages => (Read(0x8000_0001).Edx & (1 << 26)) != 0;

    /// <summary>Family, extended family included (SDM Vol 2A, CPUID, Figure 3-6).</summary>
    public static uint Family
    {
        get
        {
            uint signature = Read(1).Eax;
            uint family = signature >> 8 & 0xF;
            return family == 0xF ? family + (signature >> 20 & 0xFF) : family;
        }
    }

    /// <summary>Vendor strings "AuthenticAMD" and "HygonGenuine", by their first four letters.</summary>
    public static bool IsAmdOrHygon => Read(0).Ebx is 0x68747541 or 0x6F677948;

    /// <summary>Highest leaf of the basic range.</summary>
    public static uint HighestLeaf => Read(0).Eax;
}
