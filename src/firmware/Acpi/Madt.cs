// The multiple APIC description table (signature "APIC"): which processors and interrupt controllers the machine has.
//
//   offset 36  local APIC address, u32    44  entries, each: type u8, length u8, …
//          40  flags, bit 0: legacy PICs
//
// The walk ends at an entry that reaches beyond the table. An entry shorter than its type's fields is passed over, a longer
// one is read as far as it is known. Behind an entry of length zero the walk goes on two bytes further if, and only if, the
// rest of the table then divides into known entries to the last byte; otherwise it ends there.
// Source: ACPI 6.5 §5.2.12 "Multiple APIC Description Table (MADT)", Tables 5.19 and 5.21.
using System;

namespace Commence.Firmware.Acpi;

public enum MadtEntryType : byte
{
    LocalApic = 0,
    IoApic = 1,
    InterruptSourceOverride = 2,
    NmiSource = 3,
    LocalApicNmi = 4,
    LocalApicAddressOverride = 5,
    LocalX2Apic = 9,
    LocalX2ApicNmi = 10,
}

/// <summary>A MADT, over the bytes that firmware left.</summary>
public readonly ref struct Madt
{
    private const int LocalApicOffset = 36;
    private const int FlagsOffset = 40;
    private const int EntriesOffset = 44;
    private const uint LegacyPics = 1;

    private readonly AcpiTable _table;

    private Madt(AcpiTable table) => _table = table;

    public byte Revision => _table.Revision;

    public bool IsChecksumValid => _table.IsChecksumValid;

    /// <summary>The machine also has the two 8259s, which must be masked.</summary>
    public bool HasLegacyPics => (_table.Bytes.U32(FlagsOffset) & LegacyPics) != 0;

    /// <summary>Where the local APICs' registers lie, an override entry considered.</summary>
    public PhysAddr LocalApic
    {
        get
        {
            var address = new PhysAddr(_table.Bytes.U32(LocalApicOffset));
            foreach (MadtEntry entry in Entries)
            {
                if (MadtLocalApicAddress.TryParse(entry.Bytes, out MadtLocalApicAddress wider))
                    address = wider.Address;
            }

            return address;
        }
    }

    /// <summary>The entries that are sound: <c>foreach (MadtEntry entry in madt.Entries)</c>.</summary>
    public MadtEntries Entries => new(_table.Bytes, EntriesOffset);

    /// <summary>Takes a table for a MADT.</summary>
    public static bool TryParse(AcpiTable table, out Madt madt, out ParseFault fault)
    {
        madt = default;
        fault = default;
        if (table.Bytes.Length < EntriesOffset)
            fault = new ParseFault(FirmwarePart.Madt, FaultKind.Truncated, (ulong)table.Bytes.Length);
        else if (table.Signature != AcpiTable.SignatureOf("APIC"u8))
            fault = new ParseFault(FirmwarePart.Madt, FaultKind.BadSignature, 0, table.Signature);
        if (fault.IsFault)
            return false;

        madt = new Madt(table);
        return true;
    }

    /// <summary>Walks the whole table and logs all that is wrong with it.</summary>
    public void FindFaults(scoped ref FaultLog faults)
    {
        MadtEntries.Enumerator entries = Entries.GetEnumerator();
        while (entries.MoveNext())
        {
            MadtEntry entry = entries.Current;
            if (entry.Bytes.Length < MadtEntries.SizeOf(entry.Bytes[0]))
                faults.Add(FirmwarePart.Madt, FaultKind.BadLength, (ulong)entry.Offset, (ulong)entry.Bytes.Length);
        }

        if (entries.Fault.IsFault)
            faults.Add(entries.Fault);
    }
}

/// <summary>One entry, as long as it says. The typed readers check the length.</summary>
public readonly ref struct MadtEntry
{
    internal MadtEntry(ReadOnlySpan<byte> bytes, int offset)
    {
        Bytes = bytes;
        Offset = offset;
    }

    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Bytes from the start of the table.</summary>
    public int Offset { get; }

    public MadtEntryType Type => (MadtEntryType)Bytes[0];
}

/// <summary>The cursor over a MADT's entries.</summary>
public readonly ref struct MadtEntries
{
    private const int LengthOffset = 1;
    private const int HeaderSizeBytes = 2;

    private readonly ReadOnlySpan<byte> _table;
    private readonly int _start;

    internal MadtEntries(ReadOnlySpan<byte> table, int start)
    {
        _table = table;
        _start = start;
    }

    public Enumerator GetEnumerator() => new(_table, _start);

    /// <summary>The length that the specification gives a type; 0 for those that nobody here reads.</summary>
    internal static int SizeOf(byte type) => (MadtEntryType)type switch
    {
        MadtEntryType.LocalApic => MadtLocalApic.SizeBytes,
        MadtEntryType.IoApic => MadtIoApic.SizeBytes,
        MadtEntryType.InterruptSourceOverride => MadtInterruptOverride.SizeBytes,
        MadtEntryType.NmiSource => MadtNmiSource.SizeBytes,
        MadtEntryType.LocalApicNmi => MadtLocalApicNmi.SizeBytes,
        MadtEntryType.LocalApicAddressOverride => MadtLocalApicAddress.SizeBytes,
        MadtEntryType.LocalX2Apic => MadtLocalX2Apic.SizeBytes,
        MadtEntryType.LocalX2ApicNmi => MadtLocalApicNmi.SizeBytesX2Apic,
        _ => 0,
    };

    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _table;
        private int _next;
        private int _current;

        internal Enumerator(ReadOnlySpan<byte> table, int start)
        {
            _table = table;
            _next = start;
            _current = start;
            Fault = default;
            _isEnded = false;
        }

        private bool _isEnded;

        public readonly MadtEntry Current => new(_table.Slice(_current, _next - _current), _current);

        /// <summary>The fault in the walk, if there was one: it ended there, or went on behind an entry of length zero.</summary>
        public ParseFault Fault { get; private set; }

        public bool MoveNext()
        {
            if (_isEnded || _next >= _table.Length)
                return false;

            if (!TryGetLength(_next, out int length) && !TryPassZeroLength(out length))
            {
                _isEnded = true;
                return false;
            }

            _current = _next;
            _next += length;
            return true;
        }

        private bool TryGetLength(int at, out int length)
        {
            int rest = _table.Length - at;
            length = rest < HeaderSizeBytes ? 0 : _table[at + LengthOffset];
            if (rest >= HeaderSizeBytes && length >= HeaderSizeBytes && length <= rest)
                return true;

            // After a fault only the walk that looked for its end comes here; the first fault is the one to tell.
            bool isZero = rest >= HeaderSizeBytes && length < HeaderSizeBytes;
            if (!Fault.IsFault)
                Fault = new ParseFault(FirmwarePart.Madt, isZero ? FaultKind.ZeroLength : FaultKind.Truncated, (ulong)at, (ulong)length);
            return false;
        }

        // At most once per table: the walk behind it is known to meet no further fault.
        private bool TryPassZeroLength(out int length)
        {
            length = 0;
            int at = _next + HeaderSizeBytes;
            if (Fault.Kind != FaultKind.ZeroLength || at >= _table.Length)
                return false;

            for (int probe = at; probe < _table.Length; probe += length)
            {
                if (!TryGetLength(probe, out length) || length != SizeOf(_table[probe]))
                    return false;
            }

            _next = at;
            return TryGetLength(at, out length);
        }
    }
}
