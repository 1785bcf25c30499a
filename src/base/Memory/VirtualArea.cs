// Buffers that are contiguous in the kernel's address space only: each of single pages, with an unmapped page behind.
//
// Ranges in use are kept in ascending order. A new one goes into the first hole behind the place of the last one, so that
// an address is not used again soon after it was freed: a stale pointer then faults instead of finding another buffer.
//
// | method            | takes |
// |-------------------|-------|
// | TryAllocate, Free | _lock, the page table's KernelLock; one after the other |
using System;
using Commence.Arch;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Memory;

/// <summary>A mapped buffer (Linux: what <c>vmalloc</c> returns). Owned by one, like <see cref="KBuffer"/>.</summary>
public sealed class VirtualBuffer
{
    internal ListLink<VirtualBuffer> Link;
    internal VirtAddr Start;
    internal int Length;

    /// <summary>Bytes asked for.</summary>
    public int LengthBytes => Length;

    /// <summary>Where it lies.</summary>
    public VirtAddr Address => Start;

    /// <summary>The bytes.</summary>
    // SAFETY: the area mapped them before it handed the buffer out, and unmaps them when it is freed.
    public unsafe Span<byte> Span => new((void*)Start.Value, Length);

    internal VirtAddr End => Start + new VirtAddr((ulong)Length).AlignUp(Limits.PageSizeBytes).Value + Limits.PageSizeBytes;

    internal readonly struct InArea : ILinked<VirtualBuffer>
    {
        public static ref ListLink<VirtualBuffer> Link(VirtualBuffer item) => ref item.Link;
    }
}

/// <summary>A part of the kernel's address space (Linux: <c>vmalloc</c>).</summary>
public sealed class VirtualArea
{
    private readonly PageAllocator _pages;
    private readonly PageTable _table;
    private readonly VirtAddr _start;
    private readonly VirtAddr _end;
    private SpinLock _lock;                                                // the list and _next
    private IntrusiveList<VirtualBuffer, VirtualBuffer.InArea> _buffers;   // ascending
    private VirtAddr _next;                                                // behind the last one handed out

    /// <summary>An area in an unused part of the kernel's address space.</summary>
    public VirtualArea(PageAllocator pages, PageTable table, VirtAddr start, VirtAddr end)
    {
        Bug.On(end < start);
        _pages = pages;
        _table = table;
        _start = start;
        _end = end;
        _next = start;
    }

    /// <summary>Takes a buffer of zero bytes.</summary>
    /// <param name="lengthBytes">More than 0.</param>
    /// <param name="buffer">The buffer.</param>
    /// <returns>False if there is no memory.</returns>
    /// <remarks>Context: thread. IRQs: on.</remarks>
    public bool TryAllocate(int lengthBytes, out VirtualBuffer buffer)
    {
        Bug.On(lengthBytes <= 0);
        if (!Kmem.TryNew(out buffer))
            return false;

        buffer.Length = lengthBytes;
        if (!TryPlace(buffer))
        {
            Kmem.Free(buffer);
            return false;
        }

        if (TryMap(buffer))
            return true;
        Free(buffer);
        return false;
    }

    /// <summary>Gives a buffer back.</summary>
    /// <remarks>Context: thread. IRQs: on. No span of it may be used any more.</remarks>
    public void Free(VirtualBuffer buffer)
    {
        PageChain unmapped = default;
        using (_table.KernelLock.Lock())
        {
            VirtAddr at = buffer.Start;
            while (_table.TryFindMapped(at, buffer.End, out PageMapping mapping))
            {
                _ = _table.TryUnmap(mapping.Address, out _); // found a moment ago, under the lock
                unmapped.Add(_pages, mapping.Frame);
                at = mapping.Address + Limits.PageSizeBytes;
            }
        }

        // The range stays taken until no processor remembers it.
        KernelTlb.FlushRange(buffer.Start, buffer.End - buffer.Start);
        unmapped.FreeAll(_pages);
        using (_lock.Lock())
            _buffers.Remove(buffer);
        Kmem.Free(buffer);
    }

    private bool TryPlace(VirtualBuffer buffer)
    {
        using SpinLock.Guard guard = _lock.Lock();
        if (!TryPlaceFrom(_next, buffer) && !TryPlaceFrom(_start, buffer))
            return false;
        _next = buffer.End;
        return true;
    }

    // First fit at or above an address.
    private bool TryPlaceFrom(VirtAddr from, VirtualBuffer buffer)
    {
        buffer.Start = from;
        VirtualBuffer? next = _buffers.First;
        while (next is not null && (next.End <= buffer.Start || next.Start < buffer.End))
        {
            if (next.End > buffer.Start)
                buffer.Start = next.End;
            next = _buffers.Next(next);
        }

        if (buffer.End > _end)
            return false;
        if (next is null)
            _buffers.AddLast(buffer);
        else
            _buffers.AddBefore(next, buffer);
        return true;
    }

    private bool TryMap(VirtualBuffer buffer)
    {
        for (VirtAddr at = buffer.Start; at < buffer.Start + (ulong)buffer.Length; at += Limits.PageSizeBytes)
        {
            if (!_pages.TryAllocate(AllocationFlags.Zero, out Pfn page))
                return false;
            using SpinLock.Guard guard = _table.KernelLock.Lock();
            if (!_table.TryMap(at, page.Address, 0, PageProtection.Write | PageProtection.Global))
            {
                _pages.Free(page);
                return false;
            }
        }

        return true;
    }
}
