// A cache of objects of one size. It takes pages from the page allocator and cuts them into slots: a slab.
//
//   slab, 2^order pages:   │ slot 0 │ slot 1 │ slot 2 │ … │ slot n−1 │ rest │      n ≤ 128
//   descriptor of its first page:   word 0: the cache    words 1, 2: a bit for each slot, set while it is free
//
// Nothing is kept in the slots themselves, so that a freed object keeps its method table and fields until the slot is used
// again: a reader that came too late reads old values of the same type. And each free is checked against its bit.
//
//   slab with free slots ◀──▶ full slab          in the list of slabs with free slots, or in no list
//           │  all free, and the cache is Reclaimable, and it has another such slab
//           ▼
//   pages given back
//
// | method          | takes |
// |-----------------|-------|
// | Allocate, Free  | _lock, and inside it the page allocator's |
using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using Commence.Locking;

namespace Commence.Memory;

/// <summary>What a cache does beside its work.</summary>
[Flags]
public enum KmemCacheFlags : byte
{
    None = 0,

    /// <summary>Pages may go back to the page allocator, and so to another type.</summary>
    /// <remarks>Not for objects that are read without a lock (RCU): a reader must never find memory of another type. Such
    /// caches keep their pages for ever, so that freeing needs a grace period only for the object's meaning, not for its type.</remarks>
    Reclaimable = 1,

    /// <summary>Freed slots are filled with a pattern, which is checked when they are used again (debugging).</summary>
    Poison = 2,

    /// <summary>Each slot has guard words on both sides, which are checked when it is freed (debugging).</summary>
    RedZone = 4,
}

/// <summary>A cache (Linux: <c>struct kmem_cache</c>). It never moves and is never freed.</summary>
internal unsafe struct KmemCache
{
    internal const int SlotsMax = 128;
    private const uint SlotAlignment = 16;
    private const uint RedZoneBytes = 16;
    private const ulong RedZoneWord = 0xBB11_22DD_BB11_22DD;
    private const byte PoisonByte = 0x6B;
    private const int OrderWanted = 3;   // larger slabs only for objects that need them
    private const int SlotsWanted = 8;

    private IrqSpinLock _lock;
    private uint _partialHead;           // page frame number of the first slab with free slots; 0: none
    private uint _emptySlabs;
    private ulong _activeObjects;
    private ulong _slabs;
    private ulong _allocations;

    // Written once.
    private uint _objectSize;
    private uint _stride;
    private uint _offset;                // of the object in its slot: behind the guard words
    private uint _reciprocal;            // ⌈2^32 / stride⌉: (offset × reciprocal) >> 32 is offset / stride below 2^16 × stride
    private ushort _slots;
    private byte _order;
    private KmemCacheFlags _flags;
    private CacheName _name;

    internal KmemCache* Next;            // written under the slab allocator's lock, then constant
    internal nint Type;                  // method table of a typed cache; 0: plain memory

    internal readonly uint ObjectSize => _objectSize;

    internal readonly KmemCacheFlags Flags => _flags;

    internal void Initialise(ReadOnlySpan<byte> name, uint objectSize, KmemCacheFlags flags)
    {
        _objectSize = objectSize;
        _flags = flags;
        SetName(name);
        _offset = (flags & KmemCacheFlags.RedZone) != 0 ? RedZoneBytes : 0;
        _stride = ((_objectSize + (2 * _offset)) + SlotAlignment - 1) & ~(SlotAlignment - 1);
        _stride = Math.Max(_stride, Limits.PageSizeBytes / SlotsMax);
        _reciprocal = (uint)(((1ul << 32) + _stride - 1) / _stride);
        _order = ChooseOrder(_stride);
        _slots = (ushort)Math.Min(SlotsMax, (Limits.PageSizeBytes << _order) / (int)_stride);
        Bug.On(_slots == 0);
    }

    internal void SetName(ReadOnlySpan<byte> name)
    {
        Span<byte> kept = _name;
        name = name.Length <= kept.Length ? name : name[..kept.Length];
        name.CopyTo(kept);
        kept[name.Length..].Clear();
    }

    /// <summary>Takes a slot and clears its object.</summary>
    /// <returns>Null if there is no memory.</returns>
    /// <remarks>Context: any.</remarks>
    internal byte* Allocate(PageAllocator pages, AllocationFlags flags)
    {
        byte* found;
        using (IrqSpinLock.Guard guard = _lock.Lock())
        {
            if (_partialHead == 0 && !TryGrow(pages, flags))
                return null;
            found = TakeSlot(pages);
        }

        if ((_flags & (KmemCacheFlags.Poison | KmemCacheFlags.RedZone)) != 0)
            CheckUnused(found);
        // SAFETY: the slot is ours alone from now on, and `found` has room for the object.
        new Span<byte>(found, (int)_objectSize).Clear();
        return found;
    }

