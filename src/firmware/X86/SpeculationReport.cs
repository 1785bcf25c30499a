// What programs and people are told of each weakness: the files of /sys/devices/system/cpu/vulnerabilities and the log.
//
// The words are Linux's, which scripts look for; "Mitigation" stands only where the kernel, or the microcode by itself, really does
// what follows it.
//
// Source: Linux Documentation/admin-guide/hw-vuln, Documentation/ABI/testing/sysfs-devices-system-cpu.
using System;
using Commence.Firmware.Cpus;
using Commence.Lib;

namespace Commence.Firmware.X86;

/// <summary>A file of the folder.</summary>
public enum Vulnerability
{
    GatherDataSampling,
    ItlbMultihit,
    L1tf,
    Mds,
    Meltdown,
    MmioStaleData,
    RegFileDataSampling,
    Retbleed,
    SpecRstackOverflow,
    SpecStoreBypass,
    SpectreV1,
    SpectreV2,
    Srbds,
    TsxAsyncAbort,
}

/// <summary>What the texts depend on.</summary>
public struct SpeculationState
{
    public SpeculationBugs Bugs;

    public SpeculationPlan Plan;

    public CpuTraits Traits;

    /// <summary>Cores run several threads at a time.</summary>
    public bool HasThreads;

    /// <summary>All memory lies where an inverted address of a page table entry never points.</summary>
    public bool IsMemoryBelowHalf;
}

/// <summary>Names and states.</summary>
public static class SpeculationReport
{
    public const int Count = (int)Vulnerability.TsxAsyncAbort + 1;

    private const ulong GdsControl = 1 << 25; // IA32_ARCH_CAPABILITIES

    /// <summary>Name of the file.</summary>
    public static ReadOnlySpan<byte> NameOf(Vulnerability what) => what switch
    {
        Vulnerability.GatherDataSampling => "gather_data_sampling"u8,
        Vulnerability.ItlbMultihit => "itlb_multihit"u8,
        Vulnerability.L1tf => "l1tf"u8,
        Vulnerability.Mds => "mds"u8,
        Vulnerability.Meltdown => "meltdown"u8,
        Vulnerability.MmioStaleData => "mmio_stale_data"u8,
        Vulnerability.RegFileDataSampling => "reg_file_data_sampling"u8,
        Vulnerability.Retbleed => "retbleed"u8,
        Vulnerability.SpecRstackOverflow => "spec_rstack_overflow"u8,
        Vulnerability.SpecStoreBypass => "spec_store_bypass"u8,
        Vulnerability.SpectreV1 => "spectre_v1"u8,
        Vulnerability.SpectreV2 => "spectre_v2"u8,
        Vulnerability.Srbds => "srbds"u8,
        _ => "tsx_async_abort"u8,
    };

    /// <summary>How the log calls it.</summary>
    public static ReadOnlySpan<byte> TitleOf(Vulnerability what) => what switch
    {
        Vulnerability.GatherDataSampling => "GDS"u8,
        Vulnerability.ItlbMultihit => "ITLB multihit"u8,
        Vulnerability.L1tf => "L1TF"u8,
        Vulnerability.Mds => "MDS"u8,
        Vulnerability.Meltdown => "Meltdown"u8,
        Vulnerability.MmioStaleData => "MMIO Stale Data"u8,
        Vulnerability.RegFileDataSampling => "Register File Data Sampling"u8,
        Vulnerability.Retbleed => "RETBleed"u8,
        Vulnerability.SpecRstackOverflow => "Speculative Return Stack Overflow"u8,
        Vulnerability.SpecStoreBypass => "Speculative Store Bypass"u8,
        Vulnerability.SpectreV1 => "Spectre V1 "u8,
        Vulnerability.SpectreV2 => "Spectre V2 "u8,
        Vulnerability.Srbds => "SRBDS"u8,
        _ => "TAA"u8,
    };

