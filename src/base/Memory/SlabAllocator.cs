// All caches of a machine: those of a type, made when the type's first object is, and those of a size, for plain memory.
using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Locking;

namespace Commence.Memory;

/// <summary>The slab allocator (Linux: <c>kmem_cache_alloc</c>, <c>kmalloc</c>).</summary>
/// <remarks>A struct, since the kernel's instance exists before objects can. It must not move: keep it static.</remarks>
internal unsafe struct SlabAllocator
{
    /// <summary>Larger plain memory comes from the page allocator directly.</summary>
    internal const int SizedMax = 8192;

    private IrqSpinLock _lock;           // guards the list and the spare memory
    private PageAllocator? _pages;
    private nint _first;                 // KmemCache*, newest first; stored with release order; never removed
    private byte* _spare;                // rest of the page from which the next KmemCache is cut
    private int _spareBytes;
    private KmemCacheFlags _debug;
    private SizedCaches _sized;

    internal readonly bool IsReady => _pages != null;

    internal readonly PageAllocator Pages => _pages!;

    /// <summary>Starts it: typed caches can be made (Linux: <c>kmem_cache_init</c>).</summary>
    /// <param name="pages">Where slabs come from.</param>
    /// <param name="debug">Poison, red zones, or none: for all caches made from now on.</param>
    /// <remarks>Context: early boot, once.</remarks>
    internal void Initialise(PageAllocator pages, KmemCacheFlags debug)
    {
        Bug.On(_pages != null);
        _pages = pages;
        _debug = debug & (KmemCacheFlags.Poison | KmemCacheFlags.RedZone);
    }

    /// <summary>Makes the caches of plain memory by size (Linux: <c>kmem_cache_sizes_init</c>).</summary>
    /// <returns>False if there is no memory.</returns>
    /// <remarks>Context: early boot, once.</remarks>
    internal bool TryMakeSizes()
    {
        Bug.On(_sized[0] != 0);
        for (int i = 0; i < Sizes.Length; i++)
        {
            if (!TryCreate(NameOf(i), Sizes[i], KmemCacheFlags.Reclaimable, 0, out KmemCache* cache))
                return false;
            _sized[i] = (nint)cache;
        }

        return true;
    }

    /// <summary>The cache of a type, made now if this is the type's first object.</summary>
    /// <param name="slot">The type's word for its cache.</param>
    /// <param name="type">The method table, to name the cache by.</param>
    /// <param name="objectSize">Bytes of an object.</param>
    /// <returns>Null if there is no memory for a cache.</returns>
    /// <remarks>Context: any.</remarks>
    internal KmemCache* GetTyped(ref nint slot, nint type, uint objectSize)
    {
        nint known = Volatile.Read(ref slot);
        return known != 0 ? (KmemCache*)known : MakeTyped(ref slot, type, objectSize);
    }

    /// <summary>Takes plain memory of up to <see cref="SizedMax"/> bytes, all zero.</summary>
    internal readonly byte* AllocateSized(int sizeBytes)
    {
        Bug.On((uint)sizeBytes > SizedMax);
        return ((KmemCache*)_sized[ClassOf(sizeBytes)])->Allocate(_pages!, AllocationFlags.None);
    }

    /// <summary>Gives an object or plain memory back to the cache it came from.</summary>
    /// <remarks>Fails: panics if nothing that this allocator handed out begins there.</remarks>
    internal readonly void Free(byte* address)
    {
        Pfn page = DirectMap.ToPhysical(address).Frame;
        ref PageDescriptor descriptor = ref _pages!.Descriptor(page);
        if (descriptor.Kind == PageKind.SlabTail)
        {
            page = new Pfn(page.Value & ~((1ul << descriptor.Order) - 1));
            descriptor = ref _pages.Descriptor(page);
        }

        if (descriptor.Kind != PageKind.Slab)
            MemoryFault.BadObject((ulong)address, default);
        ((KmemCache*)descriptor.Word0)->Free(_pages, page, address);
    }

    /// <summary>Reads the statistics of a cache, counted from the newest.</summary>
    internal readonly bool TryReadInfo(int index, out KmemCacheInfo info)
    {
        // No lock: a cache is complete before it is linked, and its link never changes.
        KmemCache* cache = (KmemCache*)Volatile.Read(in _first);
        while (cache != null && index-- > 0)
            cache = cache->Next;
        info = cache != null ? cache->ReadInfo() : default;
        return cache != null;
    }

    internal bool TryCreate(ReadOnlySpan<byte> name, uint objectSize, KmemCacheFlags flags, nint type, out KmemCache* cache)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        return TryCreateLocked(name, objectSize, flags, type, out cache);
    }

    private KmemCache* MakeTyped(ref nint slot, nint type, uint objectSize)
    {
        // Two processors may make the first object of a type at once: the second finds the first's cache under the lock.
        using IrqSpinLock.Guard guard = _lock.Lock();
        if (slot != 0)
            return (KmemCache*)slot;
        if (!TryCreateLocked("object"u8, objectSize, KmemCacheFlags.None, type, out KmemCache* cache))
            return null;
        Volatile.Write(ref slot, (nint)cache); // release: whoever sees the cache sees it complete
        return cache;
    }

    private bool TryCreateLocked(ReadOnlySpan<byte> name, uint objectSize, KmemCacheFlags flags, nint type, out KmemCache* cache)
    {
        cache = null;
        if (_spareBytes < sizeof(KmemCache))
        {
            if (!_pages!.TryAllocate(AllocationFlags.Zero | AllocationFlags.Reserve, out Pfn page))
                return false;
            _spare = DirectMap.Pointer(page.Address);
            _spareBytes = Limits.PageSizeBytes;
        }

        // SAFETY: the page is zero, which is an unlocked, empty cache, and its rest is cut off for this one.
        cache = (KmemCache*)_spare;
        _spare += sizeof(KmemCache);
        _spareBytes -= sizeof(KmemCache);
        cache->Initialise(name, objectSize, flags | _debug);
        cache->Type = type;
        cache->Next = (KmemCache*)_first;
        Volatile.Write(ref _first, (nint)cache);
        return true;
    }

    private static ReadOnlySpan<ushort> Sizes => [32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, SizedMax];

    private static int ClassOf(int sizeBytes)
    {
        int index = 0;
        while (Sizes[index] < sizeBytes)
            index++;
        return index;
    }

    private static ReadOnlySpan<byte> NameOf(int index) => index switch
    {
        0 => "kmalloc-32"u8,
        1 => "kmalloc-64"u8,
        2 => "kmalloc-96"u8,
        3 => "kmalloc-128"u8,
        4 => "kmalloc-192"u8,
        5 => "kmalloc-256"u8,
        6 => "kmalloc-512"u8,
        7 => "kmalloc-1k"u8,
        8 => "kmalloc-2k"u8,
        9 => "kmalloc-4k"u8,
        _ => "kmalloc-8k"u8,
    };

    [InlineArray(11)]
    private struct SizedCaches
    {
        private nint _cache0;
    }
}
