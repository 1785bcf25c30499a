// A file as a source of pages for mappings.
using System.Threading;
using Commence.Lib;
using Commence.Memory;
using Commence.Mm;

namespace Commence.Fs;

/// <summary>Connects areas of address spaces with an open file.</summary>
/// <remarks>Page faults come in here with the address space locked, and perhaps with the file's own Lock held by the same thread
/// (a write from a mapping of the file that is written): so only the page cache's lock is taken.</remarks>
public sealed class FileMapping : MemoryObject
{
    private File _file = null!;
    private Inode _inode = null!;
    private PageCache _pages = null!;
    private int _references;

    /// <summary>Makes a source with one reference.</summary>
    /// <param name="file">The file, which the source takes a use of.</param>
    /// <returns>ENODEV if the file cannot be mapped; ENOMEM; none.</returns>
    public static Errno TryMake(File file, out FileMapping? mapping)
    {
        mapping = null;
        PageCache? pages = file.Pages;
        if (pages is null)
            return Errno.ENODEV;
        if (!Kmem.TryNew(out FileMapping made))
            return Errno.ENOMEM;

        file.Get();
        made._file = file;
        made._inode = file.Inode!;
        made._pages = pages;
        made._references = 1;
        mapping = made;
        return Errno.None;
    }

    /// <inheritdoc/>
    public override ulong Device => _inode.FileSystem.Device.Encoded;

    /// <inheritdoc/>
    public override ulong Inode => _inode.Number;

    /// <summary>The file, for its path. Valid as long as the source is.</summary>
    internal File File => _file;

    /// <inheritdoc/>
    public override void GetReference()
    {
        int count = Interlocked.Increment(ref _references);
        Bug.On(count <= 1);
    }

    /// <inheritdoc/>
    public override void PutReference()
    {
        int count = Interlocked.Decrement(ref _references);
        Bug.On(count < 0);
        if (count > 0)
            return;

        File file = _file;
        Kmem.Free(this);
        file.Put();
    }

    /// <inheritdoc/>
    public override Errno GetPage(ulong index, bool isWrite, out Pfn page)
    {
        page = default;
        if (IsBeyondEnd(index))
            return Errno.ENXIO;
        return _pages.TryGetOrAdd(index, out page) ? Errno.None : Errno.ENOMEM;
    }

    /// <inheritdoc/>
    public override bool TryGetCachedPage(ulong index, out Pfn page)
    {
        page = default;
        return !IsBeyondEnd(index) && _pages.TryGet(index, out page);
    }

    /// <inheritdoc/>
    public override void FormatName(ref TextWriter text)
    {
        if (!_file.Path.IsNull)
            PathText.Append(_file.Path, ref text);
    }

    private bool IsBeyondEnd(ulong index) => index >= ((ulong)_inode.Size + Limits.PageSizeBytes - 1) >> Limits.PageShift;
}