    /// <summary>The bits of the set that make a processor affected.</summary>
    public static SpeculationBugs BugsOf(Vulnerability what) => what switch
    {
        Vulnerability.GatherDataSampling => SpeculationBugs.Gds,
        Vulnerability.ItlbMultihit => SpeculationBugs.ItlbMultihit,
        Vulnerability.L1tf => SpeculationBugs.L1tf,
        Vulnerability.Mds => SpeculationBugs.Mds,
        Vulnerability.Meltdown => SpeculationBugs.Meltdown,
        Vulnerability.MmioStaleData => SpeculationBugs.MmioStaleData | SpeculationBugs.MmioUnknown,
        Vulnerability.RegFileDataSampling => SpeculationBugs.Rfds,
        Vulnerability.Retbleed => SpeculationBugs.Retbleed,
        Vulnerability.SpecRstackOverflow => SpeculationBugs.Srso,
        Vulnerability.SpecStoreBypass => SpeculationBugs.StoreBypass,
        Vulnerability.SpectreV1 => SpeculationBugs.SpectreV1,
        Vulnerability.SpectreV2 => SpeculationBugs.SpectreV2,
        Vulnerability.Srbds => SpeculationBugs.Srbds,
        _ => SpeculationBugs.Taa,
    };

    /// <summary>Writes what is the case.</summary>
    public static void Format(Vulnerability what, in SpeculationState state, ref TextWriter text)
    {
        if ((state.Bugs & BugsOf(what)) == 0)
            text.Append("Not affected"u8);
        else if (what == Vulnerability.SpectreV2)
            FormatSpectreV2(in state, ref text);
        else
            FormatState(what, in state, ref text);
    }

    /// <summary>Writes the names of the weaknesses as the line "bugs" of cpuinfo has them, each with a blank before it.</summary>
    public static void AppendNames(SpeculationBugs bugs, ref TextWriter text)
    {
        AppendName(bugs, SpeculationBugs.Meltdown, " cpu_meltdown"u8, ref text);
        AppendName(bugs, SpeculationBugs.SpectreV1, " spectre_v1"u8, ref text);
        AppendName(bugs, SpeculationBugs.SpectreV2, " spectre_v2"u8, ref text);
        AppendName(bugs, SpeculationBugs.StoreBypass, " spec_store_bypass"u8, ref text);
        AppendName(bugs, SpeculationBugs.L1tf, " l1tf"u8, ref text);
        AppendName(bugs, SpeculationBugs.Mds, " mds"u8, ref text);
        AppendName(bugs, SpeculationBugs.MsbdsOnly, " msbds_only"u8, ref text);
        AppendName(bugs, SpeculationBugs.Swapgs, " swapgs"u8, ref text);
        AppendName(bugs, SpeculationBugs.Taa, " taa"u8, ref text);
        AppendName(bugs, SpeculationBugs.ItlbMultihit, " itlb_multihit"u8, ref text);
        AppendName(bugs, SpeculationBugs.Srbds, " srbds"u8, ref text);
        AppendName(bugs, SpeculationBugs.MmioStaleData, " mmio_stale_data"u8, ref text);
        AppendName(bugs, SpeculationBugs.MmioUnknown, " mmio_unknown"u8, ref text);
        AppendName(bugs, SpeculationBugs.Retbleed, " retbleed"u8, ref text);
        AppendName(bugs, SpeculationBugs.Gds, " gds"u8, ref text);
        AppendName(bugs, SpeculationBugs.Srso, " srso"u8, ref text);
        AppendName(bugs, SpeculationBugs.Rfds, " rfds"u8, ref text);
    }

    private static void AppendName(SpeculationBugs bugs, SpeculationBugs one, scoped ReadOnlySpan<byte> name, ref TextWriter text)
    {
        if ((bugs & one) != 0)
            text.Append(name);
    }

