// Pages by address, for statistics.
using Commence.Lib;

namespace Commence.Memory;

public sealed partial class PageAllocator
{
    /// <summary>Counts the pages of a region that the allocator looks after, and those of them that nobody has.</summary>
    /// <param name="region">Any addresses.</param>
    /// <param name="managed">Is raised.</param>
    /// <param name="free">Is raised.</param>
    /// <remarks>Context: any. Without the lock: blocks that come and go meanwhile are counted, or not, and a block that is taken
    /// apart just then may count as free. Memory that lies dormant counts as free.</remarks>
    public void CountIn(MemoryRegion region, ref ulong managed, ref ulong free)
    {
        MemoryRegion pages = region.WholePages;
        Pfn end = pages.End.Frame;
        Pfn page = pages.Start.Frame;
        while (page < end && page.Value >> SectionShift < _sectionCount)
        {
            Pfn sectionEnd = new(((page.Value >> SectionShift) + 1) << SectionShift);
            Pfn stop = sectionEnd < end ? sectionEnd : end;
            if (IsAwake(page.Value >> SectionShift))
                CountAwake(page, stop, ref managed, ref free);
            else
                CountDormant(page, stop, ref managed, ref free);
            page = stop;
        }
    }

    private unsafe bool IsAwake(ulong section)
    {
        // SAFETY: the table has _sectionCount entries, below which the caller stays, and is never freed.
        return _sections[section].IsAwake;
    }

    private void CountAwake(Pfn page, Pfn end, ref ulong managed, ref ulong free)
    {
        while (page < end)
        {
            PageKind kind = Kind(page);
            ulong count = kind is PageKind.Free or PageKind.Allocated or PageKind.Slab ? 1ul << (Descriptor(page).Order & 0xF) : 1;
            count = System.Math.Min(count, end - page);
            if (kind != PageKind.Reserved)
                managed += count;
            if (kind is PageKind.Free or PageKind.FreeTail)
                free += count;
            page += count;
        }
    }

    private void CountDormant(Pfn page, Pfn end, ref ulong managed, ref ulong free)
    {
        MemoryRegion whole = new(page.Address, end.Address);
        MemoryRegion own = PlaceDescriptors(page.Value >> SectionShift);
        if (own.SizeBytes == 0)
            return; // it stays out of use

        PhysAddr cursor = whole.Start;
        while (TryFindFree(whole, own, ref cursor, out Pfn first, out Pfn last))
        {
            managed += last - first;
            free += last - first;
        }
    }
}
