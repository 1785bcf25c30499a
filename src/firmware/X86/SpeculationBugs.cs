// Which weaknesses against speculative-execution attacks a processor has.
//
// Two kinds of knowledge: what processors say of themselves (IA32_ARCH_CAPABILITIES, CPUID), which wins, and tables of models
// for those made before anybody knew. A processor that no table knows and that says nothing is taken to have what its makers'
// other processors have: all of it, but for what only listed models have.
//
// The older class of errata (the x87 division of the first Pentiums, their F0 0F C7 C8, exceptions of an external coprocessor,
// HLT that does not wake) belongs to processors without 64-bit mode: one that came this far has none of them.
//
// Sources: SDM Vol 4, Table 2-2, IA32_ARCH_CAPABILITIES; Intel, "Affected Processors: Guidance for Security Issues on Intel
// Processors" (table by family and model); AMD APM Vol 3 appendix E, Fn8000_0008_EBX and Fn8000_0021_EAX; AMD, "Software Techniques
// for Managing Speculation"; AMD-SB-1037 (branch type confusion), AMD-SB-7005 (return address predictor); Linux
// Documentation/admin-guide/hw-vuln.
using System;
using Commence.Firmware.Cpus;

namespace Commence.Firmware.X86;

/// <summary>A weakness, as bits of a set.</summary>
[Flags]
public enum SpeculationBugs : uint
{
    None = 0,
    SpectreV1 = 1 << 0,
    SpectreV2 = 1 << 1,
    StoreBypass = 1 << 2,
    Meltdown = 1 << 3,
    L1tf = 1 << 4,
    Mds = 1 << 5,

    /// <summary>Of the MDS kind only store buffers: those are not shared between threads.</summary>
    MsbdsOnly = 1 << 6,
    Taa = 1 << 7,
    Srbds = 1 << 8,
    MmioStaleData = 1 << 9,

    /// <summary>Too old for its maker to say whether it is affected.</summary>
    MmioUnknown = 1 << 10,
    Retbleed = 1 << 11,
    Srso = 1 << 12,
    Gds = 1 << 13,
    Rfds = 1 << 14,
    ItlbMultihit = 1 << 15,
    Swapgs = 1 << 16,
}

/// <summary>Decides.</summary>
public static class SpeculationBugFinder
{
    // IA32_ARCH_CAPABILITIES.
    private const ulong RdclNo = 1 << 0;
    private const ulong Rsba = 1 << 2;
    private const ulong SsbNo = 1 << 4;
    private const ulong MdsNo = 1 << 5;
    private const ulong PageSizeChangeNo = 1 << 6;
    private const ulong TsxControl = 1 << 7;
    private const ulong TaaNo = 1 << 8;
    private const ulong MmioNo = 7 << 13; // SBDR_SSDP_NO, FBSDP_NO, PSDP_NO: all three
    private const ulong GdsNo = 1 << 26;
    private const ulong RfdsNo = 1 << 27;
    private const ulong RfdsClear = 1 << 28;

    private const SpeculationBugs PageTables = SpeculationBugs.Meltdown | SpeculationBugs.L1tf | SpeculationBugs.Mds
        | SpeculationBugs.Swapgs | SpeculationBugs.ItlbMultihit | SpeculationBugs.MmioUnknown;

    // What a processor has unless something is known to the contrary.
    private const SpeculationBugs Presumed = PageTables | SpeculationBugs.SpectreV1 | SpeculationBugs.SpectreV2 | SpeculationBugs.StoreBypass;

    /// <summary>The capabilities register, if the processor has one.</summary>
    public static ulong Capabilities(in CpuTraits traits) =>
        ((ulong)traits[(int)TraitWord.CapabilitiesHigh] << 32) | traits[(int)TraitWord.CapabilitiesLow];

