// Pages that were unmapped but that processors may still remember: they are freed after a flush, many at a time.
//
//   Add ─▶ room full, or Finish ─▶ flush from the lowest to the highest address ─▶ free pages, then emptied tables
using System;
using System.Runtime.CompilerServices;
using Commence.Memory;

namespace Commence.Mm;

/// <summary>A batch of pages to free (Linux: <c>mmu_gather</c>).</summary>
internal ref struct PageGather
{
    private const int FewMax = 16;
    private const int ManyMax = Limits.PageSizeBytes / sizeof(ulong);

    private readonly AddressSpace _space;
    private readonly PageAllocator _pages;
    private Few _few;
    private Pfn _many;          // a page full of page numbers, from the 17th page on
    private bool _hasMany;
    private int _count;
    private UserAddr _low;      // what is to be flushed
    private UserAddr _high;
    private PageChain _tables;

    internal PageGather(AddressSpace space)
    {
        _space = space;
        _pages = space.Pages;
        _few = default;
        _many = default;
        _hasMany = false;
        _count = 0;
        _low = default;
        _high = default;
        _tables = default;
    }

    /// <summary>Takes over a page and its mapping's reference.</summary>
    /// <remarks>IRQs: on.</remarks>
    internal void Add(UserAddr address, Pfn page)
    {
        if (_count == FewMax && !_hasMany)
            _hasMany = _pages.TryAllocate(AllocationFlags.None, out _many);
        if (_count == FewMax + (_hasMany ? ManyMax : 0))
            FlushAndFree();

        Cover(address, address + Limits.PageSizeBytes);
        if (_count < FewMax)
            _few[_count] = page.Value;
        else
            DirectMap.Words(_many)[_count - FewMax] = page.Value;
        _count++;
    }

    /// <summary>Takes tables out that have become empty.</summary>
    internal void AddTables(PageTable table, UserAddr start, UserAddr end)
    {
        bool hadTables = !_tables.IsEmpty;
        table.DetachEmptyTables(new VirtAddr(start.Value), new VirtAddr(end.Value), ref _tables);
        if (hadTables || !_tables.IsEmpty)
            Cover(start, end); // processors remember tables by the addresses below them
    }

    /// <summary>Flushes and frees what is left. Must be called.</summary>
    /// <remarks>IRQs: on.</remarks>
    internal void Finish()
    {
        FlushAndFree();
        if (_hasMany)
            _pages.Free(_many);
        _hasMany = false;
    }

    private void Cover(UserAddr start, UserAddr end)
    {
        if (_high.IsNull || start < _low)
            _low = start;
        if (end > _high)
            _high = end;
    }

    private void FlushAndFree()
    {
        if (!_high.IsNull)
            _space.FlushFor(_low, (_high - _low) >> Limits.PageShift);
        _low = default;
        _high = default;

        for (int i = 0; i < _count; i++)
            _ = _pages.Put(new Pfn(i < FewMax ? _few[i] : DirectMap.Words(_many)[i - FewMax])); // others may hold it
        _count = 0;
        _tables.FreeAll(_pages);
    }

    [InlineArray(FewMax)]
    private struct Few
    {
        private ulong _page0;
    }
}
