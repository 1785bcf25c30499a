// The entries of one file system that are in memory, found by parent and name (Linux: dcache).
//
// | method            | takes _lock | may sleep                         |
// |-------------------|-------------|-----------------------------------|
// | Find              | yes         | no                                |
// | Add, Move, Drop   | yes         | no; the caller holds the directory's Inode.Lock |
// | Put               | only for the last use | when it frees the last use of an inode |
// | TryFormatPath     | yes         | no                                |
//
// _lock is a leaf: nothing else is taken under it.
using System;
using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>Directory entries of a file system.</summary>
public sealed class DentryCache
{
    /// <summary>Idle entries that are kept for the next look-up.</summary>
    public const int IdleCountMax = 4096;

    private SpinLock _lock;
    private IntrusiveList<Dentry, Dentry.ByIdleness> _idle;

    /// <summary>Makes the root entry of a file system, with one use, which is the caller's.</summary>
    /// <param name="root">The root directory; the entry takes over the caller's use of it.</param>
    /// <returns>Null if there is no memory; the caller then still has its use.</returns>
    public static Dentry? TryMakeRoot(Inode root)
    {
        if (!Kmem.TryNew(out Dentry dentry))
            return null;

        dentry.InodeStorage = root;
        dentry.References = 1;
        return dentry;
    }

    /// <summary>Finds an entry that is in memory.</summary>
    /// <returns>The entry with one use more, which is the caller's; null if it is not in memory.</returns>
    public Dentry? Find(Dentry parent, scoped ReadOnlySpan<byte> name)
    {
        using SpinLock.Guard guard = _lock.Lock();
        Dentry? found = Search(parent, name);
        if (found is null)
            return null;

        if (Interlocked.Increment(ref found.References) == 1)
            _idle.Remove(found);
        return found;
    }

    /// <summary>Adds an entry that the file system has just looked up or made.</summary>
    /// <param name="parent">The directory's entry, in use; its inode's lock is held, so that nobody adds the same name.</param>
    /// <param name="name">The name, 1 to <see cref="FileName.LengthMax"/> bytes.</param>
    /// <param name="inode">The file; the entry takes over the caller's use of it.</param>
    /// <param name="added">The entry with one use, which is the caller's.</param>
    /// <returns>ENOMEM, ENAMETOOLONG or none; after an error the caller still has its use of the inode.</returns>
    public Errno Add(Dentry parent, scoped ReadOnlySpan<byte> name, Inode inode, out Dentry? added)
    {
        added = null;
        if (!Kmem.TryNew(out Dentry dentry))
            return Errno.ENOMEM;

        Errno error = FileName.TryMake(name, out dentry.NameStorage);
        if (error != Errno.None)
        {
            Kmem.Free(dentry);
            return error;
        }

        parent.Get();
        dentry.Parent = parent;
        dentry.InodeStorage = inode;
        dentry.References = 1;
        dentry.IsFindable = true;
        using (SpinLock.Guard guard = _lock.Lock())
            parent.Children.Add(dentry);
        added = dentry;
        return Errno.None;
    }

    /// <summary>Makes an entry unfindable: its name was removed, or does not mean this file any more.</summary>
    /// <remarks>The caller has a use of it.</remarks>
    public void Drop(Dentry dentry)
    {
        using SpinLock.Guard guard = _lock.Lock();
        Bug.On(dentry.References == 0);
        Unlink(dentry);
    }

    /// <summary>Gives an entry another name and parent.</summary>
    /// <param name="dentry">What moves; the caller has a use of it and holds both directories' locks.</param>
    /// <param name="newParent">The directory's entry, in use.</param>
    /// <param name="newName">Made by the caller, who gives it away.</param>
    public void Move(Dentry dentry, Dentry newParent, FileName newName)
    {
        Dentry? oldParent;
        FileName oldName;
        newParent.Get();
        using (SpinLock.Guard guard = _lock.Lock())
        {
            oldParent = dentry.Parent;
            oldName = dentry.NameStorage;
            Unlink(dentry);
            dentry.NameStorage = newName;
            dentry.Parent = newParent;
            dentry.IsFindable = true;
            newParent.Children.Add(dentry);
        }

        oldName.Free();
        oldParent!.Put();
    }

    /// <summary>Swaps the places of two entries.</summary>
    /// <inheritdoc cref="Move"/>
    public void Exchange(Dentry left, Dentry right)
    {
        using SpinLock.Guard guard = _lock.Lock();
        Unlink(left);
        Unlink(right);
        Dentry? parent = left.Parent;
        FileName name = left.NameStorage;
        left.Parent = right.Parent;
        left.NameStorage = right.NameStorage;
        right.Parent = parent;
        right.NameStorage = name;
        Link(left);
        Link(right);
    }

    /// <summary>Ends one use; an entry that nobody uses stays findable until there are too many.</summary>
    internal void Put(Dentry dentry)
    {
        Dentry? next = dentry;
        while (next is not null)
        {
            if (!TryPutLast(next, out Dentry? doomed))
                return;

            // What is freed gives up its parent, which may go the same way: a loop, not a recursion.
            next = doomed is null ? null : Free(doomed);
        }
    }

