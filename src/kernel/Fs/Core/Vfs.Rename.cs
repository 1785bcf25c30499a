// rename: the one operation on two directories at once.
//
// Lock order: RenameLock of the file system (only if the directories differ), then the directories, an ancestor before its
// descendant and otherwise by number, then the directory that is replaced.
using System;
using Commence.Abi;
using Commence.Sched;

namespace Commence.Fs;

public static partial class Vfs
{
    /// <summary>Moves a name.</summary>
    /// <remarks>Source: rename(2), renameat2(2).</remarks>
    public static Errno Rename(
        in FsView view, Path oldStart, ReadOnlySpan<byte> oldPath, Path newStart, ReadOnlySpan<byte> newPath, RenameFlags flags)
    {
        Errno error = view.Begin(oldStart, oldPath, WalkFlags.None, out PathWalk from);
        Errno newError = view.Begin(newStart, newPath, WalkFlags.None, out PathWalk to);
        if (error == Errno.None)
            error = newError;
        if (error == Errno.None)
            error = from.ToLast();
        if (error == Errno.None)
            error = to.ToLast();
        if (error == Errno.None)
            error = RenameLast(in from, in to, flags);
        to.Dispose();
        from.Dispose();
        return error;
    }

    private static Errno RenameLast(in PathWalk from, in PathWalk to, RenameFlags flags)
    {
        if (from.At.Mount != to.At.Mount)
            return Errno.EXDEV;
        if (from.LastKind != LastComponent.Name)
            return Errno.EBUSY;
        if (to.LastKind != LastComponent.Name)
            return (flags & RenameFlags.NoReplace) != 0 ? Errno.EEXIST : Errno.EBUSY;

        Errno error = CheckWritable(from.At.Mount);
        if (error != Errno.None)
            return error;

        Inode oldDirectory = from.At.Inode;
        Inode newDirectory = to.At.Inode;
        if (oldDirectory == newDirectory)
        {
            using Mutex.Guard guard = oldDirectory.Lock.Lock();
            return RenameLocked(in from, in to, flags);
        }

        FileSystem fileSystem = oldDirectory.FileSystem;
        using Mutex.Guard renaming = fileSystem.RenameLock.Lock();
        bool isOldFirst = fileSystem.Dentries.IsAncestor(from.At.Dentry, to.At.Dentry)
            || (!fileSystem.Dentries.IsAncestor(to.At.Dentry, from.At.Dentry) && oldDirectory.Number < newDirectory.Number);
        using Mutex.Guard first = (isOldFirst ? oldDirectory : newDirectory).Lock.Lock();
        using Mutex.Guard second = (isOldFirst ? newDirectory : oldDirectory).Lock.Lock();
        return RenameLocked(in from, in to, flags);
    }

    private static Errno RenameLocked(in PathWalk from, in PathWalk to, RenameFlags flags)
    {
        Result<Dentry> source = Directory.LookupLocked(from.At.Dentry, from.Last);
        if (!source.IsOk)
            return source.Error;

        Result<Dentry> target = Directory.LookupLocked(to.At.Dentry, to.Last);
        Errno error = target.IsOk || target.Error == Errno.ENOENT
            ? RenameFound(in from, source.Value, in to, target.IsOk ? target.Value : null, flags)
            : target.Error;
        if (target.IsOk)
            target.Value.Put();
        source.Value.Put();
        return error;
    }

    private static Errno RenameFound(in PathWalk from, Dentry source, in PathWalk to, Dentry? target, RenameFlags flags)
    {
        bool isExchange = (flags & RenameFlags.Exchange) != 0;
        Errno error = CheckRename(in from, source, in to, target, flags);
        if (error != Errno.None)
            return error;
        if (target is not null && target.Inode == source.Inode && !isExchange)
            return Errno.None; // two names of one file: nothing happens, POSIX.1-2017, rename()

        Errno nameError = FileName.TryMake(to.Last, out FileName newName);
        if (nameError != Errno.None)
            return nameError;

        error = target is not null && target.Inode.IsDirectory
            ? RenameOverDirectory(in from, source, in to, target.Inode, isExchange)
            : from.At.Inode.Rename(from.Last, source.Inode, to.At.Inode, to.Last, target?.Inode, isExchange);
        if (error != Errno.None || isExchange)
            newName.Free();
        if (error != Errno.None)
            return error;

        DentryCache dentries = source.Inode.FileSystem.Dentries;
        if (isExchange)
        {
            dentries.Exchange(source, target!);
            return Errno.None;
        }

        if (target is not null)
            dentries.Drop(target);
        dentries.Move(source, to.At.Dentry, newName);
        return Errno.None;
    }

    private static Errno RenameOverDirectory(in PathWalk from, Dentry source, in PathWalk to, Inode victim, bool isExchange)
    {
        using Mutex.Guard guard = victim.Lock.Lock(); // nothing is added to it meanwhile
        return from.At.Inode.Rename(from.Last, source.Inode, to.At.Inode, to.Last, victim, isExchange);
    }

    private static Errno CheckRename(in PathWalk from, Dentry source, in PathWalk to, Dentry? target, RenameFlags flags)
    {
        bool isExchange = (flags & RenameFlags.Exchange) != 0;
        if (target is not null && (flags & RenameFlags.NoReplace) != 0)
            return Errno.EEXIST;
        if (target is null && isExchange)
            return Errno.ENOENT;

        Errno error = Permission.CheckRemove(from.At.Inode, source.Inode, in from.Who);
        if (error == Errno.None)
            error = target is null ? CheckModifiable(to.At, in to.Who) : Permission.CheckRemove(to.At.Inode, target.Inode, in to.Who);
        if (error != Errno.None)
            return error;

        bool isDirectory = source.Inode.IsDirectory;
        if (!isDirectory && (from.HasTrailingSlash || to.HasTrailingSlash))
            return Errno.ENOTDIR;
        if (source.MountCount > 0 || (target is not null && target.MountCount > 0))
            return Errno.EBUSY;

        // A directory cannot be moved below itself, nor replace what lies above it.
        DentryCache dentries = source.Inode.FileSystem.Dentries;
        if (isDirectory && dentries.IsAncestor(source, to.At.Dentry))
            return Errno.EINVAL;
        if (target is not null && target.Inode.IsDirectory && dentries.IsAncestor(target, from.At.Dentry))
            return isExchange ? Errno.EINVAL : Errno.ENOTEMPTY;
        if (target is null || isExchange)
            return Errno.None;
        if (isDirectory && !target.Inode.IsDirectory)
            return Errno.ENOTDIR;
        return !isDirectory && target.Inode.IsDirectory ? Errno.EISDIR : Errno.None;
    }
}
