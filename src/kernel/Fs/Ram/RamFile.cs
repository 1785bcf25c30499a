// A regular file in memory.
using System;
using Commence.Abi;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>A regular file whose contents are its page cache.</summary>
public sealed class RamFile : Inode
{
    private PageCache _pages = null!;

    /// <inheritdoc/>
    public override PageCache Pages => _pages;

    /// <inheritdoc/>
    public override long Blocks => _pages.Count * (Limits.PageSizeBytes / 512);

    /// <summary>Makes an empty file with one use.</summary>
    /// <returns>Null if there is no memory.</returns>
    internal static RamFile? TryMake(FileSystem fileSystem, uint mode, in Credentials owner)
    {
        if (!Kmem.TryNew(out RamFile file))
            return null;
        if (!Kmem.TryNew(out file._pages))
        {
            Kmem.Free(file);
            return null;
        }

        file.Initialise(fileSystem, fileSystem.NextInodeNumber(), mode, owner.FileUserId, owner.FileGroupId, default);
        return file;
    }

    /// <summary>Counts a name more or less.</summary>
    internal void AddLinks(int difference) => ChangeLinkCount(difference);

    /// <inheritdoc/>
    public override Result<long> ReadAt(ref IoBuffer destination, ref long position)
    {
        long moved = 0;
        while (destination.Remaining > 0 && !destination.HasFaulted)
        {
            long left = Size - position;
            if (left <= 0)
                break;

            int offset = (int)(position & (Limits.PageSizeBytes - 1));
            int length = (int)Math.Min(Limits.PageSizeBytes - offset, left);
            long count = ReadPage(ref destination, (ulong)position >> Limits.PageShift, offset, length);
            position += count;
            moved += count;
        }

        if (moved > 0)
            TouchAccessed();
        return moved == 0 && destination.HasFaulted ? Errno.EFAULT : moved;
    }

    /// <inheritdoc/>
    public override Result<long> WriteAt(ref IoBuffer source, ref long position, bool isAppend)
    {
        using Mutex.Guard guard = Lock.Lock();
        if (isAppend)
            position = Size;
        if (position > long.MaxValue - source.Remaining)
            return Errno.EFBIG;

        long moved = 0;
        Errno error = Errno.None;
        while (source.Remaining > 0 && error == Errno.None)
        {
            error = WritePage(ref source, position, out int count);
            position += count;
            moved += count;
            if (position > Size)
                Size = position;
        }

        if (moved > 0)
            TouchModified();
        return moved > 0 || error == Errno.None ? moved : error;
    }

    /// <inheritdoc/>
    public override Errno Truncate(long size)
    {
        using Mutex.Guard guard = Lock.Lock();
        if (size < Size)
        {
            // Smaller first: readers stop at the new end before the pages go.
            Size = size;
            _pages.Truncate(((ulong)size + Limits.PageSizeBytes - 1) >> Limits.PageShift);
            ClearTail(size);
        }

        Size = size;
        TouchModified();
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno Allocate(long position, long length)
    {
        using Mutex.Guard guard = Lock.Lock();
        ulong end = ((ulong)(position + length) + Limits.PageSizeBytes - 1) >> Limits.PageShift;
        for (ulong i = (ulong)position >> Limits.PageShift; i < end; i++)
        {
            if (!_pages.TryGetOrAdd(i, out Pfn page))
                return Errno.ENOSPC;
            KernelMemory.Pages.Put(page);
        }

        if (position + length > Size)
            Size = position + length;
        return Errno.None;
    }

    /// <inheritdoc/>
    protected override void Free()
    {
        _pages.Free();
        Kmem.Free(this);
    }

    private long ReadPage(ref IoBuffer destination, ulong index, int offset, int length)
    {
        if (!_pages.TryGet(index, out Pfn page))
            return destination.PutZeros(length);

        int count = destination.Put(DirectMap.Span(page).Slice(offset, length));
        KernelMemory.Pages.Put(page);
        return count;
    }

    private Errno WritePage(ref IoBuffer source, long position, out int count)
    {
        count = 0;
        if (!_pages.TryGetOrAdd((ulong)position >> Limits.PageShift, out Pfn page))
            return Errno.ENOSPC;

        count = source.Take(DirectMap.Span(page)[(int)(position & (Limits.PageSizeBytes - 1))..]);
        KernelMemory.Pages.Put(page);
        return source.HasFaulted ? Errno.EFAULT : Errno.None;
    }

    // What was cut off must read as zeros when the file grows again.
    private void ClearTail(long size)
    {
        int offset = (int)(size & (Limits.PageSizeBytes - 1));
        if (offset == 0 || !_pages.TryGet((ulong)size >> Limits.PageShift, out Pfn page))
            return;

        DirectMap.Span(page)[offset..].Clear();
        KernelMemory.Pages.Put(page);
    }
}
