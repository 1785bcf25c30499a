// The header that all ACPI tables begin with.
//
//   offset  0  signature    8  revision    10  OEM id          24  OEM revision
//           4  length       9  checksum    16  OEM table id    28  compiler's id, 32 its revision
//
// A wrong checksum does not make a table unusable: Linux warns and goes on, and so do machines that shipped that way.
// Whoever opens a table sees it in IsChecksumValid and in the log.
// Source: ACPI 6.5 §5.2.6 "System Description Table Header", Table 5.4.
using System;

namespace Commence.Firmware.Acpi;

/// <summary>A table with a sound header, over the bytes that firmware left.</summary>
public readonly ref struct AcpiTable
{
    public const int HeaderSizeBytes = 36;

    /// <summary>No table is longer. The longest met are DSDTs of about a mebibyte.</summary>
    public const int LengthMax = 16 << 20;

    private const int LengthOffset = 4;
    private const int RevisionOffset = 8;
    private const int ChecksumOffset = 9;
    private const int OemIdOffset = 10;
    private const int OemTableIdOffset = 16;

    private AcpiTable(ReadOnlySpan<byte> bytes, bool isChecksumValid)
    {
        Bytes = bytes;
        IsChecksumValid = isChecksumValid;
    }

    /// <summary>The whole table, as long as its header says.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    public bool IsChecksumValid { get; }

    public uint Signature => Bytes.U32(0);

    public byte Revision => Bytes[RevisionOffset];

    public ReadOnlySpan<byte> OemId => Bytes.Slice(OemIdOffset, 6);

    public ReadOnlySpan<byte> OemTableId => Bytes.Slice(OemTableIdOffset, 8);

    /// <summary>Turns <c>"APIC"u8</c> into the number that headers hold.</summary>
    public static uint SignatureOf(ReadOnlySpan<byte> text) => text.Length == sizeof(uint) ? text.U32(0) : 0;

    /// <summary>Takes the table at the start of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">The table; what lies behind its end is cut off.</param>
    /// <param name="part">What faults are to be called.</param>
    /// <param name="table">The table.</param>
    /// <param name="fault">What is wrong; with a result of true it is the checksum.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, FirmwarePart part, out AcpiTable table, out ParseFault fault)
    {
        table = default;
        if (!TryGetLength(bytes, part, out int length, out fault))
            return false;

        if (length > bytes.Length)
        {
            fault = new ParseFault(part, FaultKind.Truncated, (ulong)bytes.Length, (ulong)length);
            return false;
        }

        bytes = bytes.Slice(0, length);
        byte sum = TableBytes.Sum(bytes);
        if (sum != 0)
            fault = new ParseFault(part, FaultKind.BadChecksum, ChecksumOffset, sum);
        table = new AcpiTable(bytes, sum == 0);
        return true;
    }

    /// <summary>Reads the table at a physical address.</summary>
    /// <returns>False if it cannot be read whole. A wrong checksum is logged, not a reason.</returns>
    public static bool TryRead<TMemory>(
        TMemory memory, PhysAddr at, FirmwarePart part, scoped ref FaultLog faults, out AcpiTable table)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        table = default;
        if (!memory.TryRead(at, HeaderSizeBytes, out ReadOnlySpan<byte> bytes))
        {
            faults.Add(part, FaultKind.Unreadable, 0, at.Value);
            return false;
        }

        if (!TryGetLength(bytes, part, out int length, out ParseFault fault))
        {
            faults.Add(fault);
            return false;
        }

        if (!memory.TryRead(at, length, out bytes))
        {
            faults.Add(part, FaultKind.Truncated, LengthOffset, (ulong)length);
            return false;
        }

        bool isTaken = TryParse(bytes, part, out table, out fault);
        if (fault.IsFault)
            faults.Add(fault);
        return isTaken;
    }

    internal static bool TryGetLength(ReadOnlySpan<byte> header, FirmwarePart part, out int length, out ParseFault fault)
    {
        length = 0;
        fault = default;
        if (header.Length < HeaderSizeBytes)
        {
            fault = new ParseFault(part, FaultKind.Truncated, (ulong)header.Length);
            return false;
        }

        uint stated = header.U32(LengthOffset);
        if (stated is < HeaderSizeBytes or > LengthMax)
        {
            fault = new ParseFault(part, FaultKind.BadLength, LengthOffset, stated);
            return false;
        }

        length = (int)stated;
        return true;
    }
}
