// The features of a processor: the words of CPUID that list them, the names that Linux gave the bits, and how two processors
// compare.
//
// Names are those of Linux's /proc/cpuinfo, which programs look for. A feature that the kernel does not let programs use has a
// dash in place of its name.
//
// Source: SDM Vol 2A, CPUID, leaves 1, 6, 7, 0DH, 80000001H, 80000007H, 80000008H; AMD APM Vol 3 appendix E (Fn8000_0021).
using System;
using Commence.Firmware.Cpus;
using Commence.Lib;

namespace Commence.Firmware.X86;

/// <summary>Places in <see cref="CpuTraits"/> on x86.</summary>
public enum TraitWord
{
    Vendor,
    Version,
    Microcode,
    AddressSizes,
    Leaf1Edx,
    Leaf1Ecx,
    ExtendedEdx,
    ExtendedEcx,
    Leaf7Ebx,
    Leaf7Ecx,
    Leaf7Edx,
    Leaf7_1Eax,
    XsaveEax,
    PowerEdx,       // 0x80000007
    ExtendedEbx,    // 0x80000008
    Extended21Eax,  // 0x80000021
    CapabilitiesLow, // IA32_ARCH_CAPABILITIES, an MSR
    CapabilitiesHigh,
}

/// <summary>Reads, names and compares features.</summary>
public static class FeatureWords
{
    /// <summary>The first word that lists features, one bit each.</summary>
    public const TraitWord First = TraitWord.Leaf1Edx;

    /// <summary>The last of them.</summary>
    public const TraitWord Last = TraitWord.Extended21Eax;

    // These follow what an operating system has switched on: a processor says the same of itself only afterwards.
    private const uint OsXsave = 1 << 27;       // leaf 1, ECX
    private const uint OsProtectionKeys = 1 << 4; // leaf 7, ECX

    /// <summary>Reads all words that CPUID gives. Microcode and capabilities, which are MSRs, are left to the caller.</summary>
    public static void Read<TSource>(in TSource cpu, out CpuTraits traits)
        where TSource : struct, ICpuIdSource
    {
        traits = default;
        CpuIdLeaf basic = cpu.Read(1, 0);
        CpuIdLeaf extended = cpu.Read(0x8000_0001, 0);
        CpuIdLeaf structured = cpu.Read(7, 0);
        CpuIdLeaf sizes = cpu.Read(0x8000_0008, 0);
        traits[(int)TraitWord.Vendor] = cpu.Read(0, 0).Ebx;
        traits[(int)TraitWord.Version] = basic.Eax;
        traits[(int)TraitWord.AddressSizes] = sizes.Eax & 0xFFFF;
        traits[(int)TraitWord.Leaf1Edx] = basic.Edx;
        traits[(int)TraitWord.Leaf1Ecx] = basic.Ecx & ~OsXsave;
        traits[(int)TraitWord.ExtendedEdx] = extended.Edx;
        traits[(int)TraitWord.ExtendedEcx] = extended.Ecx;
        traits[(int)TraitWord.Leaf7Ebx] = structured.Ebx;
        traits[(int)TraitWord.Leaf7Ecx] = structured.Ecx & ~OsProtectionKeys;
        traits[(int)TraitWord.Leaf7Edx] = structured.Edx;
        traits[(int)TraitWord.Leaf7_1Eax] = structured.Eax != 0 ? cpu.Read(7, 1).Eax : 0;
        traits[(int)TraitWord.XsaveEax] = Has(in traits, TraitWord.Leaf1Ecx, 26) ? cpu.Read(0xD, 1).Eax : 0;
        traits[(int)TraitWord.PowerEdx] = cpu.Read(0x8000_0007, 0).Edx;
        traits[(int)TraitWord.ExtendedEbx] = sizes.Ebx;
        traits[(int)TraitWord.Extended21Eax] = cpu.Read(0x8000_0021, 0).Eax;
    }

    public static bool Has(in CpuTraits traits, TraitWord word, int bit) => (traits[(int)word] >> bit & 1) != 0;

    public static CpuSignature SignatureOf(in CpuTraits traits) =>
        new(traits[(int)TraitWord.Vendor], traits[(int)TraitWord.Version]);

    /// <summary>Keeps the features that another processor has as well; the smaller address sizes hold.</summary>
    public static void Intersect(ref CpuTraits all, in CpuTraits other)
    {
        for (int i = (int)First; i <= (int)Last; i++)
            all[i] &= other[i];

        // Physical and virtual address bits, one byte each.
        uint sizes = all[(int)TraitWord.AddressSizes];
        uint others = other[(int)TraitWord.AddressSizes];
        all[(int)TraitWord.AddressSizes] = Math.Min(sizes & 0xFF, others & 0xFF) | (Math.Min(sizes >> 8, others >> 8) << 8);
    }

