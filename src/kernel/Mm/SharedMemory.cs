// Anonymous memory that several processes share: what mmap with MAP_SHARED and MAP_ANONYMOUS makes, and fork hands on.
using System.Threading;
using Commence.Fs;
using Commence.Locking;
using Commence.Memory;

namespace Commence.Mm;

/// <summary>An object of zeros until it is written (Linux: the files of <c>shmem_zero_setup</c>).</summary>
public sealed class SharedMemory : MemoryObject
{
    private PageAllocator _pages = null!;  // fixed, like _length
    private ulong _length;                 // in pages
    private int _references = 1;           // atomic
    private SpinLock _lock;                // the tree
    private PageTree _tree;

    /// <summary>Makes an object of a number of pages, none of which exists yet. The caller has a reference.</summary>
    /// <returns>False if there is no memory.</returns>
    public static bool TryCreate(PageAllocator pages, ulong pageCount, out SharedMemory created)
    {
        if (!Kmem.TryNew(out created))
            return false;
        created._pages = pages;
        created._length = pageCount;
        return true;
    }

    /// <inheritdoc/>
    public override void GetReference()
    {
        int references = Interlocked.Increment(ref _references);
        Bug.On(references <= 1);
    }

    /// <inheritdoc/>
    public override void PutReference()
    {
        int references = Interlocked.Decrement(ref _references);
        Bug.On(references < 0);
        if (references != 0)
            return;

        // Nobody else can reach it any more: no lock.
        while (_tree.TryRemoveFrom(0, out Pfn page))
            _ = _pages.Put(page); // a page in a batch of unmapped ones lives a little longer
        _tree.FreeNodes();
        Kmem.Free(this);
    }

    /// <inheritdoc/>
    public override Errno GetPage(ulong index, bool isWrite, out Pfn page)
    {
        if (index >= _length)
        {
            page = default;
            return Errno.ENXIO;
        }

        if (TryGetCachedPage(index, out page))
            return Errno.None;
        if (!_pages.TryAllocate(AllocationFlags.Zero, out Pfn fresh))
            return Errno.ENOMEM;
        if (TryEnter(index, fresh, out page))
            return Errno.None;
        _pages.Free(fresh);
        return page.Value == 0 ? Errno.ENOMEM : Errno.None;
    }

    /// <inheritdoc/>
    public override bool TryGetCachedPage(ulong index, out Pfn page)
    {
        using SpinLock.Guard guard = _lock.Lock();
        if (!_tree.TryFind(index, out page))
            return false;
        _pages.Get(page);
        return true;
    }

    /// <inheritdoc/>
    public override void FormatName(ref Lib.TextWriter text) => text.Append("/dev/zero (deleted)"u8);

    // False if another thread was faster (its page then) or there is no memory (page 0).
    private bool TryEnter(ulong index, Pfn fresh, out Pfn page)
    {
        using SpinLock.Guard guard = _lock.Lock();
        bool isThere = _tree.TryFind(index, out page);
        bool isEntered = !isThere && _tree.TryAdd(index, fresh);
        if (isEntered)
            page = fresh;
        if (isThere || isEntered)
            _pages.Get(page);
        else
            page = default;
        return isEntered;
    }
}
