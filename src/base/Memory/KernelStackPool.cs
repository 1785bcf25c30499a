// Where kernel stacks come from.
//
//   slot, 32 KiB of the vmalloc area:   │ not mapped, 16 KiB │ stack, 16 KiB │
//
//   never used ──▶ in use ──Free──▶ kept: still mapped, the next one taken ──Trim──▶ unmapped: the slot is free again
//
// A stack that is used again needs no flush on other processors, which is what makes thread creation cheap. Free may be
// called where nothing may sleep, so it only keeps; whoever takes a stack next trims what is too much, with one flush for all.
//
// | method                | takes |
// |-----------------------|-------|
// | TryAllocate           | the page table's KernelLock, _lock; one after the other |
// | Free                  | _lock |
using System.Numerics;
using System.Runtime.CompilerServices;
using Commence.Arch;
using Commence.Locking;

namespace Commence.Memory;

/// <summary>All kernel stacks of a machine.</summary>
public sealed class KernelStackPool
{
    /// <summary>Stacks that can exist at once.</summary>
    public const int CountMax = 16384;

    /// <summary>Unused stacks that stay mapped.</summary>
    public const int KeptMax = 64;

    private const ulong SlotBytes = 2 * KernelStack.SizeBytes;
    private const int PageCount = KernelStack.SizeBytes / Limits.PageSizeBytes;
    private const int TrimBatch = 16;

    private readonly PageAllocator _pages;
    private readonly PageTable _table;
    private readonly VirtAddr _start;
    private IrqSpinLock _lock;       // all that follows
    private Slots _used;             // a bit for each slot that has a stack, in use or kept
    private int _firstWord;          // all words before it are full
    private uint _keptHead;          // first page of the first kept stack; linked through descriptors, word 0 is the slot
    private int _keptCount;
    private int _inUse;

    /// <summary>A pool in an unused part of the kernel's address space.</summary>
    /// <param name="pages">Where stacks' pages come from.</param>
    /// <param name="table">The kernel's page table.</param>
    /// <param name="start">First of <see cref="CountMax"/> slots of 32 KiB.</param>
    public KernelStackPool(PageAllocator pages, PageTable table, VirtAddr start)
    {
        Bug.On(!start.IsAligned(SlotBytes));
        _pages = pages;
        _table = table;
        _start = start;
    }

    /// <summary>First byte behind the pool's addresses.</summary>
    public VirtAddr End => _start + (SlotBytes * CountMax);

    /// <summary>Stacks in use (<c>KernelStack</c> of /proc/meminfo is this in kB).</summary>
    public int InUseCount => _inUse;

    /// <summary>Takes a stack. Its contents are undefined.</summary>
    /// <returns>False if there is no memory, or there are too many.</returns>
    /// <remarks>Context: thread. IRQs: on.</remarks>
    public bool TryAllocate(out KernelStack stack)
    {
        if (_keptCount > KeptMax)
            Trim();
        if (TryTakeKept(out stack))
            return true;
        if (!TryTakeSlot(out int slot))
            return false;
        if (!TryMap(slot))
        {
            GiveSlotBack(slot);
            return false;
        }

        stack = new KernelStack(BottomOf(slot));
        return true;
    }

    /// <summary>Gives a stack back.</summary>
    /// <remarks>Context: any, as long as nobody runs on it.</remarks>
    public void Free(KernelStack stack)
    {
        int slot = SlotOf(stack.Bottom);
        Bug.On(BottomOf(slot) != stack.Bottom);
        bool isMapped = _table.TryLookup(stack.Bottom, out PageMapping mapping);
        Bug.On(!isMapped);

        using IrqSpinLock.Guard guard = _lock.Lock();
        ref PageDescriptor first = ref _pages.Descriptor(mapping.Frame);
        Bug.On(first.Word1 == KeptMark); // freed twice
        first.Word0 = (ulong)slot;
        first.Word1 = KeptMark;
        first.Next = _keptHead;
        _keptHead = (uint)mapping.Frame.Value;
        _keptCount++;
        _inUse--;
    }

    /// <summary>Whether an address lies below a stack, where nothing is mapped: a stack overflow.</summary>
    /// <remarks>Context: any.</remarks>
    public bool IsGuard(VirtAddr address) =>
        address >= _start && address < End && (address - _start) % SlotBytes < SlotBytes / 2;

