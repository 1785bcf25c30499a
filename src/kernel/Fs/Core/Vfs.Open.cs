// open, with all that O_CREAT means.
using System;
using Commence.Abi;
using Commence.Sched;

namespace Commence.Fs;

public static partial class Vfs
{
    /// <summary>Opens a file, and makes it before if O_CREAT says so.</summary>
    /// <param name="mode">Permission bits of a new file, before the mask is applied.</param>
    /// <returns>The open file with one use.</returns>
    /// <remarks>Source: open(2); POSIX.1-2017, open().</remarks>
    public static Result<File> Open(in FsView view, Path start, ReadOnlySpan<byte> path, OpenFlags flags, uint mode)
    {
        if ((flags & OpenFlags.O_PATH) != 0)
            flags &= OpenFlags.O_PATH | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC;
        if ((flags & OpenFlags.TemporaryFile) != 0)
        {
            start.Put();
            return Errno.EOPNOTSUPP;
        }

        Errno error = view.Begin(start, path, WalkFlags.None, out PathWalk walk);
        bool isNew = false;
        if (error == Errno.None)
            error = (flags & OpenFlags.O_CREAT) != 0 ? FindOrCreate(in view, ref walk, flags, mode, out isNew) : walk.Resolve(ToWalkFlags(flags));
        Result<File> opened = error == Errno.None ? OpenFound(in walk, flags, isNew) : error;
        walk.Dispose();
        return opened;
    }

    private static WalkFlags ToWalkFlags(OpenFlags flags) =>
        (flags & OpenFlags.O_NOFOLLOW) != 0 ? WalkFlags.None : WalkFlags.FollowLast;

    // Leaves the walk at the file, which may be new.
    private static Errno FindOrCreate(in FsView view, ref PathWalk walk, OpenFlags flags, uint mode, out bool isNew)
    {
        isNew = false;
        while (true)
        {
            Errno error = walk.ToLast();
            if (error != Errno.None)
                return error;
            if (walk.LastKind == LastComponent.None && !walk.At.Inode.IsDirectory)
                return Errno.None; // a link of /proc led straight to a file
            if (walk.LastKind != LastComponent.Name || walk.HasTrailingSlash)
                return Errno.EISDIR;

            error = FindOrCreateLast(in view, ref walk, flags, mode, out Dentry? entry, out isNew);
            if (error != Errno.None)
                return error;
            if (!entry!.Inode.IsSymbolicLink || (flags & OpenFlags.O_NOFOLLOW) != 0)
            {
                walk.Enter(entry);
                return Errno.None;
            }

            error = walk.Follow(entry);
            entry.Put();
            if (error != Errno.None)
                return error;
        }
    }

    private static Errno FindOrCreateLast(
        in FsView view, ref PathWalk walk, OpenFlags flags, uint mode, out Dentry? entry, out bool isNew)
    {
        entry = null;
        isNew = false;
        Path parent = walk.At;
        using Mutex.Guard guard = parent.Inode.Lock.Lock();
        Result<Dentry> found = Directory.LookupLocked(parent.Dentry, walk.Last);
        if (found.Error == Errno.ENOENT)
        {
            found = Create(in view, parent, walk.Last, FileMode.Regular | (mode & FileMode.PermissionMask), default);
            isNew = found.IsOk;
        }
        else if (found.IsOk && (flags & OpenFlags.O_EXCL) != 0)
        {
            found.Value.Put();
            return Errno.EEXIST;
        }

        if (!found.IsOk)
            return found.Error;
        entry = found.Value;
        return Errno.None;
    }

    private static Result<File> OpenFound(in PathWalk walk, OpenFlags flags, bool isNew)
    {
        Path path = walk.At;
        Inode inode = path.Inode;
        if ((flags & OpenFlags.O_DIRECTORY) != 0 && !inode.IsDirectory)
            return Errno.ENOTDIR;
        if ((flags & OpenFlags.O_PATH) != 0)
            return PathFile.Open(path, flags);

        Errno error = CheckOpen(path, flags, isNew, in walk.Who);
        if (error != Errno.None)
            return error;

        Result<File> opened = inode.Open(path, flags);
        if (!opened.IsOk || (flags & OpenFlags.O_TRUNC) == 0 || isNew || !inode.IsRegular)
            return opened;

        error = inode.Truncate(0);
        if (error == Errno.None)
            return opened;

        opened.Value.Put();
        return error;
    }

    private static Errno CheckOpen(Path path, OpenFlags flags, bool isNew, in Credentials who)
    {
        Inode inode = path.Inode;
        if (inode.IsSymbolicLink)
            return Errno.ELOOP;

        AccessModes wanted = ToAccess(flags);
        bool writes = (wanted & AccessModes.Write) != 0;
        if (inode.IsDirectory && (writes || (flags & OpenFlags.O_CREAT) != 0))
            return Errno.EISDIR;
        if (writes && (inode.IsRegular || inode.IsDirectory) && path.Mount.IsReadOnly)
            return Errno.EROFS;
        if ((flags & OpenFlags.O_NOATIME) != 0 && !Permission.IsOwner(inode, in who))
            return Errno.EPERM;
        return isNew ? Errno.None : Permission.Check(inode, in who, wanted);
    }

    private static AccessModes ToAccess(OpenFlags flags)
    {
        AccessModes access = (flags & OpenFlags.AccessMask) switch
        {
            OpenFlags.ReadOnly => AccessModes.Read,
            OpenFlags.WriteOnly => AccessModes.Write,
            _ => AccessModes.Read | AccessModes.Write,
        };
        return (flags & OpenFlags.O_TRUNC) != 0 ? access | AccessModes.Write : access;
    }
}
