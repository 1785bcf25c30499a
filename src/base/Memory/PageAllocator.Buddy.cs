// The buddy lists. All methods here run under _lock, or before a second processor exists.
using System;
using System.Runtime.CompilerServices;
using Commence.Locking;

namespace Commence.Memory;

public sealed unsafe partial class PageAllocator
{
    private const int ZoneCount = 3;

    private bool TryTakeLocked(int order, AllocationFlags flags, out Pfn first)
    {
        int highest = (flags & AllocationFlags.Dma) != 0 ? (int)MemoryZone.Dma
            : (flags & AllocationFlags.Dma32) != 0 ? (int)MemoryZone.Dma32
            : (int)MemoryZone.Normal;

        using IrqSpinLock.Guard guard = _lock.Lock();
        if (HasEnough(order, flags))
        {
            // From the top, so that the few pages that simple devices reach are used last.
            for (int zone = highest; zone >= 0; zone--)
            {
                do
                {
                    if (TryTakeFrom(zone, order, out first))
                    {
                        _allocations++;
                        return true;
                    }
                }
                while (TryWakeSection(zone));
            }
        }

        _failures++;
        first = default;
        return false;
    }

    private bool HasEnough(int order, AllocationFlags flags)
    {
        if ((flags & AllocationFlags.Reserve) != 0)
            return true;

        ulong free = 0;
        for (int zone = 0; zone < ZoneCount; zone++)
            free += _zones[zone].FreePages + _zones[zone].DormantPages;
        return free >= _reservePages + (1ul << order);
    }

    private bool TryTakeFrom(int zoneIndex, int order, out Pfn first)
    {
        ref Zone zone = ref _zones[zoneIndex];
        for (int found = order; found <= OrderMax; found++)
        {
            uint head = zone.Areas[found].Head;
            if (head == 0)
                continue;

            Unlink(ref zone, new Pfn(head), found);
            // Halves that are not needed go back, the upper one each time.
            while (found > order)
            {
                found--;
                Link(ref zone, new Pfn(head + (1ul << found)), found);
            }

            first = new Pfn(head);
            MarkAllocated(first, order);
            return true;
        }

        first = default;
        return false;
    }

    private void MarkAllocated(Pfn first, int order)
    {
        PageDescriptor* page = Find(first);
        for (uint i = 0; i < 1u << order; i++)
        {
            page[i].Kind = PageKind.AllocatedTail;
            page[i].Order = (byte)order;
        }

        page->Kind = PageKind.Allocated;
        page->References = 1;
        page->Tag = PageTag.None;
        page->Next = 0;
        page->Previous = 0;
        page->Word0 = 0;
        page->Word1 = 0;
        page->Word2 = 0;
    }

    private void FreeLocked(Pfn first)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        PageDescriptor* page = Find(first);
        int order = page->Order;
        // Two processors that free the same block at once both come here: the second finds it free.
        if (!IsHead(page->Kind))
            MemoryFault.BadFree(first, page->Kind, 0);

        _frees++;
        for (uint i = 0; i < 1u << order; i++)
            page[i].Kind = PageKind.FreeTail;
        Merge(first, order);
    }

    // Puts a block of FreeTail pages into the lists, together with its buddies that are free.
    private void Merge(Pfn first, int order)
    {
        ref Zone zone = ref _zones[Find(first)->Zone];
        byte zoneIndex = Find(first)->Zone;
        while (order < OrderMax)
        {
            Pfn buddy = new(first.Value ^ (1ul << order));
            if (!TryGetDescriptor(buddy, out PageDescriptor* other)
                || other->Kind != PageKind.Free || other->Order != order || other->Zone != zoneIndex)
                break;

            Unlink(ref zone, buddy, order);
            other->Kind = PageKind.FreeTail;
            first = new Pfn(first.Value & ~(1ul << order));
            order++;
        }

        Link(ref zone, first, order);
    }

    private void Link(ref Zone zone, Pfn first, int order)
    {
        PageDescriptor* page = Find(first);
        ref FreeArea area = ref zone.Areas[order];
        page->Kind = PageKind.Free;
        page->Order = (byte)order;
        page->References = 0;
        page->Next = area.Head;
        page->Previous = 0;
        if (area.Head != 0)
            Find(new Pfn(area.Head))->Previous = (uint)first.Value;
        area.Head = (uint)first.Value;
        area.Count++;
        zone.FreePages += 1ul << order;
    }

    private void Unlink(ref Zone zone, Pfn first, int order)
    {
        PageDescriptor* page = Find(first);
        ref FreeArea area = ref zone.Areas[order];
        Bug.On(page->Kind != PageKind.Free || page->Order != order);
        if (page->Previous != 0)
            Find(new Pfn(page->Previous))->Next = page->Next;
        else
            area.Head = page->Next;
        if (page->Next != 0)
            Find(new Pfn(page->Next))->Previous = page->Previous;
        area.Count--;
        zone.FreePages -= 1ul << order;
    }

    private struct FreeArea
    {
        internal uint Head;
        internal uint Count;
    }

    [InlineArray(OrderMax + 1)]
    private struct FreeAreas
    {
        private FreeArea _order0;
    }

    private struct Zone
    {
        internal Pfn Start;
        internal Pfn End;
        internal ulong ManagedPages;
        internal ulong FreePages;
        internal ulong DormantPages;   // free pages in sections not yet in use
        internal ulong NextSection;    // sections of this zone below it are in use
        internal FreeAreas Areas;
    }

    [InlineArray(ZoneCount)]
    private struct Zones
    {
        private Zone _zone0;
    }
}