    private const ulong KeptMark = 0x6B65_7074; // "kept"

    private bool TryTakeKept(out KernelStack stack)
    {
        stack = default;
        if (!TryPopKept(out int slot))
            return false;
        stack = new KernelStack(BottomOf(slot));
        using IrqSpinLock.Guard guard = _lock.Lock();
        _inUse++;
        return true;
    }

    private bool TryPopKept(out int slot)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        slot = 0;
        if (_keptHead == 0)
            return false;

        ref PageDescriptor first = ref _pages.Descriptor(new Pfn(_keptHead));
        slot = (int)first.Word0;
        _keptHead = first.Next;
        first.Next = 0;
        first.Word1 = 0;
        _keptCount--;
        return true;
    }

    private bool TryTakeSlot(out int slot)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        while (_firstWord < CountMax / 64 && _used[_firstWord] == ulong.MaxValue)
            _firstWord++;
        slot = 0;
        if (_firstWord == CountMax / 64)
            return false;

        int bit = BitOperations.TrailingZeroCount(~_used[_firstWord]);
        _used[_firstWord] |= 1ul << bit;
        slot = (_firstWord * 64) + bit;
        _inUse++;
        return true;
    }

    private void GiveSlotBack(int slot)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        ReleaseSlot(slot);
        _inUse--;
    }

    private void ReleaseSlot(int slot)
    {
        Bug.On((_used[slot / 64] & (1ul << (slot % 64))) == 0);
        _used[slot / 64] &= ~(1ul << (slot % 64));
        if (slot / 64 < _firstWord)
            _firstWord = slot / 64;
    }

    private bool TryMap(int slot)
    {
        for (int i = 0; i < PageCount; i++)
        {
            if (!TryMapPage(BottomOf(slot) + (ulong)(i * Limits.PageSizeBytes)))
            {
                UnmapPages(slot, i); // no processor has used them: no flush
                return false;
            }
        }

        return true;
    }

    private bool TryMapPage(VirtAddr address)
    {
        if (!_pages.TryAllocate(AllocationFlags.None, out Pfn page))
            return false;

        using SpinLock.Guard guard = _table.KernelLock.Lock();
        if (_table.TryMap(address, page.Address, 0, PageProtection.Write | PageProtection.Global))
            return true;
        _pages.Free(page);
        return false;
    }

    private void UnmapPages(int slot, int count)
    {
        PageChain unmapped = default;
        Unmap(slot, count, ref unmapped);
        unmapped.FreeAll(_pages);
    }

    private void Unmap(int slot, int count, ref PageChain unmapped)
    {
        using SpinLock.Guard guard = _table.KernelLock.Lock();
        for (int i = 0; i < count; i++)
        {
            bool wasMapped = _table.TryUnmap(BottomOf(slot) + (ulong)(i * Limits.PageSizeBytes), out PageMapping old);
            Bug.On(!wasMapped);
            unmapped.Add(_pages, old.Frame);
        }
    }

    // Unmaps some kept stacks; only then may their pages and addresses be used again.
    private void Trim()
    {
        PageChain unmapped = default;
        Batch slots = default;
        int count = 0;
        while (count < TrimBatch && _keptCount > KeptMax / 2 && TryPopKept(out int slot))
        {
            Unmap(slot, PageCount, ref unmapped);
            slots[count++] = slot;
        }

        if (count == 0)
            return;
        KernelTlb.FlushRange(_start, SlotBytes * CountMax); // they lie anywhere in it
        unmapped.FreeAll(_pages);
        using IrqSpinLock.Guard guard = _lock.Lock();
        for (int i = 0; i < count; i++)
            ReleaseSlot(slots[i]);
    }

    private VirtAddr BottomOf(int slot) => _start + ((ulong)slot * SlotBytes) + (SlotBytes / 2);

    private int SlotOf(VirtAddr bottom)
    {
        Bug.On(bottom < _start || bottom >= End);
        return (int)((bottom - _start) / SlotBytes);
    }

    [InlineArray(CountMax / 64)]
    private struct Slots
    {
        private ulong _word0;
    }

    [InlineArray(TrimBatch)]
    private struct Batch
    {
        private int _slot0;
    }
}
