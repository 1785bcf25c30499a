// Stretches of memory in a table of fixed size, sorted.
//
// Invariants: regions are in ascending order, none is empty, and there is a gap between each and the next (touching regions
// are merged), so that the table is the only form of the set that it stands for.
using System.Runtime.CompilerServices;

namespace Commence.Lib;

/// <summary>A set of physical addresses, kept as regions. All-zero is empty.</summary>
/// <remarks>2 KiB: pass it by <c>ref</c> or <c>in</c>. Changes that would need more room than there is change nothing.</remarks>
public struct RegionList
{
    /// <summary>Regions that fit.</summary>
    public const int Capacity = 128;

    private int _count;
    private Regions _regions;

    /// <summary>Regions in the table.</summary>
    public readonly int Count => _count;

    /// <summary>The region at a place in ascending order.</summary>
    public readonly MemoryRegion this[int index]
    {
        get
        {
            Misuse.On((uint)index >= (uint)_count);
            return _regions[index];
        }
    }

    /// <summary>Bytes in all regions.</summary>
    public readonly ulong TotalBytes
    {
        get
        {
            ulong total = 0;
            for (int i = 0; i < _count; i++)
                total += _regions[i].SizeBytes;
            return total;
        }
    }

    /// <summary>Adds a region; what it overlaps or touches is merged with it.</summary>
    /// <returns>False if the table is full.</returns>
    public bool TryAdd(MemoryRegion region)
    {
        if (region.SizeBytes == 0)
            return true;

        int first = FindFirstEndingAt(region.Start);
        int next = first;
        PhysAddr start = region.Start;
        PhysAddr end = region.End;
        while (next < _count && _regions[next].Start <= region.End)
        {
            start = start < _regions[next].Start ? start : _regions[next].Start;
            end = end > _regions[next].End ? end : _regions[next].End;
            next++;
        }

        if (!TryReplace(first, next - first, 1))
            return false;
        _regions[first] = new MemoryRegion(start, end);
        return true;
    }

    /// <summary>Takes a region out; what it overlaps is trimmed or split.</summary>
    /// <returns>False if a split does not fit.</returns>
    public bool TryRemove(MemoryRegion region)
    {
        if (region.SizeBytes == 0)
            return true;

        int first = FindFirstEndingAt(region.Start);
        if (first < _count && _regions[first].End == region.Start)
            first++; // it only touches
        int next = first;
        while (next < _count && _regions[next].Start < region.End)
            next++;
        if (next == first)
            return true;

        PhysAddr before = _regions[first].Start;
        PhysAddr behind = _regions[next - 1].End;
        bool keepsStart = before < region.Start;
        bool keepsEnd = behind > region.End;
        if (!TryReplace(first, next - first, (keepsStart ? 1 : 0) + (keepsEnd ? 1 : 0)))
            return false;
        if (keepsStart)
            _regions[first++] = new MemoryRegion(before, region.Start);
        if (keepsEnd)
            _regions[first] = new MemoryRegion(region.End, behind);
        return true;
    }

    /// <summary>Finds the first region that ends above <paramref name="address"/>.</summary>
    public readonly bool TryFindEndingAbove(PhysAddr address, out MemoryRegion region)
    {
        int index = FindFirstEndingAt(address);
        if (index < _count && _regions[index].End == address)
            index++;
        region = index < _count ? _regions[index] : default;
        return index < _count;
    }

    // The first region that ends at or above an address: binary search, since ends ascend too.
    private readonly int FindFirstEndingAt(PhysAddr address)
    {
        int low = 0;
        int high = _count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_regions[middle].End < address)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    // Makes room for `added` regions in the place of `removed` ones.
    private bool TryReplace(int index, int removed, int added)
    {
        int count = _count - removed + added;
        if (count > Capacity)
            return false;

        if (added > removed)
        {
            for (int i = count - 1; i >= index + added; i--)
                _regions[i] = _regions[i - added + removed];
        }
        else
        {
            for (int i = index + added; i < count; i++)
                _regions[i] = _regions[i - added + removed];
        }

        _count = count;
        return true;
    }

    [InlineArray(Capacity)]
    private struct Regions
    {
        private MemoryRegion _region0;
    }
}
