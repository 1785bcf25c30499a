// I/O APIC entries of the MP configuration table.  Source: MP Spec 1.4 §4.3.3 "I/O APIC Entries", Table 4-8.
using System;

namespace Commence.Firmware.Mp;

/// <summary>An I/O APIC. Its id may equal a processor's (SeaBIOS): it names the interrupt entries' destination only.</summary>
public readonly struct MpIoApic
{
    public const int SizeBytes = 8;

    private const byte EntryType = 2;
    private const int IdOffset = 1;
    private const int VersionOffset = 2;
    private const int FlagsOffset = 3;
    private const int AddressOffset = 4;
    private const byte Usable = 1;

    public byte Id { get; private init; }

    public byte Version { get; private init; }

    public bool IsUsable { get; private init; }

    public PhysAddr Address { get; private init; }

    /// <summary>Reads the I/O APIC entry at the start of <paramref name="table"/>.</summary>
    /// <returns>False if the span is too short or starts with another entry type.</returns>
    public static bool TryParse(ReadOnlySpan<byte> table, out MpIoApic apic)
    {
        apic = default;
        if (table.Length < SizeBytes || table[0] != EntryType)
            return false;

        apic = new MpIoApic
        {
            Id = table[IdOffset],
            Version = table[VersionOffset],
            IsUsable = (table[FlagsOffset] & Usable) != 0,
            Address = new PhysAddr(table.U32(AddressOffset)),
        };
        return true;
    }
}
