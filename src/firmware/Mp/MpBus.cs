// Bus entries of the MP configuration table.  Source: MP Spec 1.4 §4.3.2 "Bus Entries", Tables 4-6 and 4-7.
using System;

namespace Commence.Firmware.Mp;

/// <summary>The buses whose interrupts differ in polarity and trigger mode.</summary>
public enum MpBusKind : byte
{
    Other,
    Isa,
    Eisa,
    MicroChannel,
    Pci,
}

/// <summary>A bus, to which interrupt entries refer by its id.</summary>
public readonly struct MpBus
{
    public const int SizeBytes = 8;

    private const byte EntryType = 1;
    private const int IdOffset = 1;
    private const int NameOffset = 2;
    private const int NameLength = 6; // padded with blanks

    public byte Id { get; private init; }

    public MpBusKind Kind { get; private init; }

    /// <summary>Reads the bus entry at the start of <paramref name="table"/>.</summary>
    /// <returns>False if the span is too short or starts with another entry type.</returns>
    public static bool TryParse(ReadOnlySpan<byte> table, out MpBus bus)
    {
        bus = default;
        if (table.Length < SizeBytes || table[0] != EntryType)
            return false;

        bus = new MpBus { Id = table[IdOffset], Kind = KindOf(table.Slice(NameOffset, NameLength)) };
        return true;
    }

    private static MpBusKind KindOf(ReadOnlySpan<byte> name)
    {
        if (name.StartsWith("ISA"u8))
            return MpBusKind.Isa;
        if (name.StartsWith("EISA"u8))
            return MpBusKind.Eisa;
        if (name.StartsWith("PCI"u8))
            return MpBusKind.Pci;
        return name.StartsWith("MCA"u8) ? MpBusKind.MicroChannel : MpBusKind.Other;
    }
}
