// Where the descriptors lie, and how memory comes in.
//
//   page frame number  ┌──────────────── section ┬──────── page in it (13 bits) ┐
//                      └─▶ _sections[section] ───┴─▶ .Pages[page]
//
// A section's descriptors (48 bytes for each 4 KiB, from its first to its last memory) lie in its own first free pages that
// are enough. A section without such pages stays out of use, since its descriptors could cost more than it brings; only
// reserved memory that is handed over later (AddReserved) wakes it.
using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Memory;

public sealed unsafe partial class PageAllocator
{
    private const int SectionShift = 13;
    private const ulong SectionPages = 1ul << SectionShift;

    /// <summary>First page that is not <see cref="MemoryZone.Dma"/>: 16 MiB.</summary>
    public static Pfn DmaEnd => new(0x1000);

    /// <summary>First page that is not <see cref="MemoryZone.Dma32"/>: 4 GiB.</summary>
    public static Pfn Dma32End => new(0x10_0000);

    private Section* _sections;
    private ulong _sectionCount;
    private Pfn _mappedEnd;        // sections from here on must sleep: the direct map does not reach them yet
    private Memblock _memory;      // what was free when the allocator took over

    /// <summary>Takes over what is free in <paramref name="memory"/>.</summary>
    /// <param name="memory">The map of early boot; the allocator keeps a copy and reserves its own tables in it.</param>
    /// <param name="mappedEnd">End of what the direct map reaches by now; <see cref="ExtendMapped"/> raises it.</param>
    /// <returns>False if there is too little memory for the allocator's own tables.</returns>
    /// <remarks>Context: early boot.</remarks>
    public bool TryInitialise(ref Memblock memory, PhysAddr mappedEnd) => TryInitialise(ref memory, mappedEnd, DmaEnd, Dma32End);

    // With other zones, for tests on small memories.
    internal bool TryInitialise(ref Memblock memory, PhysAddr mappedEnd, Pfn dmaEnd, Pfn dma32End)
    {
        Bug.On(_sections != null);
        // Lists keep page frame numbers in 32 bits: 16 TiB.
        Pfn end = new(Math.Min(memory.MemoryEnd.Frame.Value, uint.MaxValue));
        _sectionCount = (end.Value + SectionPages - 1) >> SectionShift;
        ulong tableBytes = _sectionCount * (ulong)sizeof(Section);
        MemoryRegion mapped = new(new PhysAddr(Limits.PageSizeBytes), mappedEnd);
        if (tableBytes == 0
            || !memory.TryAllocateTopDown(tableBytes, Limits.PageSizeBytes, mapped, out PhysAddr table))
            return false;

        // SAFETY: the table lies in mapped memory that was free and is now reserved for it.
        _sections = (Section*)DirectMap.Pointer(table);
        for (ulong i = 0; i < _sectionCount; i++)
            _sections[i] = default;

        _memory = memory;
        _mappedEnd = mappedEnd.Frame;
        SetZone(MemoryZone.Dma, default, dmaEnd);
        SetZone(MemoryZone.Dma32, dmaEnd, dma32End);
        SetZone(MemoryZone.Normal, dma32End, new Pfn(ulong.MaxValue >> Limits.PageShift));
        CountDormant();

        // The kernel lives on what is left when all else fails: 1/128 of memory, but 128 KiB at least and 16 MiB at most.
        ulong managed = 0;
        for (int zone = 0; zone < ZoneCount; zone++)
            managed += _zones[zone].ManagedPages;
        _reservePages = Math.Max(32, Math.Min(managed / 128, 4096));
        return managed > _reservePages;
    }

