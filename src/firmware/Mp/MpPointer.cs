// The MP floating pointer structure: how a machine without ACPI says that it has several processors.
//
//   offset 0  "_MP_"                        9  revision of the specification: 1 is 1.1, 4 is 1.4
//          4  address of the table, u32    10  checksum
//          8  length in 16 bytes           11  default configuration, 0 if there is a table
//                                          12  bit 7: IMCR present, the machine is in PIC mode
// Source: MP Spec 1.4 §4.1 "MP Floating Pointer Structure", Table 4-1.
using System;

namespace Commence.Firmware.Mp;

/// <summary>A floating pointer whose signature, length, checksum and revision are right.</summary>
public readonly struct MpPointer
{
    public const int SizeBytes = 16;

    /// <summary>A pointer lies on a multiple of this.</summary>
    public const int AlignmentBytes = 16;

    internal const uint Signature = 0x5F50_4D5F; // "_MP_"

    private const int TableOffset = 4;
    private const int LengthOffset = 8;
    private const int RevisionOffset = 9;
    private const int ChecksumOffset = 10;
    private const int DefaultOffset = 11;
    private const int FeatureOffset = 12;
    private const byte ImcrPresent = 0x80;
    private const byte Revision11 = 1;
    private const byte Revision14 = 4;

    /// <summary>Where the structure lies.</summary>
    public PhysAddr At { get; private init; }

    /// <summary>Where the configuration table lies; 0 if there is none.</summary>
    public PhysAddr Table { get; private init; }

    public byte Revision { get; private init; }

    /// <summary>The default configuration's number, 1 to 7; 0 if there is a table.</summary>
    public byte DefaultConfiguration { get; private init; }

    /// <summary>The machine starts in PIC mode, and its IMCR (ports 22h, 23h) must be set before the APICs get interrupts.</summary>
    public bool HasImcr { get; private init; }

    public PhysRange Range => new(At, SizeBytes);

    /// <summary>Reads the structure at the start of <paramref name="bytes"/>, which lie at <paramref name="at"/>.</summary>
    /// <returns>False with no fault if there is no signature; false with a fault if there is one and the rest is unsound.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, PhysAddr at, out MpPointer pointer, out ParseFault fault)
    {
        pointer = default;
        fault = default;
        if (bytes.Length < SizeBytes || bytes.U32(0) != Signature)
            return false;

        if (bytes[LengthOffset] != SizeBytes / AlignmentBytes)
            fault = new ParseFault(FirmwarePart.MpPointer, FaultKind.BadLength, LengthOffset, bytes[LengthOffset]);
        else if (TableBytes.Sum(bytes.Slice(0, SizeBytes)) is var sum and not 0)
            fault = new ParseFault(FirmwarePart.MpPointer, FaultKind.BadChecksum, ChecksumOffset, sum);
        else if (bytes[RevisionOffset] is not (Revision11 or Revision14))
            fault = new ParseFault(FirmwarePart.MpPointer, FaultKind.BadRevision, RevisionOffset, bytes[RevisionOffset]);
        if (fault.IsFault)
            return false;

        pointer = new MpPointer
        {
            At = at,
            Table = new PhysAddr(bytes.U32(TableOffset)),
            Revision = bytes[RevisionOffset],
            DefaultConfiguration = bytes[DefaultOffset],
            HasImcr = (bytes[FeatureOffset] & ImcrPresent) != 0,
        };
        return true;
    }
}