    /// <summary>Writes how a processor differs from the first one, by name: <c>lacks avx2; stepping 3 instead of 4</c>.</summary>
    /// <returns>False if it does not.</returns>
    public static bool TryDescribeDifferences(in CpuTraits first, in CpuTraits other, ref TextWriter text)
    {
        int start = text.Length;
        AppendMissing(ref text, start, in first, in other, "lacks"u8);
        AppendMissing(ref text, start, in other, in first, "has besides"u8);
        CpuSignature one = SignatureOf(in first);
        CpuSignature two = SignatureOf(in other);
        if (one.Vendor != two.Vendor)
            AppendSeparated(ref text, start, "another vendor"u8);
        AppendNumber(ref text, start, "family"u8, one.Family, two.Family);
        AppendNumber(ref text, start, "model"u8, one.Model, two.Model);
        AppendNumber(ref text, start, "stepping"u8, one.Stepping, two.Stepping);
        AppendNumber(ref text, start, "microcode"u8, first[(int)TraitWord.Microcode], other[(int)TraitWord.Microcode]);
        AppendNumber(ref text, start, "physical address bits"u8, SizeOf(in first, 0), SizeOf(in other, 0));
        AppendNumber(ref text, start, "virtual address bits"u8, SizeOf(in first, 8), SizeOf(in other, 8));
        if (first[(int)TraitWord.CapabilitiesLow] != other[(int)TraitWord.CapabilitiesLow]
            || first[(int)TraitWord.CapabilitiesHigh] != other[(int)TraitWord.CapabilitiesHigh])
            AppendSeparated(ref text, start, "other IA32_ARCH_CAPABILITIES"u8);
        return text.Length > start;
    }

    /// <summary>Writes what a processor lacks that the kernel needs, or that it uses because the first processor has it.</summary>
    /// <returns>False if it lacks none.</returns>
    public static bool TryDescribeMissing(in CpuTraits first, in CpuTraits other, ref TextWriter text)
    {
        bool isAny = false;
        for (int i = (int)First; i <= (int)Last; i++)
        {
            uint missing = MissingOf(in first, in other, i);
            isAny |= missing != 0;
            for (int bit = 0; missing != 0; bit++, missing >>= 1)
            {
                if ((missing & 1) != 0)
                    AppendName(ref text, (TraitWord)i, bit);
            }
        }

        return isAny;
    }

    /// <summary>Whether two processors list the same features.</summary>
    public static bool AreSame(in CpuTraits one, in CpuTraits two)
    {
        uint different = 0;
        for (int i = (int)First; i <= (int)Last; i++)
            different |= one[i] ^ two[i];
        return different == 0;
    }

    /// <summary>Whether a processor has all that the kernel needs and uses.</summary>
    public static bool IsFit(in CpuTraits first, in CpuTraits other)
    {
        for (int i = (int)First; i <= (int)Last; i++)
        {
            if (MissingOf(in first, in other, i) != 0)
                return false;
        }

        return true;
    }

    private static uint MissingOf(in CpuTraits first, in CpuTraits other, int word) =>
        (Needed((TraitWord)word) | (Used((TraitWord)word) & first[word])) & ~other[word];

    // What the kernel cannot do without.
    private static uint Needed(TraitWord word) => word switch
    {
        TraitWord.Leaf1Edx => 1u << 13 | 1u << 16 | 1u << 24 | 1u << 26, // pge pat fxsr sse2
        TraitWord.ExtendedEdx => 1u << 11 | 1u << 20 | 1u << 29,         // syscall nx lm
        _ => 0,
    };

    // What is switched on everywhere once the boot processor has it: control registers, vector state, page sizes.
    private static uint Used(TraitWord word) => word switch
    {
        TraitWord.Leaf1Ecx => 1u << 21 | 1u << 26 | 1u << 28, // x2apic xsave avx
        TraitWord.Leaf7Ebx => 1u << 7 | 1u << 16 | 1u << 20,  // smep avx512f smap
        TraitWord.Leaf7Ecx => 1u << 2,                        // umip
        TraitWord.ExtendedEdx => 1u << 26,                    // pdpe1gb
        _ => 0,
    };

    /// <summary>Writes the names of all features, each with a blank before it.</summary>
    public static void AppendNames(ref TextWriter text, in CpuTraits traits, TraitWord word) =>
        AppendNames(ref text, traits[(int)word], NamesOf(word));

    private static uint SizeOf(in CpuTraits traits, int shift) => traits[(int)TraitWord.AddressSizes] >> shift & 0xFF;

