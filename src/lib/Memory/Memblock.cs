// The memory map of early boot: what is memory, and what of it is taken. It hands out memory until the page allocator
// takes over with what is left.
//
//   memory    ████████████████        ███████████████████████████
//   reserved     ███       ██  ███                    ██
//   free      ███   ███████           ████████████████  █████████
//
// Reservations may lie where there is no memory (firmware tables in a hole): they do no harm.
using System;
using System.Numerics;

namespace Commence.Lib;

/// <summary>Memory and reserved regions of the machine (Linux: <c>memblock</c>). All-zero: no memory.</summary>
/// <remarks>4 KiB: pass it by <c>ref</c>. No lock: one processor runs while it is used.</remarks>
public struct Memblock
{
    /// <summary>Addresses from here on do not exist on any machine (SDM Vol 3A §4.1.4: MAXPHYADDR is at most 52).</summary>
    public static PhysAddr AddressEnd => new(1ul << 52);

    private RegionList _memory;
    private RegionList _reserved;

    /// <summary>Regions of memory, reserved or not.</summary>
    public readonly int MemoryCount => _memory.Count;

    /// <summary>Bytes of memory, reserved or not.</summary>
    public readonly ulong MemoryBytes => _memory.TotalBytes;

    /// <summary>First byte behind the last memory; 0 if there is none.</summary>
    public readonly PhysAddr MemoryEnd => _memory.Count == 0 ? default : _memory[_memory.Count - 1].End;

    /// <summary>Reserved regions.</summary>
    public readonly int ReservedCount => _reserved.Count;

    /// <summary>A region of memory, in ascending order.</summary>
    public readonly MemoryRegion Memory(int index) => _memory[index];

    /// <summary>A reserved region, in ascending order.</summary>
    public readonly MemoryRegion Reserved(int index) => _reserved[index];

    /// <summary>Says that there is memory.</summary>
    /// <returns>False if there are too many regions: the memory stays unused.</returns>
    /// <remarks>Context: early boot. What wraps or lies beyond <see cref="AddressEnd"/> is cut off: firmware may say anything.</remarks>
    public bool TryAddMemory(PhysAddr start, ulong sizeBytes) => _memory.TryAdd(Clip(start, sizeBytes));

    /// <summary>Says that there is no memory after all, or none that we may use.</summary>
    /// <returns>False if there are too many regions: nothing has changed.</returns>
    public bool TryRemoveMemory(PhysAddr start, ulong sizeBytes) => _memory.TryRemove(Clip(start, sizeBytes));

    /// <summary>Takes memory away from later allocations, whether it is memory or not, free or not.</summary>
    /// <returns>False if there are too many regions: nothing has changed.</returns>
    public bool TryReserve(PhysAddr start, ulong sizeBytes) => _reserved.TryAdd(Clip(start, sizeBytes));

    /// <summary>Gives reserved memory back.</summary>
    /// <returns>False if there are too many regions: nothing has changed.</returns>
    public bool TryRelease(PhysAddr start, ulong sizeBytes) => _reserved.TryRemove(Clip(start, sizeBytes));

    /// <summary>Reserves free memory at the lowest address that fits.</summary>
    /// <param name="sizeBytes">More than 0.</param>
    /// <param name="alignment">A power of two.</param>
    /// <param name="within">Where it has to lie.</param>
    /// <param name="start">The first byte.</param>
    /// <returns>False if nothing fits.</returns>
    /// <remarks>Context: early boot. The memory is not cleared.</remarks>
    public bool TryAllocateBottomUp(ulong sizeBytes, ulong alignment, MemoryRegion within, out PhysAddr start)
    {
        Misuse.On(sizeBytes == 0);
        Misuse.On(!BitOperations.IsPow2(alignment));
        PhysAddr cursor = within.Start;
        while (TryFindFree(cursor, out MemoryRegion free) && free.Start < within.End)
        {
            MemoryRegion usable = free.Intersect(within);
            PhysAddr aligned = usable.Start.AlignUp(alignment);
            // Aligning up may wrap at the top of the number range, hence the first comparison.
            if (aligned >= usable.Start && aligned <= usable.End && usable.End - aligned >= sizeBytes)
                return TryTake(aligned, sizeBytes, out start);
            cursor = free.End;
        }

        start = default;
        return false;
    }

    /// <summary>Reserves free memory at the highest address that fits.</summary>
    /// <inheritdoc cref="TryAllocateBottomUp"/>
    public bool TryAllocateTopDown(ulong sizeBytes, ulong alignment, MemoryRegion within, out PhysAddr start)
    {
        Misuse.On(sizeBytes == 0);
        Misuse.On(!BitOperations.IsPow2(alignment));
        bool isFound = false;
        PhysAddr best = default;
        PhysAddr cursor = within.Start;
        while (TryFindFree(cursor, out MemoryRegion free) && free.Start < within.End)
        {
            MemoryRegion usable = free.Intersect(within);
            if (usable.SizeBytes >= sizeBytes)
            {
                PhysAddr aligned = (usable.End - sizeBytes).AlignDown(alignment);
                if (aligned >= usable.Start)
                {
                    best = aligned;
                    isFound = true;
                }
            }

            cursor = free.End;
        }

        start = default;
        return isFound && TryTake(best, sizeBytes, out start);
    }

    /// <summary>Finds the first free region that ends above <paramref name="from"/>; it may begin below.</summary>
    public readonly bool TryFindFree(PhysAddr from, out MemoryRegion free)
    {
        while (_memory.TryFindEndingAbove(from, out MemoryRegion memory))
        {
            if (TryFindFreeIn(memory, from, out free))
                return true;
            from = memory.End;
        }

        free = default;
        return false;
    }

    private readonly bool TryFindFreeIn(MemoryRegion memory, PhysAddr from, out MemoryRegion free)
    {
        PhysAddr start = memory.Start;
        while (start < memory.End)
        {
            // A reservation that begins at or before `start` moves it; one that begins later ends the free region.
            PhysAddr end = memory.End;
            bool isBounded = _reserved.TryFindEndingAbove(start, out MemoryRegion reserved);
            if (isBounded && reserved.Start <= start)
            {
                start = reserved.End;
                continue;
            }

            if (isBounded && reserved.Start < end)
                end = reserved.Start;
            if (end > from)
            {
                free = new MemoryRegion(start, end);
                return true;
            }

            start = end;
        }

        free = default;
        return false;
    }

    private bool TryTake(PhysAddr start, ulong sizeBytes, out PhysAddr taken)
    {
        taken = start;
        return _reserved.TryAdd(new MemoryRegion(start, start + sizeBytes));
    }

    private static MemoryRegion Clip(PhysAddr start, ulong sizeBytes)
    {
        if (start >= AddressEnd)
            return default;
        ulong room = AddressEnd - start;
        return new MemoryRegion(start, start + Math.Min(sizeBytes, room));
    }
}
