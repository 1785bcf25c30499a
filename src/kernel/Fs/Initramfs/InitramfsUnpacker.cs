// Makes the files that an archive's members describe.
//
// A member that cannot be made (its directory is missing, say) is reported by name and left out, and the work goes on, as in
// Linux, which is silent about it. What ends the work is a fault of the archive itself, or memory that runs out: a part of it
// is kept free, so that an archive that unpacks to more than there is does not take the machine with it.
using System;
using Commence.Abi;
using Commence.Firmware.Cpio;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>Receives members and makes files of them.</summary>
/// <remarks>Call <see cref="Finish"/> at the end, whatever came before.</remarks>
internal struct InitramfsUnpacker : ICpioSink
{
    private const int ReportCountMax = 8;
    private const int KeptFreeShare = 16;         // of all memory: one part in so many
    private const int PagesBetweenChecks = 64;

    private HardLinks _links;
    private DirectoryTimes _directoryTimes;
    private Path _file;                           // the regular file whose contents come now; no place: they are skipped
    private long _position;
    private Timespec _time;
    private int _pagesToCheck;

    /// <summary>Members that could not be made.</summary>
    public int FailureCount { get; private set; }

    /// <summary>There was no memory for all of it.</summary>
    public bool IsOutOfMemory { get; private set; }

    /// <inheritdoc/>
    public bool BeginMember(in CpioHeader header, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        _time = new Timespec { Seconds = header.ModificationTime };
        Errno error = header.Type switch
        {
            CpioFileType.Regular => BeginFile(in header, name),
            CpioFileType.Directory => MakeDirectory(in header, name),
            CpioFileType.SymbolicLink => MakeLink(in header, name, target),
            CpioFileType.CharacterDevice or CpioFileType.BlockDevice or CpioFileType.Fifo or CpioFileType.Socket => MakeNode(in header, name),
            _ => Errno.EINVAL,
        };
        return error == Errno.None || Report(name, error);
    }

    /// <inheritdoc/>
    public bool Write(ReadOnlySpan<byte> data)
    {
        PageCache? pages = _file.IsNull ? null : _file.Inode.Pages;
        while (pages is not null && !data.IsEmpty)
        {
            if (!HasMemory() || !pages.TryGetOrAdd((ulong)_position >> Limits.PageShift, out Pfn page))
            {
                IsOutOfMemory = true;
                return false;
            }

            Span<byte> room = DirectMap.Span(page)[(int)(_position & (Limits.PageSizeBytes - 1))..];
            int count = Math.Min(room.Length, data.Length);
            data[..count].CopyTo(room);
            KernelMemory.Pages.Put(page);
            _position += count;
            data = data[count..];
        }

        return true;
    }

    /// <inheritdoc/>
    public bool EndMember()
    {
        EndFile();
        return true;
    }

    /// <inheritdoc/>
    public bool EndArchive()
    {
        _links.Clear(); // inode numbers of the next archive mean other files
        return true;
    }

    /// <summary>Ends the work: gives up what is held, and sets the times of directories.</summary>
    public void Finish()
    {
        EndFile();
        _links.Clear();
        _directoryTimes.Apply();
    }

    private Errno BeginFile(in CpioHeader header, ReadOnlySpan<byte> name)
    {
        bool isNewName = header.LinkCount > 1 && _links.TryFind(in header, out _);
        Errno error = isNewName ? LinkEarlier(in header, name) : Make(in header, name);
        if (error != Errno.None)
            return error;

        Result<Path> found = Find(in header, name);
        if (!found.IsOk)
            return found.Error;

        // Of several names of a file, often only the last member brings the contents: an empty one does not take them away.
        _file = found.Value;
        _position = 0;
        if (!isNewName || header.FileSize != 0)
            error = Resize(_file.Inode, header.FileSize);
        if (error == Errno.None)
            error = SetOwner(in header, _file.Inode);
        if (error == Errno.None && header.LinkCount > 1 && !isNewName && !_links.TryAdd(in header, _file))
            error = Errno.ENOMEM;
        return error;
    }

    // The size is there before the contents. What was there before goes first.
    private static Errno Resize(Inode file, uint size)
    {
        Errno error = file.Truncate(0);
        return error == Errno.None && size != 0 ? file.Truncate(size) : error;
    }

    private void EndFile()
    {
        if (_file.IsNull)
            return;

        _file.Inode.SetTimes(in _time, hasAccess: true, in _time, hasModification: true);
        _file.Put();
        _file = default;
    }

