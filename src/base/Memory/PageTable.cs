// A tree of page tables in the architecture's format, over pages of the page allocator.
//
//   root ─▶ table ─▶ table ─▶ table ─▶ page          level 3, 2, 1, 0 on x64; word 0 of a table's page descriptor
//    n         n        n        n                    counts its present entries
//
// Invariants:
//   - a table's count is the number of its present entries; of a root, of those of the lower half;
//   - the entries of the upper half of every root are the kernel's and never change after Build: what is mapped in them
//     later is seen by all;
//   - a walk takes at most LevelCount steps, whatever the tables contain.
//
// Changes here reach memory only. The caller makes processors forget the old translations (LocalTlb, TlbShootdown) before
// it frees a page that was mapped, or a table: processors remember tables too (SDM Vol 3A §4.10.3, Paging-Structure Caches).
// Most work is on one page after the other, so that an address space's tree remembers the last table of single pages it was at.
// The kernel's tree does not: it is also looked up without its lock.
//
// The caller's lock protects a tree; processors set accessed and dirty bits meanwhile, hence the atomic exchanges.
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Arch;
using Commence.Locking;

namespace Commence.Memory;

/// <summary>An address space's page table (Linux: <c>pgd_t</c> and its levels).</summary>
public sealed unsafe class PageTable
{
    private const int IndexBits = 9;
    private const int EntryCount = 1 << IndexBits;
    private const int RegionShift = Limits.PageShift + IndexBits;
    private const ulong NoRegion = ulong.MaxValue;

    private PageAllocator _pages = null!; // set by TryCreate, like _root
    private Pfn _root;
    private int _tableCount; // pages of tables, root included
    private bool _remembers;     // not the kernel's
    private ulong _lastRegion;   // addresses of the remembered table, shifted; NoRegion if there is none
    private Pfn _lastTable;

    /// <summary>Protects the kernel's own tree, which several owners of address ranges change; others have their owner's lock.</summary>
    internal SpinLock KernelLock;

    /// <summary>What a processor loads.</summary>
    public PhysAddr Root => _root.Address;

    /// <summary>Pages that tables take, for <c>VmPTE</c>.</summary>
    public int TableCount => _tableCount;

    /// <summary>Makes an empty table.</summary>
    /// <param name="pages">Where its tables come from.</param>
    /// <param name="kernel">Whose upper half it shares; null makes the kernel's own, below 4 GiB, so that a processor can load
    /// it before it is in 64-bit mode.</param>
    /// <param name="created">The table.</param>
    /// <returns>False if there is no memory.</returns>
    /// <remarks>Context: thread.</remarks>
    public static bool TryCreate(PageAllocator pages, PageTable? kernel, out PageTable created)
    {
        created = null!;
        AllocationFlags flags = kernel is null ? AllocationFlags.Zero | AllocationFlags.Dma32 : AllocationFlags.Zero;
        if (!pages.TryAllocate(flags, out Pfn root))
            return false;

        if (kernel is not null)
            DirectMap.Words(kernel._root)[(EntryCount / 2)..].CopyTo(DirectMap.Words(root)[(EntryCount / 2)..]);
        if (!Kmem.TryNew(out created))
        {
            pages.Free(root);
            return false;
        }

        created._pages = pages;
        created._root = root;
        created._tableCount = 1;
        created._remembers = kernel is not null;
        created._lastRegion = NoRegion;
        return true;
    }

    /// <summary>Bytes that a leaf of a level maps.</summary>
    public static ulong SizeOf(int level) => 1ul << (Limits.PageShift + (level * IndexBits));