    /// <summary>Finds the weaknesses of a processor.</summary>
    public static SpeculationBugs Find(in CpuTraits traits)
    {
        CpuSignature signature = FeatureWords.SignatureOf(in traits);
        SpeculationBugs never = KnownAbsent(signature);
        if (never == Presumed)
            return SpeculationBugs.None; // it does not speculate

        SpeculationBugs listed = KnownPresent(signature);
        SpeculationBugs bugs = (Presumed & ~never) | listed;
        if ((listed & SpeculationBugs.MmioStaleData) != 0)
            bugs &= ~SpeculationBugs.MmioUnknown;
        if (signature.Vendor == CpuVendor.Intel && IsStoreBufferOnly(signature.Model))
            bugs |= SpeculationBugs.MsbdsOnly;
        bugs |= FindByFeature(in traits);
        return bugs & ~Denied(in traits);
    }

    // What follows from features, not from models.
    private static SpeculationBugs FindByFeature(in CpuTraits traits)
    {
        ulong capabilities = Capabilities(in traits);
        SpeculationBugs bugs = SpeculationBugs.None;
        bool hasTransactions = FeatureWords.Has(in traits, TraitWord.Leaf7Ebx, 11);
        if (hasTransactions || (capabilities & TsxControl) != 0)
            bugs |= SpeculationBugs.Taa;
        if ((capabilities & Rsba) != 0)
            bugs |= SpeculationBugs.Retbleed;
        if ((capabilities & RfdsClear) != 0)
            bugs |= SpeculationBugs.Rfds;
        return bugs;
    }

    // What the processor says that it does not have.
    private static SpeculationBugs Denied(in CpuTraits traits)
    {
        ulong capabilities = Capabilities(in traits);
        SpeculationBugs denied = SpeculationBugs.None;
        if ((capabilities & RdclNo) != 0)
            denied |= SpeculationBugs.Meltdown | SpeculationBugs.L1tf;
        if ((capabilities & SsbNo) != 0 || FeatureWords.Has(in traits, TraitWord.ExtendedEbx, 26))
            denied |= SpeculationBugs.StoreBypass;
        if ((capabilities & MdsNo) != 0)
            denied |= SpeculationBugs.Mds | SpeculationBugs.MsbdsOnly;
        if ((capabilities & PageSizeChangeNo) != 0)
            denied |= SpeculationBugs.ItlbMultihit;
        if ((capabilities & TaaNo) != 0)
            denied |= SpeculationBugs.Taa;
        if ((capabilities & MmioNo) == MmioNo)
            denied |= SpeculationBugs.MmioStaleData | SpeculationBugs.MmioUnknown;
        if ((capabilities & GdsNo) != 0 || !FeatureWords.Has(in traits, TraitWord.Leaf1Ecx, 28))
            denied |= SpeculationBugs.Gds; // gathers need AVX
        if ((capabilities & RfdsNo) != 0)
            denied |= SpeculationBugs.Rfds;
        if (FeatureWords.Has(in traits, TraitWord.ExtendedEbx, 29))
            denied |= SpeculationBugs.Retbleed;
        if (FeatureWords.Has(in traits, TraitWord.Extended21Eax, 29))
            denied |= SpeculationBugs.Srso;
        bool hasRandom = FeatureWords.Has(in traits, TraitWord.Leaf1Ecx, 30) || FeatureWords.Has(in traits, TraitWord.Leaf7Ebx, 18);
        return hasRandom ? denied : denied | SpeculationBugs.Srbds;
    }

    private static SpeculationBugs KnownAbsent(CpuSignature cpu) => cpu.Vendor switch
    {
        CpuVendor.Amd or CpuVendor.Hygon => cpu.Family is >= 0xF and <= 0x12 ? PageTables | SpeculationBugs.StoreBypass : PageTables,
        CpuVendor.Centaur or CpuVendor.Zhaoxin when cpu.Family == 7 =>
            SpeculationBugs.SpectreV2 | SpeculationBugs.Swapgs | SpeculationBugs.MmioUnknown,
        CpuVendor.Intel when cpu.Family == 6 => IntelAbsent(cpu.Model),
        _ => SpeculationBugs.None,
    };

