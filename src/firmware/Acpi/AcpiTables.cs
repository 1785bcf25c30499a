// The list of a machine's ACPI tables, read through the XSDT or the RSDT.
//
// The XSDT is taken where there is one, and the RSDT if the XSDT cannot be read or lists nothing. Null entries (OVMF without
// ACPI has one) and entries listed twice are logged and passed over.
// Source: ACPI 6.5 §5.2.7 "Root System Description Table (RSDT)", §5.2.8 "Extended System Description Table (XSDT)".
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Commence.Firmware.Acpi;

/// <summary>Where a table lies and what its header says.</summary>
public readonly struct AcpiTableEntry
{
    internal AcpiTableEntry(PhysAddr at, uint signature, int length, byte revision)
    {
        At = at;
        Signature = signature;
        Length = length;
        Revision = revision;
    }

    public PhysAddr At { get; }

    public uint Signature { get; }

    public int Length { get; }

    public byte Revision { get; }

    public PhysRange Range => new(At, (ulong)Length);
}

/// <summary>A machine's ACPI tables by signature. All-zero is a machine without ACPI.</summary>
/// <remarks>2 KiB: a static or a field, not a local.</remarks>
public struct AcpiTables
{
    public const int Capacity = 64;

    private const int XsdtEntrySizeBytes = 8;
    private const int RsdtEntrySizeBytes = 4;

    private Slots _entries;
    private int _count;

    /// <summary>The pointer by which the tables were found.</summary>
    public Rsdp Rsdp { get; private set; }

    /// <summary>The list was read from the XSDT, else from the RSDT.</summary>
    public bool IsFromXsdt { get; private set; }

    /// <summary>Where the list itself lies: with <see cref="Rsdp"/> and the tables, what must be reserved.</summary>
    public PhysRange RootTable { get; private set; }

    public readonly int Count => _count;

    /// <summary>Tables that did not fit.</summary>
    public int LeftOutCount { get; private set; }

    /// <summary>The tables, in the order of the list.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<AcpiTableEntry> Entries => ((ReadOnlySpan<AcpiTableEntry>)_entries).Slice(0, _count);

