// Which file systems are mounted where (Linux: struct mnt_namespace; there is one).
//
// A mount that covers a place is found by the mount and the entry that make up that place; the newest one wins. Entries
// count the mounts upon them, so that a path walk looks here only where there is something to find.
using System.Threading;
using Commence.Abi;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>All mounts of a machine.</summary>
public sealed class MountTable
{
    private SpinLock _lock;   // taken before a DentryCache's
    private IntrusiveList<Mount, Mount.Attached> _all;
    private uint _idLast;

    /// <summary>Mounts the first file system of all.</summary>
    /// <returns>Its root, with a use for the caller; ENOMEM.</returns>
    public Result<Path> AttachRoot(FileSystem fileSystem)
    {
        Mount? mount = Mount.TryMake(Interlocked.Increment(ref _idLast), fileSystem, fileSystem.Root, MountFlags.None);
        if (mount is null)
            return Errno.ENOMEM;

        using SpinLock.Guard guard = _lock.Lock();
        mount.IsAttached = true;
        _all.AddLast(mount);
        return new Path(mount, mount.Root).Get();
    }

    /// <summary>Mounts a file system, or a part of one.</summary>
    /// <param name="fileSystem">The file system.</param>
    /// <param name="root">What is to be seen.</param>
    /// <param name="at">The place that it covers; a directory if <paramref name="root"/> is one.</param>
    /// <param name="flags">How.</param>
    /// <returns>ENOTDIR, ENOENT, EBUSY, ENOMEM or none.</returns>
    public Errno Attach(FileSystem fileSystem, Dentry root, Path at, MountFlags flags)
    {
        if (root.Inode.IsDirectory != at.Inode.IsDirectory)
            return Errno.ENOTDIR;
        if (!at.Inode.FileSystem.Dentries.IsFindable(at.Dentry))
            return Errno.ENOENT;

        Mount? mount = Mount.TryMake(Interlocked.Increment(ref _idLast), fileSystem, root, flags);
        if (mount is null)
            return Errno.ENOMEM;

        using SpinLock.Guard guard = _lock.Lock();
        AttachLocked(mount, at.Get());
        return Errno.None;
    }

    /// <summary>Moves a mount to another place (MS_MOVE).</summary>
    /// <param name="mount">The mount; not the first of all.</param>
    /// <param name="to">The place that it covers from now on; not below itself.</param>
    /// <returns>EINVAL, ENOTDIR, ELOOP or none.</returns>
    public Errno Move(Mount mount, Path to)
    {
        if (mount.Root.Inode.IsDirectory != to.Inode.IsDirectory)
            return Errno.ENOTDIR;

        Path before;
        using (SpinLock.Guard guard = _lock.Lock())
        {
            if (!mount.IsAttached || mount.Covers.IsNull)
                return Errno.EINVAL;
            for (Mount? above = to.Mount; above is not null; above = above.Covers.IsNull ? null : above.Covers.Mount)
            {
                if (above == mount)
                    return Errno.ELOOP;
            }

            before = mount.Covers;
            DetachLocked(mount);
            AttachLocked(mount, to.Get());
        }

        before.Put();
        return Errno.None;
    }

    /// <summary>Takes a mount out of the tree.</summary>
    /// <param name="mount">The mount, of which the caller has one use.</param>
    /// <param name="isLazy">Also if it is in use: it disappears from the tree now, and is freed when nobody uses it any more.</param>
    /// <returns>EINVAL, EBUSY or none.</returns>
    public Errno Detach(Mount mount, bool isLazy)
    {
        mount.FileSystem.Dentries.Shrink();
        using (SpinLock.Guard guard = _lock.Lock())
        {
            if (!mount.IsAttached || mount.Covers.IsNull)
                return Errno.EINVAL;
            foreach (Mount other in _all)
            {
                if (!other.Covers.IsNull && other.Covers.Mount == mount)
                    return Errno.EBUSY;
            }

            if (!isLazy && mount.CountOtherUses() > 1)
                return Errno.EBUSY;
            DetachLocked(mount);
        }

        mount.Put(); // the table's use
        return Errno.None;
    }

    /// <summary>Steps onto what covers a place, as long as something does.</summary>
    /// <param name="path">The caller's use of it is exchanged for one of the result.</param>
    public void Cross(ref Path path)
    {
        while (Volatile.Read(ref path.Dentry.MountCount) > 0)
        {
            Mount? covering = FindCovering(path);
            if (covering is null)
                return;

            Path before = path;
            covering.Root.Get();
            path = new Path(covering, covering.Root);
            before.Put();
        }
    }

    /// <summary>Steps from the root of a mount down to the place that it covers.</summary>
    /// <param name="path">The caller's use of it is exchanged for one of the result.</param>
    /// <returns>False if the path is not the root of a mount, or of the first one.</returns>
    public bool TryUncross(ref Path path)
    {
        Path covered;
        using (SpinLock.Guard guard = _lock.Lock())
        {
            if (path.Dentry != path.Mount.Root || path.Mount.Covers.IsNull)
                return false;
            covered = path.Mount.Covers.Get();
        }

        path.Put();
        path = covered;
        return true;
    }

    /// <summary>The mount behind <paramref name="previous"/> in the order of mounting, or the first; with a use for the caller.</summary>
    /// <returns>Null at the end, or if <paramref name="previous"/> was detached meanwhile.</returns>
    public Mount? GetNext(Mount? previous)
    {
        using SpinLock.Guard guard = _lock.Lock();
        if (previous is not null && !previous.IsAttached)
            return null;

        Mount? next = previous is null ? _all.First : _all.Next(previous);
        next?.Get();
        return next;
    }

    /// <summary>The place that a mount covers, with a use for the caller; no place for the first mount.</summary>
    public Path GetCovered(Mount mount)
    {
        using SpinLock.Guard guard = _lock.Lock();
        return mount.Covers.IsNull ? default : mount.Covers.Get();
    }

    private Mount? FindCovering(Path path)
    {
        using SpinLock.Guard guard = _lock.Lock();
        for (Mount? mount = _all.Last; mount is not null; mount = _all.Previous(mount))
        {
            if (mount.Covers != path)
                continue;

            mount.Get();
            return mount;
        }

        return null;
    }

    private void AttachLocked(Mount mount, Path at)
    {
        mount.Covers = at;
        mount.IsAttached = true;
        Volatile.Write(ref at.Dentry.MountCount, at.Dentry.MountCount + 1);
        _all.AddLast(mount);
    }

    // The covered place stays with the mount: paths that are still in it find their way up.
    private void DetachLocked(Mount mount)
    {
        mount.IsAttached = false;
        Dentry covered = mount.Covers.Dentry;
        Volatile.Write(ref covered.MountCount, covered.MountCount - 1);
        _all.Remove(mount);
    }
}