    private static SpeculationBugs IntelAbsent(uint model) => model switch
    {
        // Bonnell, Saltwell: in order.
        0x1C or 0x26 or 0x27 or 0x35 or 0x36 => Presumed,

        // Silvermont, Airmont, Knights Landing and Mill.
        0x37 or 0x4A or 0x4C or 0x4D or 0x57 or 0x85 =>
            SpeculationBugs.StoreBypass | SpeculationBugs.L1tf | SpeculationBugs.Swapgs | SpeculationBugs.ItlbMultihit,
        0x75 => SpeculationBugs.L1tf | SpeculationBugs.Swapgs | SpeculationBugs.ItlbMultihit,

        // Goldmont and Goldmont Plus.
        0x5C or 0x5F or 0x7A => SpeculationBugs.Mds | SpeculationBugs.L1tf | SpeculationBugs.Swapgs
            | SpeculationBugs.ItlbMultihit | SpeculationBugs.MmioUnknown,

        // Tremont.
        0x86 or 0x96 or 0x9C => SpeculationBugs.ItlbMultihit,
        _ => SpeculationBugs.None,
    };

    private static bool IsStoreBufferOnly(uint model) => model is 0x37 or 0x4A or 0x4C or 0x4D or 0x57 or 0x75 or 0x85;

    private static SpeculationBugs KnownPresent(CpuSignature cpu) => cpu.Vendor switch
    {
        CpuVendor.Amd => cpu.Family switch
        {
            0x15 or 0x16 => SpeculationBugs.Retbleed,
            0x17 => SpeculationBugs.Retbleed | SpeculationBugs.Srso,
            0x19 => SpeculationBugs.Srso,
            _ => SpeculationBugs.None,
        },
        CpuVendor.Hygon when cpu.Family == 0x18 => SpeculationBugs.Retbleed | SpeculationBugs.Srso,
        CpuVendor.Intel when cpu.Family == 6 => IntelPresent(cpu.Model, cpu.Stepping),
        _ => SpeculationBugs.None,
    };

    private static SpeculationBugs IntelPresent(uint model, uint stepping) => model switch
    {
        // Ivy Bridge, Haswell and Broadwell for clients; the same for servers.
        0x3A or 0x3C or 0x45 or 0x46 or 0x3D or 0x47 => SpeculationBugs.Srbds,
        0x3F or 0x4F or 0x56 => SpeculationBugs.MmioStaleData,

        // Skylake server; Skylake, Kaby Lake and Coffee Lake for clients.
        0x55 => SpeculationBugs.MmioStaleData | SpeculationBugs.Retbleed | SpeculationBugs.Gds,
        0x4E or 0x5E or 0x8E or 0x9E =>
            SpeculationBugs.MmioStaleData | SpeculationBugs.Retbleed | SpeculationBugs.Gds | SpeculationBugs.Srbds,
        0x66 => SpeculationBugs.Retbleed, // Cannon Lake

        // Ice Lake client; servers.
        0x7E => SpeculationBugs.MmioStaleData | SpeculationBugs.Retbleed | SpeculationBugs.Gds,
        0x6A or 0x6C => SpeculationBugs.MmioStaleData | SpeculationBugs.Gds,

        // Comet Lake, Rocket Lake; Lakefield; Tiger Lake.
        0xA6 when stepping == 0 => SpeculationBugs.MmioStaleData | SpeculationBugs.Retbleed,
        0xA5 or 0xA6 or 0xA7 => SpeculationBugs.MmioStaleData | SpeculationBugs.Retbleed | SpeculationBugs.Gds,
        0x8A => SpeculationBugs.MmioStaleData | SpeculationBugs.Retbleed,
        0x8C or 0x8D => SpeculationBugs.Gds,

        // Alder Lake, Raptor Lake, Gracemont; Goldmont; Tremont.
        0x97 or 0x9A or 0xB7 or 0xBA or 0xBF or 0xBE or 0x5C or 0x5F or 0x7A => SpeculationBugs.Rfds,
        0x86 or 0x96 or 0x9C => SpeculationBugs.MmioStaleData | SpeculationBugs.Rfds,
        _ => SpeculationBugs.None,
    };
}