    /// <summary>Says that the direct map reaches further now.</summary>
    /// <remarks>Context: early boot.</remarks>
    public void ExtendMapped(PhysAddr mappedEnd)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        if (mappedEnd.Frame > _mappedEnd) // a small machine's memory ends below what early boot maps
            _mappedEnd = mappedEnd.Frame;
    }

    /// <summary>Hands over memory that was reserved at <see cref="TryInitialise(ref Memblock, PhysAddr)"/>: an initramfs, boot code.</summary>
    /// <remarks>Context: thread. Pages that are only partly in the region stay reserved. Fails: panics if the region is not
    /// memory, or not reserved.</remarks>
    public void AddReserved(MemoryRegion region)
    {
        MemoryRegion pages = region.WholePages;
        using IrqSpinLock.Guard guard = _lock.Lock();
        for (Pfn page = pages.Start.Frame; page < pages.End.Frame; page += 1)
        {
            if (page.Value == 0)
                continue;
            if (!_sections[page.Value >> SectionShift].IsAwake && !TryWake(page.Value >> SectionShift))
                return; // no memory for descriptors: the region stays reserved
            ref PageDescriptor descriptor = ref Descriptor(page);
            if (descriptor.Kind != PageKind.Reserved)
                MemoryFault.BadFree(page, descriptor.Kind, descriptor.References);
            descriptor.Kind = PageKind.FreeTail;
            descriptor.Zone = (byte)ZoneOf(page);
            _zones[descriptor.Zone].ManagedPages++;
            Merge(page, 0);
        }
    }

    private void SetZone(MemoryZone zone, Pfn start, Pfn end)
    {
        ref Zone target = ref _zones[(int)zone];
        target.Start = start;
        target.End = end;
        target.NextSection = start.Value >> SectionShift;
    }

    private int ZoneOf(Pfn page) =>
        page < _zones[0].End ? 0 : page < _zones[1].End ? 1 : 2;

    // Counts what each section will bring, without touching its pages.
    private void CountDormant()
    {
        for (ulong section = 0; section < _sectionCount; section++)
        {
            MeasureSection(section);
            MemoryRegion own = PlaceDescriptors(section);
            if (own.SizeBytes == 0)
                continue;
            MemoryRegion whole = Bounds(section);
            PhysAddr cursor = whole.Start;
            while (TryFindFree(whole, own, ref cursor, out Pfn start, out Pfn end))
            {
                ref Zone zone = ref _zones[ZoneOf(start)];
                zone.ManagedPages += end - start;
                zone.DormantPages += end - start;
            }
        }
    }

    // Brings the next dormant section of a zone into use.
    private bool TryWakeSection(int zoneIndex)
    {
        ref Zone zone = ref _zones[zoneIndex];
        while (zone.DormantPages != 0)
        {
            ulong section = zone.NextSection;
            if (section >= _sectionCount || section << SectionShift >= zone.End.Value)
                return false;
            bool isNew = !_sections[section].IsAwake && PlaceDescriptors(section).SizeBytes != 0;
            if (isNew && !TryWake(section))
                return false; // beyond what is mapped, and so is all that follows; or there is no memory for descriptors
            zone.NextSection++;
            if (isNew)
                return true;
        }

        return false;
    }

    private bool TryWake(ulong section)
    {
        ref Section entry = ref _sections[section];
        MemoryRegion whole = Bounds(section);
        if (whole.Start.Frame + entry.First + entry.PageCount > _mappedEnd)
            return false;

        MemoryRegion own = PlaceDescriptors(section);
        MemoryRegion table = own;
        if (own.SizeBytes == 0 && !TryPlaceElsewhere(section, out table))
            return false;

        // SAFETY: `table` is free memory in the direct map, enough for the section's descriptors, and now theirs for ever.
        DirectMap.Bytes(table.Start, (int)table.SizeBytes).Clear();
        entry.Pages = (PageDescriptor*)DirectMap.Pointer(table.Start) - entry.First;

        PhysAddr cursor = whole.Start;
        while (TryFindFree(whole, own, ref cursor, out Pfn start, out Pfn end))
        {
            if (own.SizeBytes != 0)
                _zones[ZoneOf(start)].DormantPages -= end - start;
            else
                _zones[ZoneOf(start)].ManagedPages += end - start; // it was not counted on
            AddFree(start, end);
        }

        return true;
    }

    // Enters pages of one zone and section into the lists, in the largest blocks that their addresses allow.
    private void AddFree(Pfn start, Pfn end)
    {
        byte zone = (byte)ZoneOf(start);
        while (start < end)
        {
            int order = Math.Min(OrderMax, Math.Min(BitOperations.TrailingZeroCount(start.Value), BitOperations.Log2(end - start)));
            PageDescriptor* page = Find(start);
            for (uint i = 0; i < 1u << order; i++)
            {
                page[i].Kind = PageKind.FreeTail;
                page[i].Zone = zone;
            }

            Link(ref _zones[zone], start, order);
            start += 1ul << order;
        }
    }

    // The next free pages of a section from `cursor` on that lie in one zone and outside `except`.
    private bool TryFindFree(MemoryRegion whole, MemoryRegion except, ref PhysAddr cursor, out Pfn start, out Pfn end)
    {
        while (cursor < whole.End && _memory.TryFindFree(cursor, out MemoryRegion free) && free.Start < whole.End)
        {
            PhysAddr low = free.Start > cursor ? free.Start : cursor;
            if (except.SizeBytes != 0 && low >= except.Start && low < except.End)
                low = except.End;
            PhysAddr high = free.End < whole.End ? free.End : whole.End;
            if (except.SizeBytes != 0 && low < except.Start && high > except.Start)
                high = except.Start;
            if (low >= high)
            {
                cursor = high > low ? high : low > cursor ? low : free.End;
                continue;
            }

            start = low.AlignUp(Limits.PageSizeBytes).Frame;
            if (start.Value == 0)
                start = new Pfn(1);
            end = high.Frame;
            if (start < end)
            {
                Pfn zoneEnd = _zones[ZoneOf(start)].End;
                end = end < zoneEnd ? end : zoneEnd;
            }

            cursor = start < end ? end.Address : high;
            if (start < end)
                return true;
        }

        start = default;
        end = default;
        return false;
    }

    // Where a section's descriptors lie if it has room for them; always the same answer.
    private MemoryRegion PlaceDescriptors(ulong section)
    {
        ulong bytes = DescriptorBytes(section);
        MemoryRegion whole = Bounds(section);
        PhysAddr cursor = whole.Start;
        while (bytes != 0 && TryFindFree(whole, default, ref cursor, out Pfn start, out Pfn end))
        {
            if ((end - start) << Limits.PageShift >= bytes)
                return new MemoryRegion(start.Address, start.Address + bytes);
        }

        return default;
    }

    // For a section that is all reserved: a block of another one.
    private bool TryPlaceElsewhere(ulong section, out MemoryRegion table)
    {
        ulong pages = DescriptorBytes(section) >> Limits.PageShift;
        int order = BitOperations.Log2((pages * 2) - 1);
        do
        {
            for (int zone = ZoneCount - 1; zone >= 0; zone--)
            {
                if (!TryTakeFrom(zone, order, out Pfn first))
                    continue;
                _zones[zone].ManagedPages -= 1ul << order;
                table = new MemoryRegion(first.Address, first.Address + (Limits.PageSizeBytes * (1ul << order)));
                return true;
            }
        }
        while (TryWakeAnyWithRoom());

        table = default;
        return false;
    }

    // Wakes the first section that has room for its own descriptors, so that this asks for no further one.
    private bool TryWakeAnyWithRoom()
    {
        for (ulong section = 0; section < _sectionCount; section++)
        {
            if (!_sections[section].IsAwake && PlaceDescriptors(section).SizeBytes != 0)
                return TryWake(section);
        }

        return false;
    }

    private static MemoryRegion Bounds(ulong section) =>
        new(new Pfn(section << SectionShift).Address, new Pfn((section + 1) << SectionShift).Address);

    private ulong DescriptorBytes(ulong section) =>
        new PhysAddr((ulong)_sections[section].PageCount * PageDescriptor.SizeBytes).AlignUp(Limits.PageSizeBytes).Value;

    // Where a section's memory begins and ends, reserved or not.
    private void MeasureSection(ulong section)
    {
        MemoryRegion whole = Bounds(section);
        PhysAddr first = whole.End;
        PhysAddr last = whole.Start;
        for (int i = 0; i < _memory.MemoryCount; i++)
        {
            MemoryRegion part = _memory.Memory(i).Intersect(whole);
            if (part.SizeBytes == 0)
                continue;
            first = part.Start < first ? part.Start : first;
            last = part.End;
        }

        if (first >= last)
            return;
        ref Section entry = ref _sections[section];
        entry.First = (uint)(first.Frame - whole.Start.Frame);
        entry.PageCount = (uint)(last.AlignUp(Limits.PageSizeBytes).Frame - first.Frame);
    }

    // The descriptor of a page that is known to have one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private PageDescriptor* Find(Pfn page) =>
        _sections[page.Value >> SectionShift].Pages + (page.Value & (SectionPages - 1));

    /// <summary>The descriptor of a page in use.</summary>
    /// <remarks>Fails: panics if the page has none.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref PageDescriptor Descriptor(Pfn page)
    {
        if (!TryGetDescriptor(page, out PageDescriptor* descriptor))
            MemoryFault.BadFrame(page);
        // SAFETY: descriptors never move and are never freed.
        return ref *descriptor;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryGetDescriptor(Pfn page, out PageDescriptor* descriptor)
    {
        descriptor = null;
        ulong section = page.Value >> SectionShift;
        ulong index = page.Value & (SectionPages - 1);
        if (section >= _sectionCount)
            return false;
        Section* entry = _sections + section;
        if (!entry->IsAwake || index - entry->First >= entry->PageCount)
            return false; // below First the difference wraps
        descriptor = entry->Pages + index;
        return true;
    }

    private struct Section
    {
        internal PageDescriptor* Pages;   // of the section's page 0, though that may have none; null while dormant
        internal uint First;              // first page that has a descriptor
        internal uint PageCount;          // how many have

        internal readonly bool IsAwake => Pages != null;
    }
}