    /// <summary>Gives a slot back.</summary>
    /// <param name="pages">Where the cache has its pages from.</param>
    /// <param name="slab">First page of the slab that <paramref name="address"/> lies in.</param>
    /// <param name="address">What <see cref="Allocate"/> returned.</param>
    /// <remarks>Context: any. Fails: panics if it is free already or no object begins there.</remarks>
    internal void Free(PageAllocator pages, Pfn slab, byte* address)
    {
        ulong within = (ulong)(address - DirectMap.Pointer(slab.Address));
        uint slot = (uint)((within * _reciprocal) >> 32);
        if (slot >= _slots || within != ((ulong)slot * _stride) + _offset)
            MemoryFault.BadObject((ulong)address, _name);
        if ((_flags & (KmemCacheFlags.Poison | KmemCacheFlags.RedZone)) != 0)
            Spoil(address);

        using IrqSpinLock.Guard guard = _lock.Lock();
        ref PageDescriptor page = ref pages.Descriptor(slab);
        ref ulong bits = ref slot < 64 ? ref page.Word1 : ref page.Word2;
        ulong bit = 1ul << (int)(slot & 63);
        if ((bits & bit) != 0)
            MemoryFault.DoubleFree((ulong)address, _name);

        bool wasFull = page.Word1 == 0 && page.Word2 == 0;
        bits |= bit;
        _activeObjects--;
        if (wasFull)
            Link(pages, slab, ref page);
        if (BitOperations.PopCount(page.Word1) + BitOperations.PopCount(page.Word2) == _slots)
            OnEmpty(pages, slab, ref page);
    }

