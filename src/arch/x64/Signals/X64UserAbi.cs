// What a program is told of the machine: CPUID, in the words of Linux.
//
// Source: SDM Vol 2A, CPUID (leaves 1, 7, 0x80000001 to 0x80000004) and RDRAND; AMD APM Vol 3 appendix E; the names of
// features are those of Linux's /proc/cpuinfo, which programs look for.
using System.Runtime.CompilerServices;
using Commence.Firmware.Elf;
using Commence.Lib;

namespace Commence.Arch.X64;

/// <summary>The user ABI of x86-64.</summary>
public readonly struct X64UserAbi : IUserAbi
{
    private const int RandomTriesMax = 10; // SDM Vol 1 §7.3.17.1, RDRAND: ten tries, then it is broken
    private const uint BrandLeafFirst = 0x8000_0002;
    private const int BrandLeafCount = 3;

    /// <inheritdoc/>
    public static ElfMachine Machine => ElfMachine.X64;

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> MachineName => "x86_64"u8;

    /// <inheritdoc/>
    public static ulong HardwareCapabilities => X64CpuId.Read(1).Edx;

    /// <inheritdoc/>
    /// <remarks>Bit 1 would say that FSGSBASE is usable in user mode; it is not enabled.</remarks>
    public static ulong HardwareCapabilities2 => 0;

    /// <inheritdoc/>
    public static bool TryReadRandom(out ulong value)
    {
        value = 0;
        if (!X64CpuId.HasRdrand)
            return false;

        for (int i = 0; i < RandomTriesMax; i++)
        {
            if (X64Instructions.ReadRandom(out value) != 0)
                return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public static void FormatProcessor(ref TextWriter text)
    {
        X64CpuId.Leaf vendor = X64CpuId.Read(0);
        X64CpuId.Leaf version = X64CpuId.Read(1);
        uint model = ((version.Eax >> 4) & 0xF) | ((version.Eax >> 12) & 0xF0);
        text.Append("vendor_id\t: "u8);
        AppendRegister(ref text, vendor.Ebx);
        AppendRegister(ref text, vendor.Edx);
        AppendRegister(ref text, vendor.Ecx);
        text.Append($"\ncpu family\t: {X64CpuId.Family}\nmodel\t\t: {model}\nmodel name\t: ");
        AppendBrand(ref text);
        text.Append($"\nstepping\t: {version.Eax & 0xF}\nflags\t\t:");
        AppendFeatures(ref text, version.Edx, FeaturesOf1Edx);
        AppendFeatures(ref text, X64CpuId.Read(0x8000_0001).Edx, FeaturesOfExtendedEdx);
        AppendFeatures(ref text, version.Ecx, FeaturesOf1Ecx);
        AppendFeatures(ref text, X64CpuId.Read(0x8000_0001).Ecx, FeaturesOfExtendedEcx);
        AppendFeatures(ref text, X64CpuId.Read(7).Ebx, FeaturesOf7Ebx);
        text.Append((byte)'\n');
    }

    // 32 names for the bits from 0 up; a dash is a bit without a name, or one that is not enabled.
    private static ReadOnlySpan<byte> FeaturesOf1Edx =>
        "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm - pbe"u8;

    private static ReadOnlySpan<byte> FeaturesOf1Ecx =>
        "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid - fma cx16 xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave - avx f16c rdrand hypervisor"u8;

    private static ReadOnlySpan<byte> FeaturesOfExtendedEdx =>
        "- - - - - - - - - - - syscall - - - - - - - - nx - mmxext - - fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow"u8;

    private static ReadOnlySpan<byte> FeaturesOfExtendedEcx =>
        "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt - lwp fma4 - - - - tbm topoext - - - - - - - - -"u8;

    private static ReadOnlySpan<byte> FeaturesOf7Ebx =>
        "- - - bmi1 hle avx2 - smep bmi2 erms invpcid rtm - - - - avx512f avx512dq rdseed adx smap avx512ifma - clflushopt clwb - - - avx512cd sha_ni avx512bw avx512vl"u8;

    private static void AppendFeatures(ref TextWriter text, uint bits, ReadOnlySpan<byte> names)
    {
        for (int bit = 0; bit < 32; bit++)
        {
            int length = names.IndexOf((byte)' ');
            ReadOnlySpan<byte> name = length < 0 ? names : names[..length];
            names = length < 0 ? default : names[(length + 1)..];
            if ((bits >> bit & 1) == 0 || name[0] == '-')
                continue;

            text.Append((byte)' ');
            text.Append(name);
        }
    }

    private static void AppendBrand(ref TextWriter text)
    {
        if (X64CpuId.Read(BrandLeafFirst).Eax == 0)
        {
            text.Append("unknown"u8);
            return;
        }

        for (uint leaf = BrandLeafFirst; leaf < BrandLeafFirst + BrandLeafCount; leaf++)
        {
            X64CpuId.Leaf part = X64CpuId.Read(leaf);
            AppendRegister(ref text, part.Eax);
            AppendRegister(ref text, part.Ebx);
            AppendRegister(ref text, part.Ecx);
            AppendRegister(ref text, part.Edx);
        }
    }

    // Four characters, lowest byte first; zero bytes fill up the end.
    private static void AppendRegister(ref TextWriter text, uint register)
    {
        for (int i = 0; i < 4; i++)
        {
            byte character = (byte)(register >> (8 * i));
            if (character is >= (byte)' ' and < 0x7F)
                text.Append(character);
        }
    }
}
