// Weaknesses by model and by what processors say of themselves, what is chosen against them, and what is said of it.
using System.Linq;
using System.Text;
using Commence.Firmware.Cpus;
using Commence.Firmware.X86;
using Commence.Lib;
using Xunit;
using static Commence.Firmware.X86.SpeculationBugs;

namespace Commence.Tests.Firmware.X86;

public class SpeculationTests
{
    private const uint Genuine = 0x756E_6547;
    private const uint Authentic = 0x6874_7541;
    private const uint Hygon = 0x6F67_7948;

    private static CpuTraits Cpu(uint vendor, uint family, uint model, uint stepping = 0, ulong capabilities = 0)
    {
        uint baseFamily = family > 15 ? 15 : family;
        CpuTraits traits = default;
        traits[(int)TraitWord.Vendor] = vendor;
        traits[(int)TraitWord.Version] = ((family - baseFamily) << 20) | (baseFamily << 8) | (model >> 4 << 16) | ((model & 0xF) << 4) | stepping;
        traits[(int)TraitWord.Leaf1Ecx] = 1u << 28 | 1u << 30; // AVX, RDRAND
        traits[(int)TraitWord.CapabilitiesLow] = (uint)capabilities;
        traits[(int)TraitWord.CapabilitiesHigh] = (uint)(capabilities >> 32);
        return traits;
    }

    private static CpuTraits With(CpuTraits traits, TraitWord word, int bit)
    {
        traits[(int)word] |= 1u << bit;
        return traits;
    }

    private static SpeculationBugs Find(CpuTraits traits) => SpeculationBugFinder.Find(in traits);

    private static string Describe(Vulnerability what, CpuTraits traits, SpeculationWishes wishes = default, bool isBelowHalf = true, bool hasThreads = false)
    {
        SpeculationBugs bugs = Find(traits);
        SpeculationState state = new()
        {
            Bugs = bugs,
            Plan = SpeculationPlan.Choose(bugs, in traits, in wishes),
            Traits = traits,
            HasThreads = hasThreads,
            IsMemoryBelowHalf = isBelowHalf,
        };
        TextWriter text = new(new byte[200]);
        SpeculationReport.Format(what, in state, ref text);
        return Encoding.UTF8.GetString(text.Text);
    }

    [Fact]
    public void TheTableOfModels()
    {
        const SpeculationBugs all = SpectreV1 | SpectreV2 | StoreBypass | Meltdown | L1tf | Mds | Swapgs | ItlbMultihit;
        Assert.Equal(None, Find(Cpu(Genuine, 6, 0x1C)));                                                   // Bonnell does not speculate
        Assert.Equal(all | MmioUnknown, Find(Cpu(Genuine, 6, 0x2A)));                                      // Sandy Bridge
        Assert.Equal(all | MmioStaleData | Retbleed | Gds | Srbds, Find(Cpu(Genuine, 6, 0x9E, 10)));       // Coffee Lake
        Assert.Equal(all | MmioStaleData | Retbleed, Find(Cpu(Genuine, 6, 0xA6, 0)));
        Assert.Equal(all | MmioStaleData | Retbleed | Gds, Find(Cpu(Genuine, 6, 0xA6, 1)));
        Assert.Equal(SpectreV1 | SpectreV2 | Meltdown | Mds | MsbdsOnly | MmioUnknown, Find(Cpu(Genuine, 6, 0x37)));
        Assert.Equal(SpectreV1 | SpectreV2 | StoreBypass | Meltdown | Rfds, Find(Cpu(Genuine, 6, 0x5C)));  // Goldmont
        Assert.Equal(SpectreV1 | SpectreV2, Find(Cpu(Authentic, 0x10, 2)));
        Assert.Equal(SpectreV1 | SpectreV2 | StoreBypass | Retbleed, Find(Cpu(Authentic, 0x15, 2)));
        Assert.Equal(SpectreV1 | SpectreV2 | StoreBypass | Retbleed | Srso, Find(Cpu(Authentic, 0x17, 1)));
        Assert.Equal(SpectreV1 | SpectreV2 | StoreBypass | Srso, Find(Cpu(Authentic, 0x19, 1)));
        Assert.Equal(SpectreV1 | SpectreV2 | StoreBypass | Retbleed | Srso, Find(Cpu(Hygon, 0x18, 0)));
        Assert.Equal(all | MmioUnknown, Find(Cpu(0x1234_5678, 6, 1)));                                     // nobody knows it
    }

