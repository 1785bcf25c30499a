// What a processor says of itself, and its paragraph of /proc/cpuinfo. What CPUID means is decoded in firmware/X86.
//
// Source: SDM Vol 2A, CPUID; AMD APM Vol 3 appendix E; Linux man-pages, proc_cpuinfo(5).
using System;
using Commence.Firmware.Cpus;
using Commence.Firmware.X86;
using Commence.Lib;

namespace Commence.Arch.X64;

/// <inheritdoc cref="ICpuInfo"/>
public readonly struct X64CpuInfo : ICpuInfo
{
    private const uint BrandLeafFirst = 0x8000_0002;
    private const uint BrandLeafLast = 0x8000_0004;
    private const uint TopologyLeaf = 0xB;
    private const uint AmdLevel2Leaf = 0x8000_0006;
    private const uint MsrMicrocode = 0x8B;     // IA32_BIOS_SIGN_ID
    private const uint MsrCapabilities = 0x10A; // IA32_ARCH_CAPABILITIES
    private const int CapabilitiesBit = 29;     // leaf 7, EDX
    private const int FlushUnitBytes = 8;

    /// <inheritdoc/>
    public static void Describe(ApicId id, out CpuDescription description)
    {
        X64CpuIdSource cpu = X64CpuIdSource.Open();
        ref X64PerCpuBlock block = ref X64PerCpuArea.Block;
        description.Place = TopologyShifts.Decode(in cpu).PlaceOf(id);
        description.Traits = block.Traits;
        description.IsFit = block.IsFit;
        description.HadOtherMemoryTypes = block.MemoryTypes == MemoryTypeChange.Different;
        description.HadNoMemoryTypes = block.MemoryTypes == MemoryTypeChange.WereOff;
        CacheLeaves.Decode(in cpu, id, out description.Caches);
    }

    /// <summary>Reads what the calling processor is compared by.</summary>
    internal static void ReadTraits(out CpuTraits traits)
    {
        X64CpuIdSource cpu = X64CpuIdSource.Open();
        FeatureWords.Read(in cpu, out traits);
        CpuSignature signature = FeatureWords.SignatureOf(in traits);
        if (signature.Vendor == CpuVendor.Intel || signature.IsAmdLike)
            traits[(int)TraitWord.Microcode] = ReadMicrocode(signature.Vendor == CpuVendor.Intel);
        if (!FeatureWords.Has(in traits, TraitWord.Leaf7Edx, CapabilitiesBit))
            return;

        ulong capabilities = X64Instructions.ReadMsr(MsrCapabilities);
        traits[(int)TraitWord.CapabilitiesLow] = (uint)capabilities;
        traits[(int)TraitWord.CapabilitiesHigh] = (uint)(capabilities >> 32);
    }

    // Intel: CPUID puts the revision into the upper half, unless nothing was loaded (SDM Vol 3A §10.11.7.1, Determining the
    // Signature). AMD: the lower half is the patch level (AMD APM Vol 2, appendix A, PATCH_LEVEL).
    private static uint ReadMicrocode(bool isIntel)
    {
        if (!isIntel)
            return (uint)X64Instructions.ReadMsr(MsrMicrocode);
        X64Instructions.WriteMsr(MsrMicrocode, 0);
        X64Instructions.CpuId(1, 0, out _);
        return (uint)(X64Instructions.ReadMsr(MsrMicrocode) >> 32);
    }

    /// <inheritdoc/>
    public static bool TryDescribeDifferences(in CpuTraits boot, in CpuTraits other, ref TextWriter text) =>
        FeatureWords.TryDescribeDifferences(in boot, in other, ref text);

    /// <inheritdoc/>
    public static bool TryDescribeMissing(in CpuTraits boot, in CpuTraits other, ref TextWriter text) =>
        FeatureWords.TryDescribeMissing(in boot, in other, ref text);

    /// <inheritdoc/>
    public static void Intersect(ref CpuTraits all, in CpuTraits other) => FeatureWords.Intersect(ref all, in other);

    /// <inheritdoc/>
    public static int VulnerabilityCount => SpeculationReport.Count;

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> VulnerabilityName(int index) => SpeculationReport.NameOf((Vulnerability)index);

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> VulnerabilityTitle(int index) => SpeculationReport.TitleOf((Vulnerability)index);

    /// <inheritdoc/>
    public static bool IsAffected(int index) =>
        (X64Speculation.State.Bugs & SpeculationReport.BugsOf((Vulnerability)index)) != 0;

    /// <inheritdoc/>
    public static void FormatVulnerability(int index, ref TextWriter text) =>
        SpeculationReport.Format((Vulnerability)index, in X64Speculation.State, ref text);

    /// <inheritdoc/>
    public static void CheckBugs(in CpuDescription boot, in CheckBugsOptions options)
    {
        X64CpuIdSource cpu = X64CpuIdSource.Open();
        X64Speculation.Choose(in boot.Traits, in options, hasThreads: TopologyShifts.Decode(in cpu).CoreShift > 0);
    }

    /// <inheritdoc/>
    public static void Format(ref TextWriter text, in CpuFacts facts, in CpuTraits own, in CpuTraits common)
    {
        CpuSignature signature = FeatureWords.SignatureOf(in own);
        text.Append($"processor\t: {facts.Number.Value}\nvendor_id\t: ");
        AppendVendor(ref text);
        text.Append($"\ncpu family\t: {signature.Family}\nmodel\t\t: {signature.Model}\nmodel name\t: ");
        AppendBrand(ref text);
        text.Append($"\nstepping\t: {signature.Stepping}\nmicrocode\t: 0x{own[(int)TraitWord.Microcode]:x}\n");
        AppendRate(ref text, in facts);
        AppendPlace(ref text, in facts);
        text.Append($"fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: {X64CpuId.HighestLeaf}\nwp\t\t: yes\nflags\t\t:");
        AppendFeatures(ref text, in common);
        text.Append("\nbugs\t\t:"u8);
        SpeculationReport.AppendNames(X64Speculation.State.Bugs, ref text);
        AppendBogoMips(ref text, in facts);
        uint lineBytes = (X64CpuId.Read(1).Ebx >> 8 & 0xFF) * FlushUnitBytes;
        uint sizes = own[(int)TraitWord.AddressSizes];
        text.Append($"clflush size\t: {lineBytes}\ncache_alignment\t: {lineBytes}\n");
        text.Append($"address sizes\t: {sizes & 0xFF} bits physical, {sizes >> 8 & 0xFF} bits virtual\npower management:\n");
    }

    private static void AppendVendor(ref TextWriter text)
    {
        X64CpuId.Leaf vendor = X64CpuId.Read(0);
        AppendRegister(ref text, vendor.Ebx);
        AppendRegister(ref text, vendor.Edx);
        AppendRegister(ref text, vendor.Ecx);
    }

    private static void AppendBrand(ref TextWriter text)
    {
        int start = text.Length;
        for (uint leaf = BrandLeafFirst; leaf <= BrandLeafLast; leaf++)
        {
            X64CpuId.Leaf part = X64CpuId.Read(leaf);
            AppendRegister(ref text, part.Eax);
            AppendRegister(ref text, part.Ebx);
            AppendRegister(ref text, part.Ecx);
            AppendRegister(ref text, part.Edx);
        }

        if (text.Length == start)
            text.Append("unknown"u8);
    }

    private static void AppendRate(ref TextWriter text, in CpuFacts facts)
    {
        ulong kilohertz = facts.CyclesPerSecond / 1000;
        text.Append($"cpu MHz\t\t: {kilohertz / 1000}.{kilohertz % 1000:d3}\n");
        // Older AMD processors list no caches, and give the size of the second level elsewhere.
        ulong cacheKib = facts.CacheBytes != 0 ? facts.CacheBytes >> 10 : X64CpuId.Read(AmdLevel2Leaf).Ecx >> 16;
        if (cacheKib != 0)
            text.Append($"cache size\t: {cacheKib} KB\n");
    }

    private static void AppendPlace(ref TextWriter text, in CpuFacts facts)
    {
        text.Append($"physical id\t: {facts.Place.Package}\nsiblings\t: {facts.SiblingCount}\n");
        text.Append($"core id\t\t: {facts.Place.Core}\ncpu cores\t: {facts.CoreCount}\n");
        text.Append($"apicid\t\t: {facts.HardwareId.Value}\ninitial apicid\t: {facts.HardwareId.Value}\n");
    }

    private static void AppendBogoMips(ref TextWriter text, in CpuFacts facts) =>
        text.Append($"\nbogomips\t: {facts.BogoMipsHundredths / 100}.{facts.BogoMipsHundredths % 100:d2}\n");

    private static void AppendFeatures(ref TextWriter text, in CpuTraits common)
    {
        FeatureWords.AppendNames(ref text, in common, TraitWord.Leaf1Edx);
        FeatureWords.AppendNames(ref text, in common, TraitWord.ExtendedEdx);
        text.Append(" nopl cpuid"u8); // every 64-bit processor has them
        if (X64CpuId.HasInvariantTsc)
            text.Append(" constant_tsc nonstop_tsc"u8);
        if (X64CpuId.Read(TopologyLeaf).Ebx != 0)
            text.Append(" xtopology"u8);
        FeatureWords.AppendNames(ref text, in common, TraitWord.Leaf1Ecx);
        FeatureWords.AppendNames(ref text, in common, TraitWord.ExtendedEcx);
        FeatureWords.AppendNames(ref text, in common, TraitWord.Leaf7Ebx);
        FeatureWords.AppendNames(ref text, in common, TraitWord.XsaveEax);
        FeatureWords.AppendNames(ref text, in common, TraitWord.Leaf7Ecx);
        FeatureWords.AppendNames(ref text, in common, TraitWord.Leaf7Edx);
    }

    // Four characters, lowest byte first; zero bytes fill up the end.
    private static void AppendRegister(ref TextWriter text, uint register)
    {
        for (int i = 0; i < sizeof(uint); i++)
        {
            byte character = (byte)(register >> (8 * i));
            if (character is >= (byte)' ' and < 0x7F)
                text.Append(character);
        }
    }
}
