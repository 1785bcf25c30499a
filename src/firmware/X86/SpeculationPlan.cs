// What is done about the weaknesses: chosen once, by the boot processor, and carried out by every processor.
//
// Only what is really done stands here; SpeculationReport says the rest is vulnerable.
//
// Sources: SDM Vol 4, Table 2-2, IA32_SPEC_CTRL, IA32_PRED_CMD; Intel, "Speculative Execution Side Channel Mitigations", 336996;
// Intel, "Microarchitectural Data Sampling", "VERW overwrites buffers"; AMD APM Vol 2 §3.2.9 "Speculation Control MSRs" and
// §3.1.7 "EFER", AutomaticIBRSEn.
using Commence.Firmware.Cpus;

namespace Commence.Firmware.X86;

/// <summary>What the command line wants.</summary>
public readonly struct SpeculationWishes
{
    /// <summary><c>mitigations=off</c>.</summary>
    public bool IsOff { get; init; }

    /// <summary><c>spec_store_bypass_disable=on</c>.</summary>
    public bool DisablesStoreBypass { get; init; }
}

/// <summary>What is done.</summary>
public readonly struct SpeculationPlan
{
    /// <summary>IA32_SPEC_CTRL: indirect branches of less privileged code do not steer the kernel's.</summary>
    public const ulong Ibrs = 1 << 0;

    /// <summary>IA32_SPEC_CTRL: a core's other thread does not steer this one's indirect branches.</summary>
    public const ulong Stibp = 1 << 1;

    /// <summary>IA32_SPEC_CTRL: loads wait for the addresses of earlier stores.</summary>
    public const ulong Ssbd = 1 << 2;

    private const ulong IbrsAll = 1 << 1; // IA32_ARCH_CAPABILITIES
    private const ulong FillBufferClear = 1 << 17;
    private const ulong RfdsClear = 1 << 28;

    /// <summary>What every processor writes into IA32_SPEC_CTRL; 0: nothing.</summary>
    public ulong SpeculationControl { get; private init; }

    /// <summary>EFER.AutomaticIBRSEn is set on every processor.</summary>
    public bool HasAutomaticIbrs { get; private init; }

    /// <summary>Each change of address space forgets the branches that the last one taught the processor.</summary>
    public bool HasBranchBarrier { get; private init; }

    /// <summary>Each return to user mode overwrites the processor's buffers.</summary>
    public bool ClearsBuffers { get; private init; }

    /// <summary>Branches of the kernel are kept apart from those of programs without cost at each entry.</summary>
    public bool HasEnhancedIbrs => HasAutomaticIbrs || (SpeculationControl & Ibrs) != 0;

    /// <summary>Chooses.</summary>
    public static SpeculationPlan Choose(SpeculationBugs bugs, in CpuTraits traits, in SpeculationWishes wishes)
    {
        if (wishes.IsOff)
            return default;

        ulong capabilities = SpeculationBugFinder.Capabilities(in traits);
        bool isSteerable = (bugs & SpeculationBugs.SpectreV2) != 0;
        bool hasControl = HasSpeculationControl(in traits);
        bool hasAutomatic = isSteerable && FeatureWords.Has(in traits, TraitWord.Extended21Eax, 8);
        bool hasEnhanced = isSteerable && hasControl && (capabilities & IbrsAll) != 0;
        ulong control = 0;
        if (hasEnhanced && !hasAutomatic)
            control |= Ibrs;
        if ((hasEnhanced || hasAutomatic) && HasStibp(in traits))
            control |= Stibp;
        if (wishes.DisablesStoreBypass && (bugs & SpeculationBugs.StoreBypass) != 0 && HasSsbd(in traits))
            control |= Ssbd;
        return new SpeculationPlan
        {
            SpeculationControl = control,
            HasAutomaticIbrs = hasAutomatic,
            HasBranchBarrier = isSteerable && HasIbpb(in traits),
            ClearsBuffers = IsClearingUseful(bugs, in traits, capabilities),
        };
    }

    /// <summary>VERW overwrites the buffers that MDS and TAA read.</summary>
    public static bool HasVerwClear(in CpuTraits traits) => FeatureWords.Has(in traits, TraitWord.Leaf7Edx, 10);

    /// <summary>VERW overwrites fill buffers, of which MMIO stale data come.</summary>
    public static bool HasFillBufferClear(in CpuTraits traits) =>
        (SpeculationBugFinder.Capabilities(in traits) & FillBufferClear) != 0
        || (HasVerwClear(in traits) && FeatureWords.Has(in traits, TraitWord.Leaf7Edx, 28));

    /// <summary>VERW overwrites register files.</summary>
    public static bool HasRegisterFileClear(in CpuTraits traits) =>
        (SpeculationBugFinder.Capabilities(in traits) & RfdsClear) != 0;

    private static bool IsClearingUseful(SpeculationBugs bugs, in CpuTraits traits, ulong capabilities) =>
        ((bugs & (SpeculationBugs.Mds | SpeculationBugs.Taa)) != 0 && HasVerwClear(in traits))
        || ((bugs & SpeculationBugs.MmioStaleData) != 0 && HasFillBufferClear(in traits))
        || ((bugs & SpeculationBugs.Rfds) != 0 && (capabilities & RfdsClear) != 0);

    // Intel: leaf 7, EDX. AMD: 0x80000008, EBX. Either maker's bit says the same of the same registers.
    private static bool HasSpeculationControl(in CpuTraits traits) =>
        FeatureWords.Has(in traits, TraitWord.Leaf7Edx, 26) || FeatureWords.Has(in traits, TraitWord.ExtendedEbx, 14);

    private static bool HasIbpb(in CpuTraits traits) =>
        FeatureWords.Has(in traits, TraitWord.Leaf7Edx, 26) || FeatureWords.Has(in traits, TraitWord.ExtendedEbx, 12);

    private static bool HasStibp(in CpuTraits traits) =>
        FeatureWords.Has(in traits, TraitWord.Leaf7Edx, 27) || FeatureWords.Has(in traits, TraitWord.ExtendedEbx, 15);

    private static bool HasSsbd(in CpuTraits traits) =>
        FeatureWords.Has(in traits, TraitWord.Leaf7Edx, 31) || FeatureWords.Has(in traits, TraitWord.ExtendedEbx, 24);
}