    internal KmemCacheInfo ReadInfo()
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        return new KmemCacheInfo
        {
            Name = _name,
            ObjectSize = _objectSize,
            ActiveObjects = _activeObjects,
            TotalObjects = _slabs * _slots,
            ObjectsPerSlab = _slots,
            PagesPerSlab = 1u << _order,
            Slabs = _slabs,
            Allocations = _allocations,
        };
    }

    // The smallest slab that has enough slots and loses little at its end; else the one that loses least.
    private static byte ChooseOrder(uint stride)
    {
        int best = Math.Max(0, BitOperations.Log2((stride * 2) - 1) - Limits.PageShift);
        Bug.On(best > PageAllocator.OrderMax);
        uint bestLoss = uint.MaxValue;
        for (int order = best; order <= OrderWanted; order++)
        {
            uint bytes = (uint)Limits.PageSizeBytes << order;
            uint slots = Math.Min(SlotsMax, bytes / stride);
            uint loss = (uint)((ulong)(bytes - (slots * stride)) * 1024 / bytes);
            if (slots >= SlotsWanted && loss <= 1024 / 16)
                return (byte)order;
            if (loss < bestLoss)
            {
                best = order;
                bestLoss = loss;
            }
        }

        return (byte)best;
    }

    private bool TryGrow(PageAllocator pages, AllocationFlags flags)
    {
        if (!pages.TryAllocate(_order, flags & ~AllocationFlags.Zero, out Pfn slab))
            return false;

        ref PageDescriptor page = ref pages.Descriptor(slab);
        pages.MarkSlab(slab, _order);
        // SAFETY: caches never move; the descriptor is this cache's as long as the slab lives.
        page.Word0 = (ulong)Unsafe.AsPointer(ref this);
        page.Word1 = _slots >= 64 ? ulong.MaxValue : (1ul << _slots) - 1;
        page.Word2 = _slots >= 128 ? ulong.MaxValue : _slots > 64 ? (1ul << (_slots - 64)) - 1 : 0;
        if ((_flags & (KmemCacheFlags.Poison | KmemCacheFlags.RedZone)) != 0)
        {
            for (uint slot = 0; slot < _slots; slot++)
                Prepare(DirectMap.Pointer(slab.Address) + (slot * _stride) + _offset);
        }

        _slabs++;
        _emptySlabs++;
        Link(pages, slab, ref page);
        return true;
    }

    private byte* TakeSlot(PageAllocator pages)
    {
        Pfn slab = new(_partialHead);
        ref PageDescriptor page = ref pages.Descriptor(slab);
        if (BitOperations.PopCount(page.Word1) + BitOperations.PopCount(page.Word2) == _slots)
            _emptySlabs--;

        uint slot;
        if (page.Word1 != 0)
        {
            slot = (uint)BitOperations.TrailingZeroCount(page.Word1);
            page.Word1 &= page.Word1 - 1;
        }
        else
        {
            slot = 64 + (uint)BitOperations.TrailingZeroCount(page.Word2);
            page.Word2 &= page.Word2 - 1;
        }

        if (page.Word1 == 0 && page.Word2 == 0)
            Unlink(pages, slab, ref page);
        _activeObjects++;
        _allocations++;
        return DirectMap.Pointer(slab.Address) + (slot * _stride) + _offset;
    }

    private void OnEmpty(PageAllocator pages, Pfn slab, ref PageDescriptor page)
    {
        if ((_flags & KmemCacheFlags.Reclaimable) == 0 || _emptySlabs == 0)
        {
            _emptySlabs++;
            return;
        }

        Unlink(pages, slab, ref page);
        _slabs--;
        pages.Free(slab);
    }

    private void Link(PageAllocator pages, Pfn slab, ref PageDescriptor page)
    {
        page.Next = _partialHead;
        page.Previous = 0;
        if (_partialHead != 0)
            pages.Descriptor(new Pfn(_partialHead)).Previous = (uint)slab.Value;
        _partialHead = (uint)slab.Value;
    }

    private void Unlink(PageAllocator pages, Pfn slab, ref PageDescriptor page)
    {
        if (page.Previous != 0)
            pages.Descriptor(new Pfn(page.Previous)).Next = page.Next;
        else
            _partialHead = page.Next;
        if (page.Next != 0)
            pages.Descriptor(new Pfn(page.Next)).Previous = page.Previous;
        _ = slab; // its number is its place in the list, which it leaves
        page.Next = 0;
        page.Previous = 0;
    }

    // Debugging: a new slot looks like a freed one.
    private readonly void Prepare(byte* address)
    {
        SetGuards(address);
        if ((_flags & KmemCacheFlags.Poison) != 0)
            new Span<byte>(address, (int)_objectSize).Fill(PoisonByte);
    }

    private readonly void SetGuards(byte* address)
    {
        if ((_flags & KmemCacheFlags.RedZone) == 0)
            return;
        new Span<ulong>(address - RedZoneBytes, (int)RedZoneBytes / sizeof(ulong)).Fill(RedZoneWord);
        *(ulong*)(address + ((_objectSize + 7) & ~7u)) = RedZoneWord;
    }

    private readonly void Spoil(byte* address)
    {
        CheckGuards(address);
        if ((_flags & KmemCacheFlags.Poison) == 0)
            return;
        // A word that no address has: a call through the method table of a freed object faults.
        new Span<byte>(address, (int)_objectSize).Fill(PoisonByte);
    }

    private readonly void CheckGuards(byte* address)
    {
        if ((_flags & KmemCacheFlags.RedZone) == 0)
            return;
        foreach (ulong word in new ReadOnlySpan<ulong>(address - RedZoneBytes, (int)RedZoneBytes / sizeof(ulong)))
        {
            if (word != RedZoneWord)
                MemoryFault.Overrun((ulong)address, _name);
        }

        if (*(ulong*)(address + ((_objectSize + 7) & ~7u)) != RedZoneWord)
            MemoryFault.Overrun((ulong)address, _name);
    }

    private readonly void CheckUnused(byte* address)
    {
        CheckGuards(address);
        if ((_flags & KmemCacheFlags.Poison) == 0)
            return;
        foreach (byte value in new ReadOnlySpan<byte>(address, (int)_objectSize))
        {
            if (value != PoisonByte)
                MemoryFault.UsedAfterFree((ulong)address, _name);
        }
    }
}

/// <summary>A cache's name, cut to 24 bytes and padded with zero bytes.</summary>
[InlineArray(24)]
public struct CacheName
{
    private byte _byte0;

    /// <summary>The name without its padding.</summary>
    public static ReadOnlySpan<byte> Text(in CacheName name)
    {
        ReadOnlySpan<byte> all = name;
        int end = all.IndexOf((byte)0);
        return end < 0 ? all : all[..end];
    }
}

/// <summary>A cache at one moment, for <c>/proc/slabinfo</c>.</summary>
public struct KmemCacheInfo
{
    public CacheName Name;
    public uint ObjectSize;
    public ulong ActiveObjects;
    public ulong TotalObjects;
    public uint ObjectsPerSlab;
    public uint PagesPerSlab;
    public ulong Slabs;

    /// <summary>Objects handed out since boot.</summary>
    public ulong Allocations;
}
