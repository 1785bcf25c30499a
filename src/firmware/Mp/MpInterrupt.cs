// I/O and local interrupt entries of the MP configuration table, which are laid out alike.
//
//   offset 0  type: 3 I/O, 4 local     4  source bus          6  destination APIC id (FFh: all)
//          1  interrupt type           5  source bus IRQ      7  destination pin (INTIN, LINTIN)
//          2  flags, u16                  PCI: bits 6-2 device, 1-0 INTA..INTD
// Source: MP Spec 1.4 §4.3.4 "I/O Interrupt Assignment Entries", §4.3.5 "Local Interrupt Assignment Entries".
using System;

namespace Commence.Firmware.Mp;

/// <summary>How an interrupt is to be delivered. Source: MP Spec 1.4 Table 4-11.</summary>
public enum MpInterruptKind : byte
{
    Vectored = 0,
    Nmi = 1,
    Smi = 2,

    /// <summary>The legacy interrupt controller supplies the vector.</summary>
    External = 3,
}

/// <summary>Which input of which APIC an interrupt source is wired to.</summary>
public readonly struct MpInterrupt
{
    public const int SizeBytes = 8;

    /// <summary>As destination: every APIC.</summary>
    public const byte AllApics = 0xFF;

    private const byte IoEntryType = 3;
    private const byte LocalEntryType = 4;
    private const int KindOffset = 1;
    private const int FlagsOffset = 2;
    private const int SourceBusOffset = 4;
    private const int SourceIrqOffset = 5;
    private const int DestinationOffset = 6;
    private const int PinOffset = 7;

    /// <summary>The destination is a processor's local APIC, not an I/O APIC.</summary>
    public bool IsLocal { get; private init; }

    public MpInterruptKind Kind { get; private init; }

    public InterruptMode Mode { get; private init; }

    public byte SourceBus { get; private init; }

    public byte SourceIrq { get; private init; }

    public byte Destination { get; private init; }

    public byte Pin { get; private init; }

    /// <summary>Reads the I/O or local interrupt entry at the start of <paramref name="table"/>.</summary>
    /// <returns>False if the span is too short or starts with another entry type.</returns>
    public static bool TryParse(ReadOnlySpan<byte> table, out MpInterrupt interrupt)
    {
        interrupt = default;
        if (table.Length < SizeBytes || table[0] is not (IoEntryType or LocalEntryType))
            return false;

        interrupt = new MpInterrupt
        {
            IsLocal = table[0] == LocalEntryType,
            Kind = (MpInterruptKind)table[KindOffset],
            Mode = new InterruptMode(table.U16(FlagsOffset)),
            SourceBus = table[SourceBusOffset],
            SourceIrq = table[SourceIrqOffset],
            Destination = table[DestinationOffset],
            Pin = table[PinOffset],
        };
        return true;
    }
}