    /// <summary>Finds the root pointer and reads the list of tables.</summary>
    /// <param name="memory">The machine's memory.</param>
    /// <param name="given">The root pointer that the loader gave; 0 if none.</param>
    /// <param name="faults">Gets all that is wrong.</param>
    /// <param name="tables">The list, empty on failure.</param>
    /// <returns>False if there is no root pointer or its list cannot be read.</returns>
    public static bool TryLoad<TMemory>(TMemory memory, PhysAddr given, scoped ref FaultLog faults, out AcpiTables tables)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        tables = default;
        return RsdpSearch.TryFind(memory, given, ref faults, out Rsdp rsdp) && tables.TryReadLists(memory, rsdp, ref faults);
    }

    /// <summary>Reads the list of tables by the root pointer that the loader gave, and looks for none elsewhere.</summary>
    /// <inheritdoc cref="TryLoad"/>
    public static bool TryLoadGiven<TMemory>(TMemory memory, PhysAddr given, scoped ref FaultLog faults, out AcpiTables tables)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        tables = default;
        return RsdpSearch.TryReadGiven(memory, given, ref faults, out Rsdp rsdp) && tables.TryReadLists(memory, rsdp, ref faults);
    }

    /// <summary>Finds a table by its signature.</summary>
    /// <param name="signature">Four characters: <c>"APIC"u8</c>.</param>
    /// <param name="entry">Where it lies.</param>
    /// <param name="skip">How many of the same signature to pass over.</param>
    public readonly bool TryFind(ReadOnlySpan<byte> signature, out AcpiTableEntry entry, int skip = 0)
    {
        uint wanted = AcpiTable.SignatureOf(signature);
        foreach (AcpiTableEntry candidate in Entries)
        {
            if (candidate.Signature != wanted || skip-- != 0)
                continue;

            entry = candidate;
            return true;
        }

        entry = default;
        return false;
    }

    /// <summary>Finds a table by its signature and reads it.</summary>
    /// <returns>False if there is none or it cannot be read whole; the latter is logged.</returns>
    public readonly bool TryOpen<TMemory>(
        TMemory memory, ReadOnlySpan<byte> signature, FirmwarePart part, scoped ref FaultLog faults, out AcpiTable table)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        table = default;
        return TryFind(signature, out AcpiTableEntry entry) && AcpiTable.TryRead(memory, entry.At, part, ref faults, out table);
    }

    private bool TryReadLists<TMemory>(TMemory memory, Rsdp rsdp, scoped ref FaultLog faults)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        Rsdp = rsdp;
        if (!rsdp.Xsdt.IsNull && TryReadList(memory, rsdp.Xsdt, XsdtEntrySizeBytes, ref faults) && Count != 0)
        {
            IsFromXsdt = true;
            return true;
        }

        if (!rsdp.Rsdt.IsNull)
            return TryReadList(memory, rsdp.Rsdt, RsdtEntrySizeBytes, ref faults);

        if (rsdp.Xsdt.IsNull)
            faults.Add(FirmwarePart.Rsdp, FaultKind.NullPointer, Rsdp.SizeBytes - RsdtEntrySizeBytes);
        return false;
    }

    private bool TryReadList<TMemory>(TMemory memory, PhysAddr at, int entrySize, scoped ref FaultLog faults)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        bool isXsdt = entrySize == XsdtEntrySizeBytes;
        FirmwarePart part = isXsdt ? FirmwarePart.Xsdt : FirmwarePart.Rsdt;
        if (!AcpiTable.TryRead(memory, at, part, ref faults, out AcpiTable list))
            return false;

        if (list.Signature != AcpiTable.SignatureOf(isXsdt ? "XSDT"u8 : "RSDT"u8))
        {
            faults.Add(part, FaultKind.BadSignature, 0, list.Signature);
            return false;
        }

        RootTable = new PhysRange(at, (ulong)list.Bytes.Length);
        int offset = AcpiTable.HeaderSizeBytes;
        for (; offset + entrySize <= list.Bytes.Length; offset += entrySize)
        {
            ulong address = isXsdt ? list.Bytes.U64(offset) : list.Bytes.U32(offset);
            AddTable(memory, new PhysAddr(address), part, (ulong)offset, ref faults);
        }

        if (offset != list.Bytes.Length)
            faults.Add(part, FaultKind.BadLength, (ulong)offset, (ulong)list.Bytes.Length);
        return true;
    }

    private void AddTable<TMemory>(TMemory memory, PhysAddr at, FirmwarePart part, ulong offset, scoped ref FaultLog faults)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        if (at.IsNull)
            faults.Add(part, FaultKind.NullPointer, offset);
        else if (IsListed(at))
            faults.Add(part, FaultKind.Duplicate, offset, at.Value);
        else if (!memory.TryRead(at, AcpiTable.HeaderSizeBytes, out ReadOnlySpan<byte> header))
            faults.Add(part, FaultKind.Unreadable, offset, at.Value);
        else if (!AcpiTable.TryGetLength(header, FirmwarePart.AcpiTable, out int length, out ParseFault fault))
            faults.Add(fault);
        else if (!memory.TryRead(at, length, out _))
            faults.Add(FirmwarePart.AcpiTable, FaultKind.Truncated, 0, (ulong)length); // and what it states must not be reserved
        else
            Append(new AcpiTableEntry(at, header.U32(0), length, header[8]), part, offset, ref faults);
    }

    private readonly bool IsListed(PhysAddr at)
    {
        foreach (AcpiTableEntry entry in Entries)
        {
            if (entry.At == at)
                return true;
        }

        return false;
    }

    private void Append(AcpiTableEntry entry, FirmwarePart part, ulong offset, scoped ref FaultLog faults)
    {
        if (_count < Capacity)
        {
            _entries[_count++] = entry;
            return;
        }

        if (LeftOutCount++ == 0)
            faults.Add(part, FaultKind.TooMany, offset, Capacity);
    }

    [InlineArray(Capacity)]
    private struct Slots
    {
        private AcpiTableEntry _first;
    }
}