    private readonly Errno LinkEarlier(in CpioHeader header, ReadOnlySpan<byte> name)
    {
        if (!_links.TryFind(in header, out Path earlier))
            return Errno.ENOENT;

        MakeWay(name, keptType: 0);
        return Vfs.Link(RootFs.View, earlier, default, name);
    }

    private Errno MakeDirectory(in CpioHeader header, ReadOnlySpan<byte> name)
    {
        Errno error = Make(in header, name);
        Result<Path> found = error == Errno.None ? Find(in header, name) : error;
        if (!found.IsOk)
            return found.Error;

        error = SetOwner(in header, found.Value.Inode);
        if (error == Errno.None && !_directoryTimes.TryAdd(found.Value.Inode, in _time))
            error = Errno.ENOMEM;
        found.Value.Put();
        return error;
    }

    private readonly Errno MakeNode(in CpioHeader header, ReadOnlySpan<byte> name)
    {
        bool isNewName = header.LinkCount > 1 && _links.TryFind(in header, out _);
        Errno error = isNewName ? LinkEarlier(in header, name) : Make(in header, name);
        return error == Errno.None ? Complete(in header, name) : error;
    }

    private readonly Errno MakeLink(in CpioHeader header, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        MakeWay(name, keptType: 0);
        Errno error = Vfs.MakeLink(RootFs.View, target, default, name);
        return error == Errno.None ? Complete(in header, name) : error;
    }

    // Makes the file, unless one of its kind is there.
    private static Errno Make(in CpioHeader header, ReadOnlySpan<byte> name)
    {
        MakeWay(name, keptType: (uint)header.Type);
        DeviceNumber device = new(header.SpecialMajor, header.SpecialMinor);
        Errno error = Vfs.MakeNode(RootFs.View, default, name, header.Mode, device);
        return error == Errno.EEXIST ? Errno.None : error;
    }

    // Owner and times of what has no contents.
    private readonly Errno Complete(in CpioHeader header, ReadOnlySpan<byte> name)
    {
        Result<Path> found = Find(in header, name);
        if (!found.IsOk)
            return found.Error;

        Errno error = SetOwner(in header, found.Value.Inode);
        found.Value.Inode.SetTimes(in _time, hasAccess: true, in _time, hasModification: true);
        found.Value.Put();
        return error;
    }

    private static Result<Path> Find(in CpioHeader header, ReadOnlySpan<byte> name)
    {
        Result<Path> found = Vfs.Resolve(RootFs.View, default, name, WalkFlags.None);
        if (!found.IsOk || found.Value.Inode.Type == (uint)header.Type)
            return found;

        found.Value.Put();
        return Errno.EEXIST; // something else is in the way and could not be removed
    }

    private static Errno SetOwner(in CpioHeader header, Inode file)
    {
        Errno error = file.ChangeOwner(header.Uid, header.Gid);
        return error != Errno.None || file.IsSymbolicLink ? error : file.ChangeMode(header.Permissions);
    }

    // Removes what has the name already, but for a file of the type that is kept. What cannot be removed shows up later, when
    // the new file cannot be made.
    private static void MakeWay(ReadOnlySpan<byte> name, uint keptType)
    {
        Result<Path> found = Vfs.Resolve(RootFs.View, default, name, WalkFlags.None);
        if (!found.IsOk)
            return;

        Inode file = found.Value.Inode;
        bool isDirectory = file.IsDirectory;
        bool isKept = file.Type == keptType;
        found.Value.Put();
        if (isKept)
            return;

        _ = isDirectory
            ? Vfs.RemoveDirectory(RootFs.View, default, name)
            : Vfs.Unlink(RootFs.View, default, name); // see above
    }

    private bool HasMemory()
    {
        if (_pagesToCheck-- > 0)
            return true;

        _pagesToCheck = PagesBetweenChecks;
        PageStatistics memory = KernelMemory.Pages.ReadStatistics();
        return memory.FreePages > (memory.ManagedPages / KeptFreeShare) + PagesBetweenChecks;
    }

    // Whether to go on.
    private bool Report(ReadOnlySpan<byte> name, Errno error)
    {
        _file.Put();
        _file = default;
        if (error is Errno.ENOMEM or Errno.ENOSPC)
        {
            IsOutOfMemory = true;
            return false;
        }

        if (FailureCount++ < ReportCountMax)
            Printk.Warning($"initramfs: cannot make {name}: {error.Name()}");
        return true;
    }
}