    /// <summary>Maps a page where none is mapped.</summary>
    /// <param name="address">A multiple of the page size.</param>
    /// <param name="target">A multiple of the page size.</param>
    /// <param name="level">0: 4 KiB; 1: 2 MiB.</param>
    /// <param name="protection">What accesses may do.</param>
    /// <returns>False if there is no memory for a table: nothing has changed.</returns>
    /// <remarks>Context: thread. No flush is needed: processors do not remember what was not there.
    /// Fails: stops the machine if something is mapped there.</remarks>
    public bool TryMap(VirtAddr address, PhysAddr target, int level, PageProtection protection)
    {
        Bug.On(level > PageTableFormat.LeafLevelMax);
        Bug.On(!address.IsAligned(SizeOf(level)) || !target.IsAligned(SizeOf(level)));
        if (!TryMakeSlot(address, level, out ulong* slot, out Pfn table))
            return false;

        Bug.On(PageTableFormat.IsPresent(new PageTableEntry(*slot)));
        _pages.Descriptor(table).Word0++;
        Volatile.Write(ref *slot, PageTableFormat.EncodeLeaf(target, level, protection).Raw);
        return true;
    }

    /// <summary>Makes sure that the tables above a page exist, so that mapping it cannot fail.</summary>
    public bool TryPrepare(VirtAddr address) => TryMakeSlot(address, 0, out _, out _);

    // Top-level entries, which other roots copy.
    internal bool TryPrepareTop(VirtAddr address) => TryMakeSlot(address, PageTableFormat.LevelCount - 2, out _, out _);

    internal bool HasTop(VirtAddr address) =>
        TryFindSlot(address, PageTableFormat.LevelCount - 1, out _, out _, out _);

    /// <summary>Finds what is mapped at an address.</summary>
    /// <returns>False if nothing is.</returns>
    public bool TryLookup(VirtAddr address, out PageMapping mapping)
    {
        mapping = default;
        if (!TryFindLeaf(address, out ulong* slot, out _, out int level))
            return false;
        mapping = new PageMapping(address.AlignDown(SizeOf(level)), new PageTableEntry(Volatile.Read(ref *slot)), level);
        return true;
    }

    /// <summary>Finds the first mapped page at or above an address; large holes are skipped quickly.</summary>
    /// <param name="from">Where to begin; a large page that contains it counts.</param>
    /// <param name="end">Where to end, exclusive; in the same half.</param>
    /// <param name="mapping">The page.</param>
    /// <returns>False if there is none before <paramref name="end"/>.</returns>
    public bool TryFindMapped(VirtAddr from, VirtAddr end, out PageMapping mapping)
    {
        VirtAddr address = from.AlignDown(Limits.PageSizeBytes);
        while (address < end)
        {
            if (!TryFindSlot(address, 0, out ulong* slot, out _, out int level))
            {
                PageTableEntry upper = new(*slot);
                if (level != 0 && PageTableFormat.IsPresent(upper))
                {
                    mapping = new PageMapping(address.AlignDown(SizeOf(level)), upper, level);
                    return true;
                }

                if (level != 0)
                {
                    address = address.AlignDown(SizeOf(level)) + SizeOf(level);
                    if (address.Value == 0)
                        break; // wrapped at the top of the number range
                    continue;
                }
            }

            // In a table of single pages: on to the first that is mapped.
            int index = Index(address, 0);
            while (index < EntryCount && !PageTableFormat.IsPresent(new PageTableEntry(Volatile.Read(ref *slot))))
            {
                slot++;
                index++;
                address += Limits.PageSizeBytes;
            }

            if (index == EntryCount)
                continue;
            mapping = new PageMapping(address, new PageTableEntry(Volatile.Read(ref *slot)), 0);
            return address < end;
        }

        mapping = default;
        return false;
    }

    /// <summary>Takes a page out. Empty tables stay: <see cref="DetachEmptyTables"/>.</summary>
    /// <param name="address">Anywhere in the page.</param>
    /// <param name="old">What was mapped, with its last accessed and dirty bits.</param>
    /// <returns>False if nothing is mapped there.</returns>
    /// <remarks>The caller flushes before the page is used for something else.</remarks>
    public bool TryUnmap(VirtAddr address, out PageMapping old)
    {
        old = default;
        if (!TryFindLeaf(address, out ulong* slot, out Pfn table, out int level))
            return false;

        ulong entry = Interlocked.Exchange(ref *slot, 0);
        _pages.Descriptor(table).Word0--;
        old = new PageMapping(address.AlignDown(SizeOf(level)), new PageTableEntry(entry), level);
        return true;
    }

