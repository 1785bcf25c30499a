// The root system description pointer, from which all ACPI tables are found.
//
//   offset  0  "RSD PTR "           20  length, u32            \
//           8  checksum of 0..19    24  XSDT, u64               > revision 2 and later
//           9  OEM id               32  checksum of all bytes   |
//          15  revision: 0 or 2     33  reserved               /
//          16  RSDT, u32
// Source: ACPI 6.5 §5.2.5.3 "Root System Description Pointer (RSDP) Structure", Table 5.3.
using System;

namespace Commence.Firmware.Acpi;

/// <summary>A root pointer whose signature and checksum are right.</summary>
public readonly struct Rsdp
{
    /// <summary>The size of revision 0, which every revision begins with.</summary>
    public const int SizeBytes = 20;

    /// <summary>The size of revision 2.</summary>
    public const int SizeBytesRevision2 = 36;

    public const int AlignmentBytes = 16;

    private const int ChecksumOffset = 8;
    private const int RevisionOffset = 15;
    private const int RsdtOffset = 16;
    private const int LengthOffset = 20;
    private const int XsdtOffset = 24;
    private const int ExtendedChecksumOffset = 32;

    public PhysAddr At { get; private init; }

    public byte Revision { get; private init; }

    /// <summary>The table of 32-bit addresses; 0 if none.</summary>
    public PhysAddr Rsdt { get; private init; }

    /// <summary>The table of 64-bit addresses; 0 if none, or if the second checksum is wrong.</summary>
    public PhysAddr Xsdt { get; private init; }

    public PhysRange Range => new(At, Revision >= 2 ? (ulong)SizeBytesRevision2 : SizeBytes);

    internal static bool HasSignature(ReadOnlySpan<byte> bytes) => bytes.StartsWith("RSD PTR "u8);

    /// <summary>Reads the pointer at the start of <paramref name="bytes"/>, which lie at <paramref name="at"/>.</summary>
    /// <param name="bytes">As many as there are: 20 are enough for revision 0, 36 for revision 2.</param>
    /// <param name="at">Their physical address.</param>
    /// <param name="rsdp">The pointer.</param>
    /// <param name="fault">What is wrong. With a result of true: the second half is unsound, and the pointer serves as revision 0.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, PhysAddr at, out Rsdp rsdp, out ParseFault fault)
    {
        rsdp = default;
        fault = default;
        if (bytes.Length < SizeBytes)
            fault = new ParseFault(FirmwarePart.Rsdp, FaultKind.Truncated, (ulong)bytes.Length);
        else if (!HasSignature(bytes))
            fault = new ParseFault(FirmwarePart.Rsdp, FaultKind.BadSignature, 0, bytes.U64(0));
        else if (TableBytes.Sum(bytes.Slice(0, SizeBytes)) is var sum and not 0)
            fault = new ParseFault(FirmwarePart.Rsdp, FaultKind.BadChecksum, ChecksumOffset, sum);
        if (fault.IsFault)
            return false;

        // Revision 1 never was; Linux takes it for 0 too.
        bool hasSecondHalf = bytes[RevisionOffset] >= 2 && IsSecondHalfSound(bytes, out fault);
        rsdp = new Rsdp
        {
            At = at,
            Revision = hasSecondHalf ? bytes[RevisionOffset] : (byte)0,
            Rsdt = new PhysAddr(bytes.U32(RsdtOffset)),
            Xsdt = new PhysAddr(hasSecondHalf ? bytes.U64(XsdtOffset) : 0),
        };
        return true;
    }

    private static bool IsSecondHalfSound(ReadOnlySpan<byte> bytes, out ParseFault fault)
    {
        fault = default;
        if (bytes.Length < SizeBytesRevision2)
        {
            fault = new ParseFault(FirmwarePart.Rsdp, FaultKind.Truncated, (ulong)bytes.Length, SizeBytesRevision2);
            return false;
        }

        uint length = bytes.U32(LengthOffset);
        if (length < SizeBytesRevision2 || length > (uint)bytes.Length)
            fault = new ParseFault(FirmwarePart.Rsdp, FaultKind.BadLength, LengthOffset, length);
        else if (TableBytes.Sum(bytes.Slice(0, (int)length)) is var sum and not 0)
            fault = new ParseFault(FirmwarePart.Rsdp, FaultKind.BadChecksum, ExtendedChecksumOffset, sum);
        return !fault.IsFault;
    }
}
