// Processor entries of the MP configuration table.  Source: MP Spec 1.4 §4.3.1 "Processor Entries", Table 4-4.
using System;

namespace Commence.Firmware.Mp;

/// <summary>A processor that the BIOS found. SeaBIOS lists one per package where processors have several threads.</summary>
public readonly struct MpProcessor
{
    public const int SizeBytes = 20;

    private const byte EntryType = 0;
    private const int ApicIdOffset = 1;
    private const int ApicVersionOffset = 2;
    private const int CpuFlagsOffset = 3;
    private const int SignatureOffset = 4;
    private const int FeaturesOffset = 8;
    private const byte Enabled = 1;
    private const byte Bootstrap = 2;

    public ApicId ApicId { get; private init; }

    public byte ApicVersion { get; private init; }

    public bool IsEnabled { get; private init; }

    /// <summary>The BIOS calls it the bootstrap processor. The hardware is to be asked, not this bit.</summary>
    public bool IsBootstrap { get; private init; }

    /// <summary>CPUID leaf 1's EAX.</summary>
    public uint Signature { get; private init; }

    /// <summary>CPUID leaf 1's EDX.</summary>
    public uint Features { get; private init; }

    /// <summary>Reads the processor entry at the start of <paramref name="table"/>.</summary>
    /// <returns>False if the span is too short or starts with another entry type.</returns>
    /// <remarks>Context: any. Trusts nothing: the table is firmware's.</remarks>
    public static bool TryParse(ReadOnlySpan<byte> table, out MpProcessor cpu)
    {
        cpu = default;
        if (table.Length < SizeBytes || table[0] != EntryType)
            return false;

        byte flags = table[CpuFlagsOffset];
        cpu = new MpProcessor
        {
            ApicId = new ApicId(table[ApicIdOffset]),
            ApicVersion = table[ApicVersionOffset],
            IsEnabled = (flags & Enabled) != 0,
            IsBootstrap = (flags & Bootstrap) != 0,
            Signature = table.U32(SignatureOffset),
            Features = table.U32(FeaturesOffset),
        };
        return true;
    }
}