    /// <summary>Changes what accesses to a page may do.</summary>
    /// <returns>False if nothing is mapped there.</returns>
    /// <remarks>The caller flushes if something is forbidden that was allowed.</remarks>
    public bool TryProtect(VirtAddr address, PageProtection protection)
    {
        if (!TryFindLeaf(address, out ulong* slot, out _, out int level))
            return false;

        ulong old = Volatile.Read(ref *slot);
        while (true)
        {
            ulong changed = PageTableFormat.WithProtection(new PageTableEntry(old), level, protection).Raw;
            ulong seen = Interlocked.CompareExchange(ref *slot, changed, old);
            if (seen == old)
                return true;
            old = seen; // the processor has set accessed or dirty meanwhile
        }
    }

    /// <summary>Maps another page in the place of one, in one step.</summary>
    /// <param name="address">Of a 4 KiB page that is mapped.</param>
    /// <param name="target">The new page.</param>
    /// <param name="protection">What accesses may do.</param>
    /// <param name="old">What was mapped.</param>
    /// <returns>False if nothing is mapped there.</returns>
    /// <remarks>The caller flushes before the old page is used for something else.</remarks>
    public bool TryReplace(VirtAddr address, PhysAddr target, PageProtection protection, out PageMapping old)
    {
        old = default;
        if (!TryFindLeaf(address, out ulong* slot, out _, out int level))
            return false;

        Bug.On(level != 0);
        PageTableEntry entry = PageTableFormat.EncodeLeaf(target, 0, protection);
        old = new PageMapping(address.AlignDown(Limits.PageSizeBytes), new PageTableEntry(Interlocked.Exchange(ref *slot, entry.Raw)), 0);
        return true;
    }

    /// <summary>Takes tables out that have become empty. The kernel's half keeps its tables.</summary>
    /// <param name="start">Start of what was unmapped.</param>
    /// <param name="end">Its end, exclusive; in user space.</param>
    /// <param name="detached">The tables: freed by the caller after a flush of the whole range.</param>
    public void DetachEmptyTables(VirtAddr start, VirtAddr end, ref PageChain detached)
    {
        Bug.On(end > new VirtAddr(AddressLayout.UserEnd.Value));
        _lastRegion = NoRegion;
        for (int level = 1; level < PageTableFormat.LevelCount; level++)
        {
            VirtAddr address = start.AlignDown(SizeOf(level));
            while (address < end)
            {
                address = TryFindSlot(address, level, out ulong* slot, out Pfn table, out int reached)
                    ? Detach(address, level, slot, table, ref detached)
                    : address.AlignDown(SizeOf(reached)) + SizeOf(reached);
            }
        }
    }

    /// <summary>Frees all tables. No processor has the root loaded any more, and no page is mapped in the lower half.</summary>
    /// <remarks>Context: thread.</remarks>
    public void Destroy()
    {
        FreeTablesBelow(_root, PageTableFormat.LevelCount - 1);
        Bug.On(_pages.Descriptor(_root).Word0 != 0);
        Bug.On(_tableCount != 1);
        _pages.Free(_root);
        Kmem.Free(this);
    }

    // Depth: one call for each level.
    private void FreeTablesBelow(Pfn table, int level)
    {
        ref ulong count = ref _pages.Descriptor(table).Word0;
        Bug.On(level == 0 && count != 0); // a page is still mapped
        ulong* slot = Table(table);
        for (int i = 0; count != 0; i++)
        {
            Bug.On(i == EntryCount); // the count is wrong
            PageTableEntry entry = new(slot[i]);
            if (!PageTableFormat.IsPresent(entry))
                continue;
            Bug.On(PageTableFormat.IsLeaf(entry, level));
            Pfn lower = PageTableFormat.Target(entry, level).Frame;
            FreeTablesBelow(lower, level - 1);
            count--;
            _tableCount--;
            _pages.Free(lower);
        }
    }