    [Fact]
    public void WhatAProcessorSaysWins()
    {
        // RDCL_NO, SSB_NO, MDS_NO, PSCHANGE_MC_NO, TAA_NO, the three of MMIO, GDS_NO, RFDS_NO.
        const ulong no = 1 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 7 << 13 | 1 << 26 | 1 << 27;
        Assert.Equal(SpectreV1 | SpectreV2 | Swapgs | Retbleed | Srbds, Find(Cpu(Genuine, 6, 0x9E, 10, no)));
        Assert.True((Find(With(Cpu(Genuine, 6, 0x55), TraitWord.Leaf7Ebx, 11)) & Taa) != 0);               // it has TSX
        Assert.True((Find(Cpu(Genuine, 6, 0x55, 7, 1 << 7)) & Taa) != 0);                                  // or could have it
        Assert.True((Find(Cpu(Genuine, 6, 0x55, 7, 1 << 7 | 1 << 8)) & Taa) == 0);
        Assert.True((Find(Cpu(Genuine, 6, 0x2A, 0, 1 << 2)) & Retbleed) != 0);                             // RSBA
        Assert.Equal(SpectreV1 | SpectreV2, Find(With(With(With(Cpu(Authentic, 0x19, 0x11), TraitWord.Extended21Eax, 29), TraitWord.ExtendedEbx, 26), TraitWord.ExtendedEbx, 29)));
        CpuTraits noRandom = Cpu(Genuine, 6, 0x3C);
        noRandom[(int)TraitWord.Leaf1Ecx] = 0;
        Assert.True((Find(noRandom) & Srbds) == 0);
    }

    [Theory]
    [InlineData(Vulnerability.Meltdown, "Vulnerable")]
    [InlineData(Vulnerability.Mds, "Vulnerable")]
    [InlineData(Vulnerability.L1tf, "Mitigation: PTE Inversion")]
    [InlineData(Vulnerability.SpectreV1, "Mitigation: usercopy/swapgs barriers and __user pointer sanitization")]
    [InlineData(Vulnerability.SpectreV2, "Vulnerable; IBPB: disabled; STIBP: disabled")]
    [InlineData(Vulnerability.SpecStoreBypass, "Vulnerable")]
    [InlineData(Vulnerability.Srbds, "Vulnerable: No microcode")]
    [InlineData(Vulnerability.GatherDataSampling, "Vulnerable: No microcode")]
    [InlineData(Vulnerability.ItlbMultihit, "KVM: Mitigation: VMX unsupported")]
    [InlineData(Vulnerability.Retbleed, "Vulnerable")]
    [InlineData(Vulnerability.SpecRstackOverflow, "Not affected")]
    [InlineData(Vulnerability.RegFileDataSampling, "Not affected")]
    public void WithoutMicrocodeLittleIsDone(Vulnerability what, string text) =>
        Assert.Equal(text, Describe(what, Cpu(Genuine, 6, 0x9E, 10)));

    [Fact]
    public void BuffersAreClearedWhereThatHelps()
    {
        CpuTraits cpu = With(Cpu(Genuine, 6, 0x55), TraitWord.Leaf7Edx, 10);
        Assert.Equal("Mitigation: Clear CPU buffers; SMT disabled", Describe(Vulnerability.Mds, cpu));
        Assert.Equal("Mitigation: Clear CPU buffers; SMT vulnerable", Describe(Vulnerability.Mds, cpu, hasThreads: true));
        Assert.Equal("Vulnerable", Describe(Vulnerability.MmioStaleData, cpu)); // VERW does not reach fill buffers here
        Assert.Equal("Mitigation: Clear CPU buffers; SMT disabled", Describe(Vulnerability.MmioStaleData, With(cpu, TraitWord.Leaf7Edx, 28)));
        Assert.Equal("Mitigation: Clear CPU buffers; SMT Host state unknown", Describe(Vulnerability.Mds, With(cpu, TraitWord.Leaf1Ecx, 31)));
        Assert.Equal("Vulnerable", Describe(Vulnerability.Mds, cpu, new SpeculationWishes { IsOff = true }));
        Assert.Equal("Mitigation: Clear Register File", Describe(Vulnerability.RegFileDataSampling, Cpu(Genuine, 6, 0x97, 0, 1 << 28)));
        Assert.Equal("Vulnerable", Describe(Vulnerability.RegFileDataSampling, Cpu(Genuine, 6, 0x97)));
        Assert.Equal("Unknown: No mitigations", Describe(Vulnerability.MmioStaleData, Cpu(Genuine, 6, 0x2A)));
    }

