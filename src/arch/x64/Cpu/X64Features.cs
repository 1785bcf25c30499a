// Features that are switched on in each processor's control registers before it runs anything else.
// Source: SDM Vol 3A §2.5 "Control Registers".
using Commence.Firmware.Cpus;
using Commence.Firmware.X86;
using Commence.Lib;

namespace Commence.Arch.X64;

/// <summary>Protections and units that every processor enables in the same way.</summary>
public static class X64Features
{
    private const ulong Cr4GlobalPages = 1 << 7;
    private const ulong Cr4Umip = 1 << 11;
    private const ulong Cr4Smep = 1 << 20;

    // Written by the boot processor before the others start; only read afterwards.
    private static CpuTraits s_boot;
    private static bool s_isBootFit;
    private static bool s_isBootKnown;

    /// <summary>Enables floating point for programs, global pages, memory types, what is done against speculation, and what keeps
    /// the kernel from running or reading user pages by mistake.</summary>
    /// <returns>False if the processor lacks something that the kernel needs, or that the boot processor has and the kernel
    /// therefore uses: nothing is enabled then, and the processor must not go on.</returns>
    /// <remarks>Context: early boot, AP call-in. IRQs: off.</remarks>
    public static bool EnableOnThisCpu()
    {
        ref X64PerCpuBlock block = ref X64PerCpuArea.Block;
        X64CpuInfo.ReadTraits(out block.Traits);
        if (!s_isBootKnown)
        {
            s_boot = block.Traits;
            s_isBootFit = FeatureWords.IsFit(in s_boot, in s_boot);
            s_isBootKnown = true;
        }

        block.IsFit = FeatureWords.AreSame(in s_boot, in block.Traits) ? s_isBootFit : FeatureWords.IsFit(in s_boot, in block.Traits);
        if (!block.IsFit)
            return false;

        block.MemoryTypes = X64MemoryTypes.LoadOnThisCpu(HasMemoryTypeRanges(in block.Traits));
        X64Speculation.EnableOnThisCpu();
        EnableProtections();
        return true;
    }

    /// <summary>Writes what the boot processor lacks, if it is not fit for this kernel.</summary>
    public static void DescribeMissing(ref TextWriter text) => _ = FeatureWords.TryDescribeMissing(in s_boot, in s_boot, ref text); // the caller knows

    /// <summary>Whether a processor has MTRRs.</summary>
    internal static bool HasMemoryTypeRanges(in CpuTraits traits) => FeatureWords.Has(in traits, TraitWord.Leaf1Edx, 12);

    private static void EnableProtections()
    {
        // One write, since each flushes the TLB. This one must: global pages go on, so translations of the time before the memory
        // types were loaded are forgotten, whatever else changes (SDM Vol 3A §4.10.4.1 "Operations that Invalidate TLBs").
        X64CpuId.Leaf extended = X64CpuId.Read(7);
        ulong cr4 = X64Instructions.ReadCr4() | Cr4GlobalPages | X64Fpu.ControlBits;
        if (X64CpuId.IsSmep(in extended))
            cr4 |= Cr4Smep;
        if (X64CpuId.IsUmip(in extended))
            cr4 |= Cr4Umip;
        if (X64CpuId.IsSmap(in extended))
            cr4 |= X64UserCopy.PrepareSmap();
        X64Instructions.WriteCr4(cr4);
        X64Fpu.EnableOnThisCpu();
    }
}