    private static void FormatState(Vulnerability what, in SpeculationState state, ref TextWriter text)
    {
        switch (what)
        {
            case Vulnerability.ItlbMultihit:
                // The weakness is a guest's against its host, and this kernel is host to none.
                bool hasVmx = FeatureWords.Has(in state.Traits, TraitWord.Leaf1Ecx, 5);
                text.Append(hasVmx ? "KVM: Mitigation: VMX disabled"u8 : "KVM: Mitigation: VMX unsupported"u8);
                break;
            case Vulnerability.L1tf:
                text.Append(state.IsMemoryBelowHalf ? "Mitigation: PTE Inversion"u8 : "Vulnerable"u8);
                break;
            case Vulnerability.Mds or Vulnerability.TsxAsyncAbort:
                FormatClearing(in state, SpeculationPlan.HasVerwClear(in state.Traits), ref text);
                break;
            case Vulnerability.MmioStaleData:
                if ((state.Bugs & SpeculationBugs.MmioUnknown) != 0)
                    text.Append("Unknown: No mitigations"u8);
                else
                    FormatClearing(in state, SpeculationPlan.HasFillBufferClear(in state.Traits), ref text);
                break;
            case Vulnerability.RegFileDataSampling:
                bool isCleared = state.Plan.ClearsBuffers && SpeculationPlan.HasRegisterFileClear(in state.Traits);
                text.Append(isCleared ? "Mitigation: Clear Register File"u8 : "Vulnerable"u8);
                break;
            case Vulnerability.Srbds:
                FormatMicrocode(in state, FeatureWords.Has(in state.Traits, TraitWord.Leaf7Edx, 9), ref text);
                break;
            case Vulnerability.GatherDataSampling:
                FormatMicrocode(in state, (SpeculationBugFinder.Capabilities(in state.Traits) & GdsControl) != 0, ref text);
                break;
            case Vulnerability.SpecStoreBypass:
                bool isDisabled = (state.Plan.SpeculationControl & SpeculationPlan.Ssbd) != 0;
                text.Append(isDisabled ? "Mitigation: Speculative Store Bypass disabled"u8 : "Vulnerable"u8);
                break;
            case Vulnerability.Retbleed:
                bool isIntel = FeatureWords.SignatureOf(in state.Traits).Vendor == CpuVendor.Intel;
                text.Append(isIntel && state.Plan.HasEnhancedIbrs ? "Mitigation: Enhanced IBRS"u8 : "Vulnerable"u8);
                break;
            case Vulnerability.SpectreV1:
                // UserCopy.S, Traps.S, SpeculativeIndex: in force on every processor, whatever the command line says.
                text.Append("Mitigation: usercopy/swapgs barriers and __user pointer sanitization"u8);
                break;
            default:
                text.Append("Vulnerable"u8); // nothing is done
                break;
        }
    }

    private static void FormatSpectreV2(in SpeculationState state, ref TextWriter text)
    {
        text.Append(state.Plan.HasEnhancedIbrs ? "Mitigation: Enhanced / Automatic IBRS"u8 : "Vulnerable"u8);
        text.Append(state.Plan.HasBranchBarrier ? "; IBPB: always-on"u8 : "; IBPB: disabled"u8);
        text.Append((state.Plan.SpeculationControl & SpeculationPlan.Stibp) != 0 ? "; STIBP: always-on"u8 : "; STIBP: disabled"u8);
    }

    private static void FormatClearing(in SpeculationState state, bool isSupported, ref TextWriter text)
    {
        if (!state.Plan.ClearsBuffers || !isSupported)
        {
            text.Append("Vulnerable"u8);
            return;
        }

        text.Append("Mitigation: Clear CPU buffers"u8);
        if (IsVirtual(in state.Traits))
            text.Append("; SMT Host state unknown"u8);
        else
            text.Append(state.HasThreads ? "; SMT vulnerable"u8 : "; SMT disabled"u8);
    }

    // Microcode does it by itself; under a hypervisor nobody knows which microcode runs.
    private static void FormatMicrocode(in SpeculationState state, bool isThere, ref TextWriter text)
    {
        if (isThere)
            text.Append("Mitigation: Microcode"u8);
        else
            text.Append(IsVirtual(in state.Traits) ? "Unknown: Dependent on hypervisor status"u8 : "Vulnerable: No microcode"u8);
    }

    private static bool IsVirtual(in CpuTraits traits) => FeatureWords.Has(in traits, TraitWord.Leaf1Ecx, 31);
}