    [Fact]
    public void BranchesAreKeptApartWhereTheProcessorCan()
    {
        CpuTraits enhanced = With(With(Cpu(Genuine, 6, 0x6A, 0, 1 << 1), TraitWord.Leaf7Edx, 26), TraitWord.Leaf7Edx, 27);
        SpeculationWishes none = default;
        SpeculationPlan plan = SpeculationPlan.Choose(Find(enhanced), in enhanced, in none);
        Assert.Equal((SpeculationPlan.Ibrs | SpeculationPlan.Stibp, false, true, true), (plan.SpeculationControl, plan.HasAutomaticIbrs, plan.HasBranchBarrier, plan.HasEnhancedIbrs));
        Assert.Equal("Mitigation: Enhanced / Automatic IBRS; IBPB: always-on; STIBP: always-on", Describe(Vulnerability.SpectreV2, enhanced));

        CpuTraits automatic = With(With(Cpu(Authentic, 0x19, 0x11), TraitWord.Extended21Eax, 8), TraitWord.ExtendedEbx, 12);
        plan = SpeculationPlan.Choose(Find(automatic), in automatic, in none);
        Assert.Equal((0ul, true, true), (plan.SpeculationControl, plan.HasAutomaticIbrs, plan.HasBranchBarrier));

        // The old kind of IBRS would have to be written at every entry, which nobody does here.
        CpuTraits old = With(Cpu(Genuine, 6, 0x55), TraitWord.Leaf7Edx, 26);
        Assert.Equal("Vulnerable; IBPB: always-on; STIBP: disabled", Describe(Vulnerability.SpectreV2, old));
        Assert.Equal("Vulnerable", Describe(Vulnerability.Retbleed, old));
        Assert.Equal("Mitigation: Enhanced IBRS", Describe(Vulnerability.Retbleed, With(Cpu(Genuine, 6, 0x7E, 5, 1 << 1), TraitWord.Leaf7Edx, 26)));
        Assert.Equal("Vulnerable; IBPB: disabled; STIBP: disabled", Describe(Vulnerability.SpectreV2, enhanced, new SpeculationWishes { IsOff = true }));
    }

    [Fact]
    public void StoresAreWaitedForOnlyOnRequest()
    {
        CpuTraits cpu = With(Cpu(Genuine, 6, 0x55), TraitWord.Leaf7Edx, 31);
        Assert.Equal("Vulnerable", Describe(Vulnerability.SpecStoreBypass, cpu));
        Assert.Equal("Mitigation: Speculative Store Bypass disabled", Describe(Vulnerability.SpecStoreBypass, cpu, new SpeculationWishes { DisablesStoreBypass = true }));
        Assert.Equal("Vulnerable", Describe(Vulnerability.SpecStoreBypass, Cpu(Genuine, 6, 0x55), new SpeculationWishes { DisablesStoreBypass = true }));
    }

    [Fact]
    public void InversionHelpsOnlyWhereTheUpperHalfIsEmpty() =>
        Assert.Equal("Vulnerable", Describe(Vulnerability.L1tf, Cpu(Genuine, 6, 0x55), isBelowHalf: false));

    [Fact]
    public void EveryWeaknessHasAFileOfItsOwn()
    {
        var all = Enumerable.Range(0, SpeculationReport.Count).Select(i => (Vulnerability)i).ToArray();
        Assert.Equal(all.Length, all.Select(what => Encoding.UTF8.GetString(SpeculationReport.NameOf(what))).Distinct().Count());
        Assert.Equal(all.Length, all.Select(what => Encoding.UTF8.GetString(SpeculationReport.TitleOf(what))).Distinct().Count());
        Assert.Equal(all.Length, all.Select(SpeculationReport.BugsOf).Distinct().Count());

        // And nobody is called vulnerable, or mitigated, who is not affected.
        CpuTraits sound = Cpu(Genuine, 6, 0x1C);
        Assert.All(all, what => Assert.Equal("Not affected", Describe(what, sound)));
    }
}
