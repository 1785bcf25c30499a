// Hands out physical pages in blocks of 2^order: a buddy allocator per zone.
//
//   order 2  ████████        A free block of order k begins at a multiple of 2^k pages. Its buddy is the block whose number
//   order 1  ████ ····       differs in bit k only: when both are free they become one block of order k + 1.
//   order 0  ██ ·· ····
//
// Memory is divided into sections of 32 MiB. A section's descriptors are made when its pages are first needed, so that
// booting takes the same time whatever the size of the machine (Linux: deferred struct page initialisation).
//
//   dormant ──TryWake──▶ in use             (a section never goes back)
//
// Invariants, under _lock:
//   - a free block lies in one zone and one section, and is in the list of its order and zone;
//   - the buddy of a free block below OrderMax is not free with the same order in the same zone;
//   - page 0 is never handed out, so that 0 ends a list.
//
// | method                       | takes |
// |------------------------------|-------|
// | TryAllocate, Free, Put       | _lock |
// | Get, ReferenceCount, Kind    | none  |
using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Memory;

/// <summary>The page allocator (Linux: <c>alloc_pages</c>, <c>__free_pages</c>).</summary>
/// <remarks>Its fields hold no reference, so that the kernel's instance exists before there is anything that allocates objects.</remarks>
public sealed unsafe partial class PageAllocator
{
    /// <summary>The largest block has 2^10 pages, 4 MiB.</summary>
    public const int OrderMax = 10;

    private IrqSpinLock _lock;
    private Zones _zones;
    private ulong _reservePages;   // kept for AllocationFlags.Reserve
    private ulong _allocations;
    private ulong _frees;
    private ulong _failures;

    /// <summary>Takes a block of 2^<paramref name="order"/> pages, which begins at a multiple of its size.</summary>
    /// <param name="order">0 to <see cref="OrderMax"/>.</param>
    /// <param name="flags">Zone, zeroing and urgency.</param>
    /// <param name="first">First page of the block. It has one reference.</param>
    /// <returns>False if there is no such block.</returns>
    /// <remarks>Context: any, hard IRQ included. Locks: the allocator's own.</remarks>
    public bool TryAllocate(int order, AllocationFlags flags, out Pfn first)
    {
        Bug.On((uint)order > OrderMax);
        if (!TryTakeLocked(order, flags, out first))
            return false;

        if ((flags & AllocationFlags.Zero) != 0)
            DirectMap.Span(first, order).Clear();
        return true;
    }

    /// <summary>Takes one page.</summary>
    /// <inheritdoc cref="TryAllocate(int, AllocationFlags, out Pfn)"/>
    public bool TryAllocate(AllocationFlags flags, out Pfn page) => TryAllocate(0, flags, out page);

    /// <summary>Gives a block back whose only reference the caller holds.</summary>
    /// <param name="first">First page, as handed out; the allocator knows the order.</param>
    /// <remarks>Context: any. Fails: panics if the page is not the first of an allocated block, or has other references.</remarks>
    public void Free(Pfn first)
    {
        ref PageDescriptor page = ref Descriptor(first);
        if (!IsHead(page.Kind) || Interlocked.CompareExchange(ref page.References, 0, 1) != 1)
            MemoryFault.BadFree(first, page.Kind, page.References);
        FreeLocked(first);
    }

    /// <summary>Takes another reference on a block that the caller knows to be allocated.</summary>
    /// <remarks>Context: any. Fails: panics if the page is free.</remarks>
    public void Get(Pfn first)
    {
        ref PageDescriptor page = ref Descriptor(first);
        if (Interlocked.Increment(ref page.References) <= 1)
            MemoryFault.BadGet(first, page.Kind, page.References);
    }

    /// <summary>Gives a reference up; the last one frees the block.</summary>
    /// <returns>True if the block is free now.</returns>
    /// <remarks>Context: any. Fails: panics if the page is free already.</remarks>
    public bool Put(Pfn first)
    {
        ref PageDescriptor page = ref Descriptor(first);
        int left = Interlocked.Decrement(ref page.References);
        if (left < 0 || !IsHead(page.Kind))
            MemoryFault.BadFree(first, page.Kind, left + 1);
        if (left != 0)
            return false;

        FreeLocked(first);
        return true;
    }

    /// <summary>References to an allocated block. 1: the caller's is the only one, and no other can appear.</summary>
    /// <remarks>Context: any.</remarks>
    public int ReferenceCount(Pfn first) => Volatile.Read(ref Descriptor(first).References);

    /// <summary>The owner's note on an allocated page; None until it is set.</summary>
    /// <remarks>Context: any.</remarks>
    public PageTag Tag(Pfn first) => Descriptor(first).Tag;

    /// <summary>Notes something on a page that the caller alone owns.</summary>
    /// <remarks>Context: any.</remarks>
    public void SetTag(Pfn first, PageTag tag) => Descriptor(first).Tag = tag;

    /// <summary>Who has a page.</summary>
    /// <returns><see cref="PageKind.Reserved"/> also for what is not memory.</returns>
    /// <remarks>Context: any.</remarks>
    public PageKind Kind(Pfn page) =>
        TryGetDescriptor(page, out PageDescriptor* descriptor) ? descriptor->Kind : PageKind.Reserved;

    /// <summary>Pages that the allocator looks after.</summary>
    /// <remarks>Context: any. Reads without the lock: it changes when memory is added at boot.</remarks>
    public ulong ManagedPages
    {
        get
        {
            ulong pages = 0;
            for (int i = 0; i < ZoneCount; i++)
                pages += Volatile.Read(ref _zones[i].ManagedPages);
            return pages;
        }
    }

    /// <summary>All zones together.</summary>
    /// <remarks>Context: any.</remarks>
    public PageStatistics ReadStatistics()
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        PageStatistics statistics = default;
        for (int i = 0; i < ZoneCount; i++)
        {
            statistics.ManagedPages += _zones[i].ManagedPages;
            statistics.FreePages += _zones[i].FreePages + _zones[i].DormantPages;
        }

        statistics.ReservePages = _reservePages;
        statistics.Allocations = _allocations;
        statistics.Frees = _frees;
        statistics.Failures = _failures;
        return statistics;
    }

    /// <summary>One zone.</summary>
    /// <remarks>Context: any.</remarks>
    public ZoneStatistics ReadZone(MemoryZone zone)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        ref Zone from = ref _zones[(int)zone];
        ZoneStatistics statistics = new()
        {
            ManagedPages = from.ManagedPages,
            FreePages = from.FreePages + from.DormantPages,
            DormantPages = from.DormantPages,
        };
        for (int order = 0; order <= OrderMax; order++)
            statistics.FreeBlocks[order] = from.Areas[order].Count;
        return statistics;
    }

    // The slab allocator has the block: objects in it are found by their pages' kind and order.
    internal void MarkSlab(Pfn first, int order)
    {
        PageDescriptor* page = Find(first);
        Bug.On(page->Kind != PageKind.Allocated || page->Order != order);
        page->Kind = PageKind.Slab;
        for (uint i = 1; i < 1u << order; i++)
            page[i].Kind = PageKind.SlabTail;
    }

    private static bool IsHead(PageKind kind) => kind is PageKind.Allocated or PageKind.Slab;
}
