// The machine's memory as its firmware describes it, put in order (Linux: struct e820_table).
//
// Invariants: regions are sorted by address, do not overlap, are not empty, and no two that touch are of the same kind.
// Firmware may hand in ranges in any order and overlapping: where they do, the kind with the higher number wins, as in
// Linux, so that what anybody calls reserved is never handed out.
// What finds no place in the table is left out, never made usable: memory that is not listed is not handed out either.
// Source: ACPI 6.5 §15 "System Address Map Interfaces", Table 15.6.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Commence.Firmware;

/// <summary>What a memory region is for. Numbers as in ACPI's address range types; the higher wins where two overlap.</summary>
public enum MemoryKind : uint
{
    None = 0,
    Usable = 1,
    Reserved = 2,
    AcpiReclaimable = 3,
    AcpiNvs = 4,
    Unusable = 5,
    Disabled = 6,
    Persistent = 7,
}

/// <summary>One region of the map.</summary>
public readonly struct MemoryMapEntry
{
    internal MemoryMapEntry(ulong start, ulong end, MemoryKind kind)
    {
        Start = new PhysAddr(start);
        End = new PhysAddr(end);
        Kind = kind;
    }

    public PhysAddr Start { get; }

    /// <summary>The first address behind the region.</summary>
    public PhysAddr End { get; }

    public MemoryKind Kind { get; }

    public ulong Length => End.Value - Start.Value;

    public bool Contains(PhysAddr at) => at.Value >= Start.Value && at.Value < End.Value;

    /// <summary>The kind's name as Linux prints it.</summary>
    public ReadOnlySpan<byte> KindName => Kind switch
    {
        MemoryKind.Usable => "usable"u8,
        MemoryKind.Reserved => "reserved"u8,
        MemoryKind.AcpiReclaimable => "ACPI data"u8,
        MemoryKind.AcpiNvs => "ACPI NVS"u8,
        MemoryKind.Unusable => "unusable"u8,
        MemoryKind.Disabled => "disabled"u8,
        MemoryKind.Persistent => "persistent"u8,
        _ => "unknown"u8,
    };
}

/// <summary>A sorted table of memory regions, of fixed capacity. All-zero is an empty map.</summary>
/// <remarks>3 KiB: a static or a field, passed by reference.</remarks>
public struct MemoryMap
{
    public const int Capacity = 128;

    /// <summary>Addresses end here: no x86-64 or arm64 processor has more physical address bits (SDM Vol 3A §4.1.4).</summary>
    public const ulong AddressEnd = 1UL << 52;

    private Slots _regions;
    private int _count;

    public readonly int Count => _count;

    /// <summary>Pieces that did not fit.</summary>
    public int LeftOutCount { get; private set; }

    /// <summary>The regions, lowest address first.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<MemoryMapEntry> Regions => ((ReadOnlySpan<MemoryMapEntry>)_regions).Slice(0, _count);

    /// <summary>The sum of all usable regions.</summary>
    public readonly ulong UsableBytes
    {
        get
        {
            ulong sum = 0;
            foreach (MemoryMapEntry region in Regions)
                sum += region.Kind == MemoryKind.Usable ? region.Length : 0;
            return sum;
        }
    }

    /// <summary>Enters a range.</summary>
    /// <param name="start">Its first address.</param>
    /// <param name="length">Its length; an empty range is ignored, what lies above <see cref="AddressEnd"/> is cut off.</param>
    /// <param name="kind">Its kind; an unknown one counts as reserved.</param>
    public void Add(PhysAddr start, ulong length, MemoryKind kind)
    {
        ulong at = start.Value;
        if (at >= AddressEnd || length == 0)
            return;

        ulong end = length > AddressEnd - at ? AddressEnd : at + length;
        if (kind is < MemoryKind.Usable or > MemoryKind.Persistent)
            kind = MemoryKind.Reserved;
        Paint(at, end, kind);
        MergeNeighbours();
    }

    /// <summary>Takes memory of one kind out of the map (Linux: <c>e820__range_remove</c>).</summary>
    /// <param name="start">The first address.</param>
    /// <param name="length">How much; what lies above <see cref="AddressEnd"/> is in no map anyway.</param>
    /// <param name="kind">Regions of other kinds stay.</param>
    public void Remove(PhysAddr start, ulong length, MemoryKind kind)
    {
        ulong at = start.Value;
        ulong end = at >= AddressEnd || length > AddressEnd - at ? AddressEnd : at + length;
        for (int i = 0; i < _count; i++)
        {
            MemoryMapEntry old = _regions[i];
            if (old.Kind != kind || old.End.Value <= at || old.Start.Value >= end)
                continue;

            RemoveAt(i);
            int next = i;
            if (old.Start.Value < at && Insert(next, new MemoryMapEntry(old.Start.Value, at, kind)))
                next++;
            if (old.End.Value > end && Insert(next, new MemoryMapEntry(end, old.End.Value, kind)))
                next++;
            i = next - 1;
        }
    }