    /// <summary>Frees every entry that nobody uses.</summary>
    /// <remarks>Context: thread. For unmounting, and when memory runs out.</remarks>
    public void Shrink()
    {
        while (true)
        {
            Dentry? doomed;
            using (SpinLock.Guard guard = _lock.Lock())
            {
                doomed = _idle.RemoveFirst();
                if (doomed is null)
                    return;
                Unlink(doomed);
            }

            Free(doomed)?.Put();
        }
    }

    /// <summary>Steps to the parent and takes a use of it.</summary>
    /// <returns>Null for the root of the file system.</returns>
    public Dentry? GetParent(Dentry dentry)
    {
        using SpinLock.Guard guard = _lock.Lock();
        Dentry? parent = dentry.Parent;
        parent?.Get();
        return parent;
    }

    /// <summary>Whether <paramref name="ancestor"/> is <paramref name="dentry"/> or lies above it.</summary>
    /// <remarks>Stays true only while the file system's RenameLock is held.</remarks>
    public bool IsAncestor(Dentry ancestor, Dentry dentry)
    {
        using SpinLock.Guard guard = _lock.Lock();
        for (Dentry? at = dentry; at is not null; at = at.Parent)
        {
            if (at == ancestor)
                return true;
        }

        return false;
    }

    /// <summary>Writes the path from an entry's file system's root to it, ending before <paramref name="end"/>.</summary>
    /// <param name="dentry">The entry.</param>
    /// <param name="stopAt">Where to end the climb: the root of the mount.</param>
    /// <param name="buffer">Filled from its end.</param>
    /// <param name="end">Where the text ends; moves down to where it begins.</param>
    /// <returns>False if it does not fit.</returns>
    public bool TryFormatPath(Dentry dentry, Dentry stopAt, scoped Span<byte> buffer, ref int end)
    {
        using SpinLock.Guard guard = _lock.Lock();
        for (Dentry at = dentry; at != stopAt && at.Parent is not null; at = at.Parent)
        {
            ReadOnlySpan<byte> name = at.NameStorage.Text;
            if (end < name.Length + 1)
                return false;

            end -= name.Length;
            name.CopyTo(buffer[end..]);
            buffer[--end] = (byte)'/';
        }

        return true;
    }

    /// <summary>Copies an entry's name.</summary>
    /// <returns>Its length; what does not fit is cut off.</returns>
    public int CopyName(Dentry dentry, scoped Span<byte> buffer)
    {
        using SpinLock.Guard guard = _lock.Lock();
        ReadOnlySpan<byte> name = dentry.NameStorage.Text;
        int length = Math.Min(name.Length, buffer.Length);
        name[..length].CopyTo(buffer);
        return length;
    }

    /// <summary>Whether the entry can still be found under its name.</summary>
    public bool IsFindable(Dentry dentry)
    {
        using SpinLock.Guard guard = _lock.Lock();
        return dentry.IsFindable || dentry.Parent is null;
    }

    private static Dentry? Search(Dentry parent, scoped ReadOnlySpan<byte> name)
    {
        Dentry? at = parent.Children.Root;
        while (at is not null)
        {
            int order = name.SequenceCompareTo(at.NameStorage.Text);
            if (order == 0)
                return at;
            at = order < 0
                ? RedBlackTree<Dentry, Dentry.ByName>.Left(at)
                : RedBlackTree<Dentry, Dentry.ByName>.Right(at);
        }

        return null;
    }

    private static void Link(Dentry dentry)
    {
        dentry.Parent!.Children.Add(dentry);
        dentry.IsFindable = true;
    }

    private static void Unlink(Dentry dentry)
    {
        if (!dentry.IsFindable)
            return;

        dentry.Parent!.Children.Remove(dentry);
        dentry.IsFindable = false;
    }

    // Ends one use. True if it was the last one; then `doomed` is what there is to free, if anything.
    private bool TryPutLast(Dentry dentry, out Dentry? doomed)
    {
        doomed = null;
        int count = Volatile.Read(ref dentry.References);
        while (count > 1)
        {
            int found = Interlocked.CompareExchange(ref dentry.References, count - 1, count);
            if (found == count)
                return false;
            count = found;
        }

        using SpinLock.Guard guard = _lock.Lock();
        int left = Interlocked.Decrement(ref dentry.References);
        Bug.On(left < 0);
        if (left > 0)
            return false;

        if (!dentry.IsFindable || dentry.InodeStorage.IsStale)
        {
            Unlink(dentry);
            doomed = dentry;
            return true;
        }

        _idle.AddLast(dentry);
        if (_idle.Count <= IdleCountMax)
            return true;

        doomed = _idle.RemoveFirst();
        Unlink(doomed!);
        return true;
    }

    // Frees an entry that nobody can reach any more; returns its parent, whose use the caller gives up.
    private static Dentry? Free(Dentry dentry)
    {
        Bug.On(!dentry.Children.IsEmpty); // each child has a use of its parent
        Dentry? parent = dentry.Parent;
        dentry.InodeStorage.Put();
        dentry.NameStorage.Free();
        Kmem.Free(dentry);
        return parent;
    }
}