    private VirtAddr Detach(VirtAddr address, int level, ulong* slot, Pfn table, ref PageChain detached)
    {
        PageTableEntry entry = new(*slot);
        if (!PageTableFormat.IsLeaf(entry, level))
        {
            Pfn lower = PageTableFormat.Target(entry, level).Frame;
            if (_pages.Descriptor(lower).Word0 == 0)
            {
                Volatile.Write(ref *slot, 0);
                _pages.Descriptor(table).Word0--;
                _tableCount--;
                detached.Add(_pages, lower);
            }
        }

        return address + SizeOf(level);
    }

    // The slot of a level, with all tables above it; tables that are missing are made.
    private bool TryMakeSlot(VirtAddr address, int level, out ulong* slot, out Pfn table)
    {
        if (level == 0 && address.Value >> RegionShift == _lastRegion)
        {
            table = _lastTable;
            slot = Table(table) + Index(address, 0);
            return true;
        }

        table = _root;
        int at = PageTableFormat.LevelCount - 1;
        slot = Table(table) + Index(address, at);
        while (at > level)
        {
            PageTableEntry entry = new(*slot);
            if (!PageTableFormat.IsPresent(entry))
            {
                if (!_pages.TryAllocate(AllocationFlags.Zero, out Pfn lower))
                    return false;
                entry = PageTableFormat.EncodeTable(lower.Address);
                _pages.Descriptor(table).Word0++;
                _tableCount++;
                Volatile.Write(ref *slot, entry.Raw); // release: the table is zero before a processor can walk it
            }

            Bug.On(PageTableFormat.IsLeaf(entry, at)); // a large page is mapped there
            table = PageTableFormat.Target(entry, at).Frame;
            at--;
            slot = Table(table) + Index(address, at);
        }

        if (at == 0)
            Remember(address, table);
        return true;
    }

    // The present slot of a level; `reached` is where the way down ended if there is none.
    private bool TryFindSlot(VirtAddr address, int level, out ulong* slot, out Pfn table, out int reached)
    {
        if (level == 0 && address.Value >> RegionShift == _lastRegion)
        {
            table = _lastTable;
            reached = 0;
            slot = Table(table) + Index(address, 0);
            return PageTableFormat.IsPresent(new PageTableEntry(Volatile.Read(ref *slot)));
        }

        table = _root;
        reached = PageTableFormat.LevelCount - 1;
        while (true)
        {
            slot = Table(table) + Index(address, reached);
            PageTableEntry entry = new(Volatile.Read(ref *slot));
            if (!PageTableFormat.IsPresent(entry))
                return false;
            if (reached == level)
                return true;
            if (PageTableFormat.IsLeaf(entry, reached))
                return false;
            table = PageTableFormat.Target(entry, reached).Frame;
            reached--;
            if (reached == 0)
                Remember(address, table);
        }
    }

    private void Remember(VirtAddr address, Pfn table)
    {
        if (!_remembers)
            return;
        _lastRegion = address.Value >> RegionShift;
        _lastTable = table;
    }

    // The present leaf that maps an address.
    private bool TryFindLeaf(VirtAddr address, out ulong* slot, out Pfn table, out int level)
    {
        if (TryFindSlot(address, 0, out slot, out table, out level))
            return true;
        PageTableEntry entry = new(*slot);
        return PageTableFormat.IsPresent(entry) && PageTableFormat.IsLeaf(entry, level);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Index(VirtAddr address, int level) =>
        (int)(address.Value >> (Limits.PageShift + (level * IndexBits))) & (EntryCount - 1);

    // SAFETY (of all uses): a table is a page of 512 entries that this tree owns; indices are below 512.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong* Table(Pfn table) => (ulong*)DirectMap.Pointer(table.Address);
}
