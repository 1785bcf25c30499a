// The MP configuration table: header, base entries, extended entries.
//
//   offset  0  "PCMP"                    34  number of base entries, u16 (0 from qboot: not to be believed)
//           4  length of base, u16       36  local APIC address, u32
//           6  revision, 7 checksum      40  length of extended entries, u16, which follow the base
//           8  OEM id, 16 product id     42  checksum of the extended entries
//          28  OEM table u32, 32 size    44  first entry
//
// The entries are walked by the base length. The walk ends at the first entry that cannot be true, and what came before it is
// kept; FindFaults says why it ended.
// Source: MP Spec 1.4 §4.2 "MP Configuration Table Header", Table 4-2; §4.3 "Base MP Configuration Table Entries".
using System;

namespace Commence.Firmware.Mp;

/// <summary>A configuration table whose header is sound, over the bytes that firmware left.</summary>
public readonly ref struct MpTable
{
    public const int HeaderSizeBytes = 44;

    private const uint Signature = 0x504D_4350; // "PCMP"
    private const int LengthOffset = 4;
    private const int RevisionOffset = 6;
    private const int ChecksumOffset = 7;
    private const int OemIdOffset = 8;
    private const int ProductIdOffset = 16;
    private const int OemTableOffset = 28;
    private const int OemTableSizeOffset = 32;
    private const int CountOffset = 34;
    private const int LocalApicOffset = 36;
    private const int ExtensionLengthOffset = 40;
    private const int ExtensionChecksumOffset = 42;

    private readonly ReadOnlySpan<byte> _base;
    private readonly ReadOnlySpan<byte> _extension;

    private MpTable(ReadOnlySpan<byte> baseTable, ReadOnlySpan<byte> extension)
    {
        _base = baseTable;
        _extension = extension;
    }

    /// <summary>1 for MP 1.1, 4 for MP 1.4.</summary>
    public byte Revision => _base[RevisionOffset];

    public ReadOnlySpan<byte> OemId => _base.Slice(OemIdOffset, 8);

    public ReadOnlySpan<byte> ProductId => _base.Slice(ProductIdOffset, 12);

    /// <summary>An OEM's own table, to be reserved; of length 0 if there is none.</summary>
    public PhysRange OemTable => new(new PhysAddr(_base.U32(OemTableOffset)), _base.U32(OemTableOffset) == 0 ? 0u : _base.U16(OemTableSizeOffset));

    /// <summary>What the header says of the number of entries. Not to be believed.</summary>
    public int StatedEntryCount => _base.U16(CountOffset);

    public PhysAddr LocalApic => new(_base.U32(LocalApicOffset));

    /// <summary>Length of base and extended table as the header states it.</summary>
    public int StatedLength => _base.Length + ExtensionLength(_base);

    /// <summary>The base entries that are sound.</summary>
    public MpEntries Entries => new(_base);

    /// <summary>The extended entries that are sound.</summary>
    public MpExtendedEntries ExtendedEntries => new(_extension);

    /// <summary>Reads the length of the base table from the first bytes of its header, to know how much to read.</summary>
    public static bool TryGetBaseLength(ReadOnlySpan<byte> header, out int length, out ParseFault fault)
    {
        length = 0;
        fault = default;
        if (header.Length < HeaderSizeBytes)
            fault = new ParseFault(FirmwarePart.MpTable, FaultKind.Truncated, (ulong)header.Length);
        else if (header.U32(0) != Signature)
            fault = new ParseFault(FirmwarePart.MpTable, FaultKind.BadSignature, 0, header.U32(0));
        else if (header.U16(LengthOffset) < HeaderSizeBytes)
            fault = new ParseFault(FirmwarePart.MpTable, FaultKind.BadLength, LengthOffset, header.U16(LengthOffset));
        if (fault.IsFault)
            return false;

        length = header.U16(LengthOffset);
        return true;
    }

    /// <summary>The stated length of the extended entries; the header has been checked by <see cref="TryGetBaseLength"/>.</summary>
    internal static int ExtensionLength(ReadOnlySpan<byte> header) => header.U16(ExtensionLengthOffset);

    /// <summary>Checks the header and takes the table.</summary>
    /// <param name="bytes">The table from its signature on; the extended entries may be missing.</param>
    /// <param name="table">The table.</param>
    /// <param name="fault">Why there is none.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out MpTable table, out ParseFault fault)
    {
        table = default;
        if (!TryGetBaseLength(bytes, out int length, out fault))
            return false;

        if (length > bytes.Length)
        {
            fault = new ParseFault(FirmwarePart.MpTable, FaultKind.Truncated, (ulong)bytes.Length, (ulong)length);
            return false;
        }

        ReadOnlySpan<byte> baseTable = bytes.Slice(0, length);
        if (TableBytes.Sum(baseTable) is var sum and not 0)
            fault = new ParseFault(FirmwarePart.MpTable, FaultKind.BadChecksum, ChecksumOffset, sum);
        else if (baseTable[RevisionOffset] is not (1 or 4))
            fault = new ParseFault(FirmwarePart.MpTable, FaultKind.BadRevision, RevisionOffset, baseTable[RevisionOffset]);
        if (fault.IsFault)
            return false;

        int extensionLength = Math.Min(ExtensionLength(baseTable), bytes.Length - length);
        table = new MpTable(baseTable, bytes.Slice(length, extensionLength));
        return true;
    }

    /// <summary>Walks the whole table and logs all that is wrong with it.</summary>
    public void FindFaults(scoped ref FaultLog faults)
    {
        int count = 0;
        MpEntries.Enumerator entries = Entries.GetEnumerator();
        while (entries.MoveNext())
            count++;

        if (entries.Fault.IsFault)
            faults.Add(entries.Fault);
        if (count != StatedEntryCount)
            faults.Add(FirmwarePart.MpTable, FaultKind.BadCount, CountOffset, (ulong)StatedEntryCount);
        if (_base.U32(LocalApicOffset) == 0)
            faults.Add(FirmwarePart.MpTable, FaultKind.NullPointer, LocalApicOffset);
        FindExtensionFaults(ref faults);
    }

    private void FindExtensionFaults(scoped ref FaultLog faults)
    {
        int stated = ExtensionLength(_base);
        if (stated > _extension.Length)
        {
            faults.Add(FirmwarePart.MpExtension, FaultKind.Truncated, (ulong)_extension.Length, (ulong)stated);
            return;
        }

        // The sum of the extended entries and of their checksum byte, which lies in the header, is zero.
        byte sum = (byte)(TableBytes.Sum(_extension) + _base[ExtensionChecksumOffset]);
        if (stated != 0 && sum != 0)
            faults.Add(FirmwarePart.MpTable, FaultKind.BadChecksum, ExtensionChecksumOffset, sum);

        MpExtendedEntries.Enumerator entries = ExtendedEntries.GetEnumerator();
        while (entries.MoveNext())
        {
            // Only the walk's end matters here.
        }

        if (entries.Fault.IsFault)
            faults.Add(entries.Fault);
    }
}