    // Bits without a name are shown by word and number: a difference that has no name is one all the same.
    private static void AppendMissing(
        ref TextWriter text, int start, in CpuTraits wanted, in CpuTraits present, scoped ReadOnlySpan<byte> verb)
    {
        bool isFirst = true;
        for (int i = (int)First; i <= (int)Last; i++)
        {
            uint missing = wanted[i] & ~present[i];
            for (int bit = 0; missing != 0; bit++, missing >>= 1)
            {
                if ((missing & 1) == 0)
                    continue;
                if (isFirst)
                    AppendSeparated(ref text, start, verb);
                isFirst = false;
                AppendName(ref text, (TraitWord)i, bit);
            }
        }
    }

    private static void AppendName(ref TextWriter text, TraitWord word, int bit)
    {
        ReadOnlySpan<byte> name = NameOf(word, bit);
        if (name.IsEmpty || name[0] == '-')
            text.Append($" {WordName(word)}[{bit}]");
        else
            text.Append($" {name}");
    }

    private static void AppendNumber(ref TextWriter text, int start, scoped ReadOnlySpan<byte> what, uint first, uint other)
    {
        if (first == other)
            return;
        AppendSeparated(ref text, start, what);
        text.Append($" {other} instead of {first}");
    }

    private static void AppendSeparated(ref TextWriter text, int start, scoped ReadOnlySpan<byte> words)
    {
        if (text.Length > start)
            text.Append("; "u8);
        text.Append(words);
    }

    private static void AppendNames(ref TextWriter text, uint bits, ReadOnlySpan<byte> names)
    {
        while (!names.IsEmpty && bits != 0)
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

    private static ReadOnlySpan<byte> NameOf(TraitWord word, int bit)
    {
        ReadOnlySpan<byte> names = NamesOf(word);
        for (; bit > 0 && !names.IsEmpty; bit--)
        {
            int length = names.IndexOf((byte)' ');
            names = length < 0 ? default : names[(length + 1)..];
        }

        int end = names.IndexOf((byte)' ');
        return end < 0 ? names : names[..end];
    }

    private static ReadOnlySpan<byte> WordName(TraitWord word) => word switch
    {
        TraitWord.Leaf1Edx => "1.edx"u8,
        TraitWord.Leaf1Ecx => "1.ecx"u8,
        TraitWord.ExtendedEdx => "80000001.edx"u8,
        TraitWord.ExtendedEcx => "80000001.ecx"u8,
        TraitWord.Leaf7Ebx => "7.ebx"u8,
        TraitWord.Leaf7Ecx => "7.ecx"u8,
        TraitWord.Leaf7Edx => "7.edx"u8,
        TraitWord.Leaf7_1Eax => "7.1.eax"u8,
        TraitWord.XsaveEax => "d.1.eax"u8,
        TraitWord.PowerEdx => "80000007.edx"u8,
        TraitWord.ExtendedEbx => "80000008.ebx"u8,
        _ => "80000021.eax"u8,
    };

    // A name for each bit from 0 up; a dash is a bit without a name, or of a feature that is not enabled.
    private static ReadOnlySpan<byte> NamesOf(TraitWord word) => word switch
    {
        TraitWord.Leaf1Edx =>
            "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm ia64 pbe"u8,
        TraitWord.Leaf1Ecx =>
            "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave - avx f16c rdrand hypervisor"u8,
        TraitWord.ExtendedEdx =>
            "- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow"u8,
        TraitWord.ExtendedEcx =>
            "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt - lwp fma4 tce - nodeid_msr - tbm topoext perfctr_core perfctr_nb - bpext ptsc perfctr_llc mwaitx - -"u8,
        TraitWord.Leaf7Ebx =>
            "- tsc_adjust sgx bmi1 hle avx2 - smep bmi2 erms invpcid rtm cqm - mpx rdt_a avx512f avx512dq rdseed adx smap avx512ifma - clflushopt clwb intel_pt avx512pf avx512er avx512cd sha_ni avx512bw avx512vl"u8,
        TraitWord.Leaf7Ecx =>
            "- avx512vbmi umip - - waitpkg avx512_vbmi2 - gfni vaes vpclmulqdq avx512_vnni avx512_bitalg tme avx512_vpopcntdq - - - - - - - rdpid - bus_lock_detect cldemote - movdiri movdir64b enqcmd - -"u8,
        TraitWord.Leaf7Edx =>
            "- - avx512_4vnniw avx512_4fmaps fsrm - - - avx512_vp2intersect - md_clear - - - serialize - tsxldtrk - - - - - - avx512_fp16 - - - - flush_l1d arch_capabilities - -"u8,
        TraitWord.XsaveEax => "xsaveopt xsavec xgetbv1 xsaves"u8,
        _ => default,
    };
}
