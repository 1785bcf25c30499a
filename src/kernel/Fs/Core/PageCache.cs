// The pages of a file that lives in memory: what reads, writes and mappings share, so that all see the same bytes.
//
// | method                | takes _lock | context                                                  |
// |-----------------------|-------------|----------------------------------------------------------|
// | TryGet, GetOrAdd      | yes         | thread; also a page fault, so never an inode's Lock      |
// | Truncate              | yes         | thread, with the file's Lock                             |
//
// A page in the cache has one reference for the cache; TryGet and GetOrAdd add one for the caller, so that the page stays
// while bytes are copied although the file is truncated meanwhile.
using System.Threading;
using Commence.Locking;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>A file's pages (Linux: <c>struct address_space</c>).</summary>
public sealed class PageCache
{
    private SpinLock _lock;
    private PageTree _tree;

    private static long s_totalCount;      // Interlocked

    /// <summary>Pages of all files in memory.</summary>
    public static long TotalCount => Volatile.Read(ref s_totalCount);

    /// <summary>Pages in memory.</summary>
    public long Count => _tree.Count;

    /// <summary>Finds a page, and takes a reference for the caller.</summary>
    /// <returns>False if there is a hole.</returns>
    public bool TryGet(ulong index, out Pfn page)
    {
        using SpinLock.Guard guard = _lock.Lock();
        if (!_tree.TryFind(index, out page))
            return false;

        KernelMemory.Pages.Get(page);
        return true;
    }

    /// <summary>Finds a page or puts a page of zeros there, and takes a reference for the caller.</summary>
    /// <returns>False if there is no memory.</returns>
    public bool TryGetOrAdd(ulong index, out Pfn page)
    {
        if (TryGet(index, out page))
            return true;
        if (!KernelMemory.Pages.TryAllocate(AllocationFlags.Zero, out Pfn fresh))
            return false;

        bool isAdded;
        using (SpinLock.Guard guard = _lock.Lock())
        {
            // Another thread may have filled the hole meanwhile.
            if (_tree.TryFind(index, out page))
            {
                KernelMemory.Pages.Get(page);
                isAdded = false;
            }
            else
            {
                isAdded = _tree.TryAdd(index, fresh);
                page = isAdded ? fresh : default;
                if (isAdded)
                    KernelMemory.Pages.Get(fresh);
            }
        }

        if (isAdded)
            Interlocked.Increment(ref s_totalCount);
        else
            KernelMemory.Pages.Free(fresh);
        return page.Value != 0;
    }

    /// <summary>Takes out all pages from a page number on.</summary>
    /// <remarks>Mappings that still have one of them keep it; they see it until they are unmapped.</remarks>
    public void Truncate(ulong firstIndex)
    {
        while (TryRemoveFrom(firstIndex, out Pfn page))
        {
            Interlocked.Decrement(ref s_totalCount);
            KernelMemory.Pages.Put(page);
        }
    }

    /// <summary>Frees the cache with all its pages.</summary>
    public void Free()
    {
        Truncate(0);
        _tree.FreeNodes();
        Kmem.Free(this);
    }

    private bool TryRemoveFrom(ulong firstIndex, out Pfn page)
    {
        using SpinLock.Guard guard = _lock.Lock();
        return _tree.TryRemoveFrom(firstIndex, out page);
    }
}
