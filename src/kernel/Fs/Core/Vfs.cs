// What programs do with names of files: open, make, remove, rename. The layer between system calls and file systems.
//
// Each takes a place to start from (whose use it takes over; no place means the current directory) and a path.
// Locks: see Inode. Sleeps: all of it may.
using System;
using Commence.Abi;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>Operations on the tree of files (Linux: fs/namei.c).</summary>
public static partial class Vfs
{
    /// <summary>Finds the file that a path names.</summary>
    /// <returns>The place, with a use for the caller.</returns>
    public static Result<Path> Resolve(in FsView view, Path start, ReadOnlySpan<byte> path, WalkFlags flags)
    {
        Errno error = view.Begin(start, path, flags, out PathWalk walk);
        if (error == Errno.None)
            error = walk.Resolve(flags);
        Result<Path> found = error == Errno.None ? walk.At.Get() : error;
        walk.Dispose();
        return found;
    }

    /// <summary>Makes a file that is no symbolic link: mknod, mkdir.</summary>
    /// <param name="mode">Type and permission bits, before the mask is applied.</param>
    public static Errno MakeNode(in FsView view, Path start, ReadOnlySpan<byte> path, uint mode, DeviceNumber device)
    {
        bool isDirectory = (mode & FileMode.TypeMask) == FileMode.Directory;
        Errno error = view.Begin(start, path, WalkFlags.None, out PathWalk walk);
        if (error == Errno.None)
            error = walk.ToLast();
        if (error == Errno.None)
            error = MakeLast(in view, ref walk, mode, device, mayHaveSlash: isDirectory);
        walk.Dispose();
        return error;
    }

    /// <summary>Makes a symbolic link.</summary>
    public static Errno MakeLink(in FsView view, ReadOnlySpan<byte> target, Path start, ReadOnlySpan<byte> path)
    {
        if (target.IsEmpty)
        {
            start.Put();
            return Errno.ENOENT;
        }

        Errno error = view.Begin(start, path, WalkFlags.None, out PathWalk walk);
        if (error == Errno.None)
            error = walk.ToLast();
        if (error == Errno.None)
            error = MakeLastLink(in walk, target);
        walk.Dispose();
        return error;
    }

    /// <summary>Gives a file another name: link.</summary>
    /// <param name="file">The file; the caller keeps its use.</param>
    public static Errno Link(in FsView view, Path file, Path start, ReadOnlySpan<byte> path)
    {
        Errno error = view.Begin(start, path, WalkFlags.None, out PathWalk walk);
        if (error == Errno.None)
            error = walk.ToLast();
        if (error == Errno.None)
            error = LinkLast(in walk, file);
        walk.Dispose();
        return error;
    }

    /// <summary>Removes a name of a file that is no directory.</summary>
    public static Errno Unlink(in FsView view, Path start, ReadOnlySpan<byte> path)
    {
        Errno error = view.Begin(start, path, WalkFlags.None, out PathWalk walk);
        if (error == Errno.None)
            error = walk.ToLast();
        if (error == Errno.None)
            error = walk.LastKind == LastComponent.Name ? RemoveLast(in walk, isDirectory: false) : Errno.EISDIR;
        walk.Dispose();
        return error;
    }

    /// <summary>Removes an empty directory.</summary>
    public static Errno RemoveDirectory(in FsView view, Path start, ReadOnlySpan<byte> path)
    {
        Errno error = view.Begin(start, path, WalkFlags.None, out PathWalk walk);
        if (error == Errno.None)
            error = walk.ToLast();
        if (error == Errno.None)
        {
            error = walk.LastKind switch
            {
                LastComponent.Name => RemoveLast(in walk, isDirectory: true),
                LastComponent.Dot => Errno.EINVAL,
                LastComponent.DotDot => Errno.ENOTEMPTY,
                _ => Errno.EBUSY,
            };
        }

        walk.Dispose();
        return error;
    }

    /// <summary>Whether files behind this mount may be changed.</summary>
    /// <returns>EROFS or none.</returns>
    public static Errno CheckWritable(Mount mount) => mount.IsReadOnly ? Errno.EROFS : Errno.None;

    private static Errno MakeLast(in FsView view, ref PathWalk walk, uint mode, DeviceNumber device, bool mayHaveSlash)
    {
        if (walk.LastKind != LastComponent.Name)
            return Errno.EEXIST;

        Path parent = walk.At;
        using Mutex.Guard guard = parent.Inode.Lock.Lock();
        Errno error = CheckAbsent(in walk, mayHaveSlash);
        if (error != Errno.None)
            return error;

        Result<Dentry> made = Create(in view, parent, walk.Last, mode, device);
        if (made.IsOk)
            made.Value.Put();
        return made.Error;
    }