    /// <summary>The kind of memory at an address; <see cref="MemoryKind.None"/> where no region is.</summary>
    public readonly MemoryKind KindAt(PhysAddr at)
    {
        foreach (MemoryMapEntry region in Regions)
        {
            if (region.Contains(at))
                return region.Kind;
        }

        return MemoryKind.None;
    }

    /// <summary>The part of a range that is usable without a break from the range's start on; empty if the start is not.</summary>
    public readonly PhysRange UsablePart(PhysRange range)
    {
        foreach (MemoryMapEntry region in Regions)
        {
            // No two usable regions touch: where this one ends, a break begins.
            if (region.Kind == MemoryKind.Usable && region.Contains(range.Start))
                return new PhysRange(range.Start, Math.Min(range.Length, region.End.Value - range.Start.Value));
        }

        return default;
    }

    /// <summary>Whether all of a range is listed as usable or reserved; an empty range is.</summary>
    public readonly bool IsUsableOrReserved(PhysRange range)
    {
        ulong at = range.Start.Value;
        ulong left = range.Length;
        foreach (MemoryMapEntry region in Regions)
        {
            if (left == 0 || !region.Contains(new PhysAddr(at)))
                continue;
            if (region.Kind > MemoryKind.Reserved)
                return false;
            ulong piece = Math.Min(left, region.End.Value - at);
            at += piece;
            left -= piece;
        }

        return left == 0;
    }

    /// <summary>Whether a range is of one piece: listed from end to end, or not listed at all.</summary>
    /// <remarks>A structure of firmware's that begins in memory and reaches out of it is not what it says.</remarks>
    public readonly bool IsOnePiece(PhysAddr start, ulong length)
    {
        if (start.Value >= AddressEnd || length > AddressEnd - start.Value)
            return false;

        ulong at = start.Value;
        ulong end = at + length;
        foreach (MemoryMapEntry region in Regions)
        {
            if (region.End.Value <= at || at >= end)
                continue;
            if (region.Start.Value > at)
                return at == start.Value && region.Start.Value >= end; // a gap: the whole range, or not at all
            at = Math.Min(region.End.Value, end);
        }

        return at == start.Value || at == end;
    }

    // Walks [at, end) from left to right: gaps get the new kind, regions of a lower kind are overpainted, others stay.
    private void Paint(ulong at, ulong end, MemoryKind kind)
    {
        int i = 0;
        while (i < _count && _regions[i].End.Value <= at)
            i++;

        while (at < end)
        {
            if (i == _count || _regions[i].Start.Value >= end)
            {
                Insert(i, new MemoryMapEntry(at, end, kind));
                return;
            }

            MemoryMapEntry old = _regions[i];
            if (old.Start.Value > at)
            {
                if (Insert(i, new MemoryMapEntry(at, old.Start.Value, kind)))
                    i++;
                at = old.Start.Value;
                continue;
            }

            ulong pieceEnd = Math.Min(old.End.Value, end);
            i += old.Kind >= kind ? 1 : Replace(i, old, at, pieceEnd, kind);
            at = pieceEnd;
        }
    }

    /// <summary>Gives [at, end), which lies in region i, another kind, and keeps what is left of the region on both sides.</summary>
    /// <returns>By how much the index of the region behind the painted piece grew.</returns>
    private int Replace(int i, MemoryMapEntry old, ulong at, ulong end, MemoryKind kind)
    {
        var left = new MemoryMapEntry(old.Start.Value, at, old.Kind);
        var right = new MemoryMapEntry(end, old.End.Value, old.Kind);
        RemoveAt(i);

        // One slot is free now, so of three pieces at least one fits. The painted one comes last: without it the piece is
        // unlisted, which keeps it from being used just as well.
        int next = i;
        if (left.Length != 0 && Insert(next, left))
            next++;
        int paintedAt = next;
        if (right.Length != 0)
            Insert(next, right);
        if (Insert(paintedAt, new MemoryMapEntry(at, end, kind)))
            next++;
        return next - i;
    }

    private void MergeNeighbours()
    {
        int kept = 0;
        for (int i = 1; i < _count; i++)
        {
            MemoryMapEntry last = _regions[kept];
            MemoryMapEntry region = _regions[i];
            if (last.End.Value == region.Start.Value && last.Kind == region.Kind)
                _regions[kept] = new MemoryMapEntry(last.Start.Value, region.End.Value, last.Kind);
            else
                _regions[++kept] = region;
        }

        if (_count != 0)
            _count = kept + 1;
    }

    private bool Insert(int at, MemoryMapEntry region)
    {
        if (_count == Capacity)
        {
            LeftOutCount++;
            return false;
        }

        for (int i = _count; i > at; i--)
            _regions[i] = _regions[i - 1];
        _regions[at] = region;
        _count++;
        return true;
    }

    private void RemoveAt(int at)
    {
        for (int i = at + 1; i < _count; i++)
            _regions[i - 1] = _regions[i];
        _count--;
    }

    [InlineArray(Capacity)]
    private struct Slots
    {
        private MemoryMapEntry _first;
    }
}
