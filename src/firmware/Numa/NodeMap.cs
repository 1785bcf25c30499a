// Nodes: which processors and which memory are near each other, and how far the nodes are apart.
//
// Firmware speaks of proximity domains, whose numbers may be anything. The kernel numbers nodes from 0 in the order in which a SRAT
// first names their domains, its processors before its memory: the numbers that Linux gives.
//
// Invariants: domains of nodes are distinct. Memory ranges of different nodes do not overlap. A node's distance to itself is 10,
// to any other more.
//
// The map takes some 7 KiB: a static of the kernel, passed by reference.
//
// Source: ACPI 6.5 §5.2.16 "System Resource Affinity Table (SRAT)", §5.2.17 "System Locality Distance Information Table (SLIT)".
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Commence.Firmware.Acpi;
using Commence.Lib;

namespace Commence.Firmware.Numa;

/// <summary>Memory of one node.</summary>
public readonly struct NodeMemory
{
    public NodeMemory(int node, MemoryRegion region, bool isHotPluggable)
    {
        Node = node;
        Region = region;
        IsHotPluggable = isHotPluggable;
    }

    public int Node { get; }

    /// <summary>Where it may lie: the memory map says what of it is there.</summary>
    public MemoryRegion Region { get; }

    public bool IsHotPluggable { get; }
}

/// <summary>The machine's nodes, of fixed capacity. All-zero: one node that has everything.</summary>
public struct NodeMap
{
    /// <summary>Nodes that the kernel can number.</summary>
    public const int Capacity = 64;

    /// <summary>Memory ranges that are kept.</summary>
    public const int MemoryCapacity = 128;

    private Domains _domains;
    private Ranges _memory;
    private Distances _distances; // valid if _hasDistances
    private int _count;
    private int _memoryCount;
    private bool _hasDistances;

    /// <summary>Nodes: numbers 0 to Count − 1 are valid.</summary>
    public readonly int Count => Math.Max(1, _count);

    /// <summary>A SRAT was read and is sound; else everything is node 0.</summary>
    public readonly bool IsFromFirmware => _count != 0;

    /// <summary>Memory by node, in the order of the table; empty if <see cref="IsFromFirmware"/> is false.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<NodeMemory> Memory => ((ReadOnlySpan<NodeMemory>)_memory).Slice(0, _memoryCount);

    /// <summary>Domain of a node that a SRAT named.</summary>
    public readonly uint DomainOf(int node) => _domains[node];

    /// <summary>The node of a proximity domain.</summary>
    public readonly bool TryFind(uint domain, out int node)
    {
        for (node = 0; node < _count; node++)
        {
            if (_domains[node] == domain)
                return true;
        }

        node = 0;
        return false;
    }

    /// <summary>Distance from one node to another.</summary>
    public readonly byte Distance(int from, int to)
    {
        if (_hasDistances)
            return _distances[(from * Capacity) + to];
        return from == to ? Slit.LocalDistance : Slit.RemoteDistance;
    }

    /// <summary>Numbers the nodes of a SRAT and takes over its memory.</summary>
    /// <returns>False if the table cannot be true, or has more than the kernel keeps: the map is then empty, and everything is
    /// node 0. Why is in <paramref name="faults"/>.</returns>
    public bool TryRead(Srat srat, scoped ref FaultLog faults)
    {
        this = default;
        if (TryAddProcessors(srat, ref faults) && TryAddMemory(srat, ref faults))
            return _count != 0;

        this = default;
        return false;
    }

    /// <summary>Takes the distances from a SLIT.</summary>
    public void ReadDistances(Slit slit)
    {
        for (int from = 0; from < _count; from++)
        {
            for (int to = 0; to < _count; to++)
                _distances[(from * Capacity) + to] = slit.Distance(_domains[from], _domains[to]);
        }

        _hasDistances = _count != 0;
    }

    /// <summary>Finds two nodes whose distance depends on the direction, which ACPI permits.</summary>
    public readonly bool TryFindAsymmetry(out int one, out int other)
    {
        for (one = 0; one < _count; one++)
        {
            for (other = one + 1; other < _count; other++)
            {
                if (Distance(one, other) != Distance(other, one))
                    return true;
            }
        }

        one = 0;
        other = 0;
        return false;
    }

    /// <summary>Bytes of a memory map that no node has.</summary>
    public readonly ulong CountUncovered(in Memblock memory)
    {
        ulong covered = 0;
        for (int i = 0; i < memory.MemoryCount; i++)
        {
            foreach (ref readonly NodeMemory range in Memory)
                covered += range.Region.Intersect(memory.Memory(i)).SizeBytes;
        }

        return memory.MemoryBytes - Math.Min(covered, memory.MemoryBytes);
    }

    /// <summary>Empties the map: everything is node 0.</summary>
    public void Clear() => this = default;

    private bool TryAddProcessors(Srat srat, scoped ref FaultLog faults)
    {
        foreach (SratEntry entry in srat.Entries)
        {
            if (!SratProcessor.TryParse(entry.Bytes, srat.Revision, out SratProcessor cpu) || !cpu.IsEnabled)
                continue;
            if (!TryNumber(cpu.Domain, entry.Offset, ref faults, out _))
                return false;
        }

        return true;
    }

    private bool TryAddMemory(Srat srat, scoped ref FaultLog faults)
    {
        foreach (SratEntry entry in srat.Entries)
        {
            if (entry.Type != SratEntryType.Memory)
                continue;
            if (!SratMemory.TryParse(entry.Bytes, srat.Revision, out SratMemory memory))
            {
                faults.Add(FirmwarePart.Srat, FaultKind.Overflow, (ulong)entry.Offset);
                return false;
            }

            if (memory.IsEnabled && !memory.Range.IsEmpty && !TryAddRange(in memory, entry.Offset, ref faults))
                return false;
        }

        return true;
    }

    private bool TryAddRange(in SratMemory memory, int offset, scoped ref FaultLog faults)
    {
        if (!TryNumber(memory.Domain, offset, ref faults, out int node))
            return false;

        MemoryRegion region = new(memory.Range.Start, memory.Range.Start + memory.Range.Length);
        foreach (ref readonly NodeMemory other in Memory)
        {
            if (region.Intersect(other.Region).SizeBytes == 0)
                continue;

            // Of two claims of one node to the same memory the first stands; those of two nodes contradict each other.
            faults.Add(FirmwarePart.Srat, FaultKind.Duplicate, (ulong)offset, region.Start.Value);
            return other.Node == node;
        }

        if (_memoryCount == MemoryCapacity)
        {
            faults.Add(FirmwarePart.Srat, FaultKind.TooMany, (ulong)offset, MemoryCapacity);
            return false;
        }

        _memory[_memoryCount++] = new NodeMemory(node, region, memory.IsHotPluggable);
        return true;
    }

    private bool TryNumber(uint domain, int offset, scoped ref FaultLog faults, out int node)
    {
        if (TryFind(domain, out node))
            return true;
        if (_count == Capacity)
        {
            faults.Add(FirmwarePart.Srat, FaultKind.TooMany, (ulong)offset, Capacity);
            return false;
        }

        node = _count++;
        _domains[node] = domain;
        return true;
    }

    [InlineArray(Capacity)]
    private struct Domains
    {
        private uint _first;
    }

    [InlineArray(MemoryCapacity)]
    private struct Ranges
    {
        private NodeMemory _first;
    }

    [InlineArray(Capacity * Capacity)]
    private struct Distances
    {
        private byte _first;
    }
}
