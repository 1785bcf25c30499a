// The system resource affinity table: which processors and which memory belong together.
//
//   offset 48  entries, each: type u8, length u8, …
//   type 0, 16 bytes: 2 domain bits 7-0   3 APIC id u8    4 flags u32   9 domain bits 31-8
//   type 1, 40 bytes: 2 domain u32        8 base u64     16 length u64  28 flags u32: enabled, hot-pluggable, non-volatile
//   type 2, 24 bytes: 4 domain u32        8 x2APIC id u32              12 flags u32
//
// In revision 1 a domain has 8 bits, and what stands in place of the others means nothing.
// Source: ACPI 6.5 §5.2.16 "System Resource Affinity Table (SRAT)".
using System;

namespace Commence.Firmware.Acpi;

public enum SratEntryType : byte
{
    LocalApic = 0,
    Memory = 1,
    LocalX2Apic = 2,
}

/// <summary>A processor's proximity domain.</summary>
public readonly struct SratProcessor
{
    internal const int SizeBytes = 16;
    internal const int SizeBytesX2Apic = 24;

    private const uint Enabled = 1;

    public ApicId ApicId { get; private init; }

    public uint Domain { get; private init; }

    public bool IsEnabled { get; private init; }

    /// <summary>Reads an entry of type 0 or 2.</summary>
    /// <returns>False if it is of another type or too short.</returns>
    public static bool TryParse(ReadOnlySpan<byte> entry, byte sratRevision, out SratProcessor cpu)
    {
        cpu = default;
        if (entry.Length >= SizeBytesX2Apic && entry[0] == (byte)SratEntryType.LocalX2Apic)
        {
            cpu = new SratProcessor
            {
                Domain = entry.U32(4),
                ApicId = new ApicId(entry.U32(8)),
                IsEnabled = (entry.U32(12) & Enabled) != 0,
            };
            return true;
        }

        if (entry.Length < SizeBytes || entry[0] != (byte)SratEntryType.LocalApic)
            return false;

        uint high = sratRevision >= 2 ? entry.U32(8) & 0xFFFF_FF00 : 0; // byte 8 is another field
        cpu = new SratProcessor
        {
            Domain = high | entry[2],
            ApicId = new ApicId(entry[3]),
            IsEnabled = (entry.U32(4) & Enabled) != 0,
        };
        return true;
    }
}

/// <summary>A memory range's proximity domain.</summary>
public readonly struct SratMemory
{
    internal const int SizeBytes = 40;

    private const uint Enabled = 1;
    private const uint HotPluggable = 2;
    private const uint NonVolatile = 4;

    public uint Domain { get; private init; }

    public PhysRange Range { get; private init; }

    public bool IsEnabled { get; private init; }

    public bool IsHotPluggable { get; private init; }

    public bool IsNonVolatile { get; private init; }

    /// <summary>Reads an entry of type 1.</summary>
    /// <returns>False if it is of another type, too short, or its range overflows.</returns>
    public static bool TryParse(ReadOnlySpan<byte> entry, byte sratRevision, out SratMemory memory)
    {
        memory = default;
        if (entry.Length < SizeBytes || entry[0] != (byte)SratEntryType.Memory)
            return false;

        ulong start = entry.U64(8);
        ulong length = entry.U64(16);
        if (length > ulong.MaxValue - start)
            return false;

        uint flags = entry.U32(28);
        memory = new SratMemory
        {
            Domain = sratRevision >= 2 ? entry.U32(2) : entry[2],
            Range = new PhysRange(new PhysAddr(start), length),
            IsEnabled = (flags & Enabled) != 0,
            IsHotPluggable = (flags & HotPluggable) != 0,
            IsNonVolatile = (flags & NonVolatile) != 0,
        };
        return true;
    }
}

/// <summary>A SRAT, over the bytes that firmware left.</summary>
public readonly ref struct Srat
{
    private const int EntriesOffset = 48;

    private readonly AcpiTable _table;

    private Srat(AcpiTable table) => _table = table;

    public byte Revision => _table.Revision;

    /// <summary>The entries that are sound: <c>foreach (SratEntry entry in srat.Entries)</c>.</summary>
    public SratEntries Entries => new(_table.Bytes, EntriesOffset);

    /// <summary>Takes a table for a SRAT.</summary>
    public static bool TryParse(AcpiTable table, out Srat srat, out ParseFault fault)
    {
        srat = default;
        fault = default;
        if (table.Bytes.Length < EntriesOffset)
            fault = new ParseFault(FirmwarePart.Srat, FaultKind.Truncated, (ulong)table.Bytes.Length);
        else if (table.Signature != AcpiTable.SignatureOf("SRAT"u8))
            fault = new ParseFault(FirmwarePart.Srat, FaultKind.BadSignature, 0, table.Signature);
        if (fault.IsFault)
            return false;

        srat = new Srat(table);
        return true;
    }

    /// <summary>Walks the whole table and logs why the walk ended before the table's end, if it did.</summary>
    public void FindFaults(scoped ref FaultLog faults)
    {
        SratEntries.Enumerator entries = Entries.GetEnumerator();
        while (entries.MoveNext())
        {
            // Only the walk's end matters here.
        }

        if (entries.Fault.IsFault)
            faults.Add(entries.Fault);
    }
}

/// <summary>One entry, as long as it says. The typed readers check the length.</summary>
public readonly ref struct SratEntry
{
    internal SratEntry(ReadOnlySpan<byte> bytes, int offset)
    {
        Bytes = bytes;
        Offset = offset;
    }

    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Bytes from the start of the table.</summary>
    public int Offset { get; }

    public SratEntryType Type => (SratEntryType)Bytes[0];
}

/// <summary>The cursor over a SRAT's entries.</summary>
public readonly ref struct SratEntries
{
    private const int LengthOffset = 1;
    private const int HeaderSizeBytes = 2;

    private readonly ReadOnlySpan<byte> _table;
    private readonly int _start;

    internal SratEntries(ReadOnlySpan<byte> table, int start)
    {
        _table = table;
        _start = start;
    }

    public Enumerator GetEnumerator() => new(_table, _start);

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
        }

        public readonly SratEntry Current => new(_table.Slice(_current, _next - _current), _current);

        /// <summary>Why the walk ended before the end of the table; no fault if it did not.</summary>
        public ParseFault Fault { get; private set; }

        public bool MoveNext()
        {
            int rest = _table.Length - _next;
            if (rest == 0 || Fault.IsFault)
                return false;

            int length = rest < HeaderSizeBytes ? 0 : _table[_next + LengthOffset];
            if (rest < HeaderSizeBytes || length > rest)
                Fault = new ParseFault(FirmwarePart.Srat, FaultKind.Truncated, (ulong)_next, (ulong)length);
            else if (length < HeaderSizeBytes)
                Fault = new ParseFault(FirmwarePart.Srat, FaultKind.ZeroLength, (ulong)_next, (ulong)length);
            if (Fault.IsFault)
                return false;

            _current = _next;
            _next += length;
            return true;
        }
    }
}
