// A processor's paragraph of /proc/cpuinfo, from CPUID.
//
// Names of features are those of Linux, which programs look for. A feature that the kernel does not let programs use has no name
// here; nor has the line of known errata ("bugs"), which the kernel does not examine yet.
//
// Source: SDM Vol 2A, CPUID; AMD APM Vol 3 appendix E; SDM Vol 3A §9.9 "Hierarchical Mapping of Shared Resources" for places;
// Linux man-pages, proc_cpuinfo(5).
using System;
using Commence.Lib;

namespace Commence.Arch.X64;

/// <inheritdoc cref="ICpuInfo"/>
public readonly struct X64CpuInfo : ICpuInfo
{
    private const uint BrandLeafFirst = 0x8000_0002;
    private const uint BrandLeafLast = 0x8000_0004;
    private const uint CacheLeaf = 4;
    private const uint TopologyLeaf = 0xB;
    private const uint AmdCacheLeaf = 0x8000_001D;
    private const uint AmdLevel2Leaf = 0x8000_0006;
    private const uint AddressSizeLeaf = 0x8000_0008;
    private const uint SublevelsMax = 8;
    private const int FlushUnitBytes = 8;

    /// <inheritdoc/>
    public static CpuPlace PlaceOf(ApicId processor)
    {
        ReadShifts(out int coreShift, out int packageShift);
        uint core = (processor.Value & ((1u << packageShift) - 1)) >> coreShift;
        return new CpuPlace(processor.Value >> packageShift, core);
    }

    /// <inheritdoc/>
    public static void Format(ref TextWriter text, in CpuFacts facts)
    {
        X64CpuId.Leaf version = X64CpuId.Read(1);
        text.Append($"processor\t: {facts.Number.Value}\nvendor_id\t: ");
        AppendVendor(ref text);
        text.Append($"\ncpu family\t: {X64CpuId.Family}\nmodel\t\t: {ModelOf(version.Eax)}\nmodel name\t: ");
        AppendBrand(ref text);
        text.Append($"\nstepping\t: {version.Eax & 0xF}\n");
        AppendRate(ref text, in facts);
        AppendPlace(ref text, in facts);
        text.Append($"fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: {X64CpuId.HighestLeaf}\nwp\t\t: yes\nflags\t\t:");
        AppendFeatures(ref text);
        AppendBogoMips(ref text, in facts);
        uint lineBytes = (version.Ebx >> 8 & 0xFF) * FlushUnitBytes;
        uint sizes = X64CpuId.Read(AddressSizeLeaf).Eax;
        text.Append($"clflush size\t: {lineBytes}\ncache_alignment\t: {lineBytes}\n");
        text.Append($"address sizes\t: {sizes & 0xFF} bits physical, {sizes >> 8 & 0xFF} bits virtual\npower management:\n");
    }

    // SDM Vol 2A, CPUID, Figure 3-6: the extended model counts for families 6 and 15, and all above.
    private static uint ModelOf(uint signature)
    {
        uint model = signature >> 4 & 0xF;
        return X64CpuId.Family >= 6 ? model | (signature >> 12 & 0xF0) : model;
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
        uint cacheKib = ReadCacheKib();
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

    // The largest cache that CPUID tells of: leaf 4 and its AMD twin list them; older AMD processors give the second level.
    private static uint ReadCacheKib()
    {
        uint largest = Math.Max(LargestCache(CacheLeaf), LargestCache(AmdCacheLeaf));
        return largest != 0 ? largest : X64CpuId.Read(AmdLevel2Leaf).Ecx >> 16;
    }

    private static uint LargestCache(uint leaf)
    {
        uint largest = 0;
        for (uint i = 0; i < SublevelsMax; i++)
        {
            X64CpuId.Leaf cache = X64CpuId.Read(leaf, i);
            if ((cache.Eax & 0x1F) == 0)
                break;

            uint ways = (cache.Ebx >> 22) + 1;
            uint partitions = (cache.Ebx >> 12 & 0x3FF) + 1;
            uint lineBytes = (cache.Ebx & 0xFFF) + 1;
            largest = Math.Max(largest, (uint)((ulong)ways * partitions * lineBytes * (cache.Ecx + 1UL) >> 10));
        }

        return largest;
    }

    // How far an APIC id must be shifted to become the number of a core, and of a package.
    private static void ReadShifts(out int coreShift, out int packageShift)
    {
        const uint Threads = 1;
        const uint Cores = 2;
        coreShift = 0;
        packageShift = 0;
        for (uint i = 0; i < SublevelsMax; i++)
        {
            X64CpuId.Leaf level = X64CpuId.Read(TopologyLeaf, i);
            uint kind = level.Ecx >> 8 & 0xFF;
            if (kind == 0)
                break;
            if (kind == Threads)
                coreShift = (int)(level.Eax & 0x1F);
            if (kind >= Cores || packageShift == 0)
                packageShift = (int)(level.Eax & 0x1F);
        }

        // Without the leaf: leaf 1 says how many ids a package takes (SDM Vol 2A, CPUID, leaf 01H EBX 23:16).
        X64CpuId.Leaf version = X64CpuId.Read(1);
        uint ids = version.Ebx >> 16 & 0xFF;
        bool hasSeveral = (version.Edx & (1 << 28)) != 0;
        if (packageShift == 0 && hasSeveral && ids > 1)
            packageShift = System.Numerics.BitOperations.Log2(ids - 1) + 1;
    }

    private static void AppendFeatures(ref TextWriter text)
    {
        X64CpuId.Leaf basic = X64CpuId.Read(1);
        X64CpuId.Leaf extended = X64CpuId.Read(0x8000_0001);
        X64CpuId.Leaf structured = X64CpuId.Read(7);
        AppendNames(ref text, basic.Edx, NamesOf1Edx);
        AppendNames(ref text, extended.Edx, NamesOfExtendedEdx);
        text.Append(" nopl cpuid"u8); // every 64-bit processor has them
        if (X64CpuId.HasInvariantTsc)
            text.Append(" constant_tsc nonstop_tsc"u8);
        if (X64CpuId.Read(TopologyLeaf).Ebx != 0)
            text.Append(" xtopology"u8);
        AppendNames(ref text, basic.Ecx, NamesOf1Ecx);
        AppendNames(ref text, extended.Ecx, NamesOfExtendedEcx);
        AppendNames(ref text, structured.Ebx, NamesOf7Ebx);
        if (X64CpuId.HasXsave)
            AppendNames(ref text, X64CpuId.Read(0xD, 1).Eax, NamesOfXsaveEax);
        AppendNames(ref text, structured.Ecx, NamesOf7Ecx);
        AppendNames(ref text, structured.Edx, NamesOf7Edx);
    }

    // A name for each bit from 0 up; a dash is a bit without a name, or of a feature that is not enabled.
    private static ReadOnlySpan<byte> NamesOf1Edx =>
        "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm ia64 pbe"u8;

    private static ReadOnlySpan<byte> NamesOf1Ecx =>
        "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave - avx f16c rdrand hypervisor"u8;

    private static ReadOnlySpan<byte> NamesOfExtendedEdx =>
        "- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow"u8;

    private static ReadOnlySpan<byte> NamesOfExtendedEcx =>
        "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt - lwp fma4 tce - nodeid_msr - tbm topoext perfctr_core perfctr_nb - bpext ptsc perfctr_llc mwaitx - -"u8;

    private static ReadOnlySpan<byte> NamesOf7Ebx =>
        "- tsc_adjust sgx bmi1 hle avx2 - smep bmi2 erms invpcid rtm cqm - mpx rdt_a avx512f avx512dq rdseed adx smap avx512ifma - clflushopt clwb intel_pt avx512pf avx512er avx512cd sha_ni avx512bw avx512vl"u8;

    private static ReadOnlySpan<byte> NamesOf7Ecx =>
        "- avx512vbmi umip - - waitpkg avx512_vbmi2 - gfni vaes vpclmulqdq avx512_vnni avx512_bitalg tme avx512_vpopcntdq - - - - - - - rdpid - bus_lock_detect cldemote - movdiri movdir64b enqcmd - -"u8;

    private static ReadOnlySpan<byte> NamesOf7Edx =>
        "- - avx512_4vnniw avx512_4fmaps fsrm - - - avx512_vp2intersect - md_clear - - - serialize - tsxldtrk - - - - - - avx512_fp16 - - - - flush_l1d arch_capabilities - -"u8;

    private static ReadOnlySpan<byte> NamesOfXsaveEax => "xsaveopt xsavec xgetbv1 xsaves"u8;

    private static void AppendNames(ref TextWriter text, uint bits, ReadOnlySpan<byte> names)
    {
        while (!names.IsEmpty)
        {
            int length = names.IndexOf((byte)' ');
            ReadOnlySpan<byte> name = length < 0 ? names : names[..length];
            if ((bits & 1) != 0 && name[0] != '-')
            {
                text.Append((byte)' ');
                text.Append(name);
            }

            names = length < 0 ? default : names[(length + 1)..];
            bits >>= 1;
        }
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