    private static Errno MakeLastLink(in PathWalk walk, ReadOnlySpan<byte> target)
    {
        if (walk.LastKind != LastComponent.Name)
            return Errno.EEXIST;

        Path parent = walk.At;
        using Mutex.Guard guard = parent.Inode.Lock.Lock();
        Errno error = CheckAbsent(in walk, mayHaveSlash: false);
        if (error == Errno.None)
            error = CheckModifiable(parent, in walk.Who);
        if (error != Errno.None)
            return error;

        Result<Inode> made = parent.Inode.CreateLink(walk.Last, target, in walk.Who);
        if (!made.IsOk)
            return made.Error;

        Result<Dentry> entry = Directory.Add(parent.Dentry, walk.Last, made.Value);
        if (entry.IsOk)
            entry.Value.Put();
        return entry.Error;
    }

    private static Errno LinkLast(in PathWalk walk, Path file)
    {
        if (walk.LastKind != LastComponent.Name)
            return Errno.EEXIST;

        Path parent = walk.At;
        if (parent.Mount.FileSystem != file.Mount.FileSystem)
            return Errno.EXDEV;
        if (file.Inode.IsDirectory)
            return Errno.EPERM;

        using Mutex.Guard guard = parent.Inode.Lock.Lock();
        Errno error = CheckAbsent(in walk, mayHaveSlash: false);
        if (error == Errno.None)
            error = CheckModifiable(parent, in walk.Who);
        if (error != Errno.None)
            return error;
        if (file.Inode.LinkCount == 0)
            return Errno.ENOENT; // removed meanwhile: a file without a name never gets one again
        return parent.Inode.Link(walk.Last, file.Inode);
    }

    private static Errno RemoveLast(in PathWalk walk, bool isDirectory)
    {
        Path parent = walk.At;
        using Mutex.Guard guard = parent.Inode.Lock.Lock();
        Result<Dentry> found = Directory.LookupLocked(parent.Dentry, walk.Last);
        if (!found.IsOk)
            return found.Error;

        Dentry entry = found.Value;
        Errno error = CheckRemovable(in walk, entry, isDirectory);
        if (error == Errno.None)
            error = isDirectory ? RemoveDirectoryLocked(parent.Inode, walk.Last, entry.Inode) : parent.Inode.Unlink(walk.Last, entry.Inode);
        if (error == Errno.None)
            parent.Inode.FileSystem.Dentries.Drop(entry);
        entry.Put();
        return error;
    }

    private static Errno RemoveDirectoryLocked(Inode parent, ReadOnlySpan<byte> name, Inode directory)
    {
        using Mutex.Guard guard = directory.Lock.Lock(); // nothing is added to it meanwhile
        return parent.RemoveDirectory(name, directory);
    }

    private static Errno CheckRemovable(in PathWalk walk, Dentry entry, bool isDirectory)
    {
        Errno error = CheckWritable(walk.At.Mount);
        if (error == Errno.None)
            error = Permission.CheckRemove(walk.At.Inode, entry.Inode, in walk.Who);
        if (error != Errno.None)
            return error;
        if (isDirectory && !entry.Inode.IsDirectory)
            return Errno.ENOTDIR;
        if (!isDirectory && entry.Inode.IsDirectory)
            return Errno.EISDIR;
        if (!isDirectory && walk.HasTrailingSlash)
            return Errno.ENOTDIR;
        return entry.MountCount > 0 ? Errno.EBUSY : Errno.None;
    }

    // The name must not be there yet. Under the directory's lock.
    private static Errno CheckAbsent(in PathWalk walk, bool mayHaveSlash)
    {
        Result<Dentry> found = Directory.LookupLocked(walk.At.Dentry, walk.Last);
        if (found.IsOk)
        {
            found.Value.Put();
            return Errno.EEXIST;
        }

        if (found.Error != Errno.ENOENT)
            return found.Error;
        return walk.HasTrailingSlash && !mayHaveSlash ? Errno.ENOENT : Errno.None;
    }

    private static Errno CheckModifiable(Path directory, in Credentials who)
    {
        Errno error = CheckWritable(directory.Mount);
        return error != Errno.None ? error : Permission.Check(directory.Inode, in who, AccessModes.Write | AccessModes.Execute);
    }

    // Makes a file and its entry, with a use for the caller. Under the directory's lock; the name is not there yet.
    private static Result<Dentry> Create(in FsView view, Path parent, ReadOnlySpan<byte> name, uint mode, DeviceNumber device)
    {
        Errno error = CheckModifiable(parent, in view.Who);
        if (error != Errno.None)
            return error;

        uint type = mode & FileMode.TypeMask;
        uint permissions = mode & FileMode.PermissionMask & ~view.Context.Mask;
        Result<Inode> made = parent.Inode.Create(name, type | permissions, in view.Who, device);
        return made.IsOk ? Directory.Add(parent.Dentry, name, made.Value) : made.Error;
    }
}
