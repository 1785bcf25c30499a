// A directory in memory: its entries in a tree by name, and in a list by age, which gives readers of the directory a position
// that stays valid while entries come and go.
using System;
using Commence.Abi;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>A directory of a <see cref="RamFs"/>.</summary>
/// <remarks>All but the constructor functions are called with the directory's Lock held (see <see cref="Inode"/>).</remarks>
public sealed class RamDirectory : Inode
{
    private RedBlackTree<Entry, Entry.ByName> _byName;
    private IntrusiveList<Entry, Entry.ByAge> _byAge;
    private long _positionLast = DirectoryCursor.FirstPosition;
    private ulong _parentNumber;
    private bool _isRemoved;

    private sealed class Entry
    {
        internal FileName Name;
        internal Inode File = null!;    // one use
        internal long Position;
        internal TreeLink<Entry> TreeLink;
        internal ListLink<Entry> AgeLink;

        internal readonly struct ByName : IOrdered<Entry>
        {
            public static ref TreeLink<Entry> Link(Entry item) => ref item.TreeLink;

            public static bool IsBefore(Entry left, Entry right) => left.Name.Text.SequenceCompareTo(right.Name.Text) < 0;

            public static bool IsAugmented => false;

            public static void Summarize(Entry item)
            {
            }
        }

        internal readonly struct ByAge : ILinked<Entry>
        {
            public static ref ListLink<Entry> Link(Entry item) => ref item.AgeLink;
        }
    }

    private RamFs Owner => (RamFs)FileSystem;

    internal static RamDirectory? TryMake(FileSystem fileSystem, uint mode, in Credentials owner)
    {
        if (!Kmem.TryNew(out RamDirectory directory))
            return null;

        uint type = FileMode.Directory | (mode & FileMode.PermissionMask);
        directory.Initialise(fileSystem, fileSystem.NextInodeNumber(), type, owner.FileUserId, owner.FileGroupId, default);
        return directory;
    }

    /// <summary>Makes a new directory the root: it is its own parent, and has two names, <c>.</c> and <c>..</c>.</summary>
    internal void BecomeRoot()
    {
        _parentNumber = Number;
        ChangeLinkCount(2);
    }

    /// <inheritdoc/>
    public override Result<Inode> Lookup(scoped ReadOnlySpan<byte> name)
    {
        Entry? entry = Find(name);
        if (entry is null)
            return Errno.ENOENT;

        entry.File.Get();
        return entry.File;
    }

    /// <inheritdoc/>
    public override Result<Inode> Create(scoped ReadOnlySpan<byte> name, uint mode, in Credentials owner, DeviceNumber device)
    {
        Result<Inode> made = Owner.MakeInode(mode, in owner, device);
        return made.IsOk ? Insert(name, made.Value) : made;
    }

    /// <inheritdoc/>
    public override Result<Inode> CreateLink(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> target, in Credentials owner)
    {
        RamNode? link = RamNode.TryMakeLink(FileSystem, target, in owner);
        return link is null ? Errno.ENOMEM : Insert(name, link);
    }

    /// <inheritdoc/>
    public override Errno Link(scoped ReadOnlySpan<byte> name, Inode file)
    {
        if (_isRemoved)
            return Errno.ENOENT;

        Errno error = Add(name, file);
        if (error != Errno.None)
            return error;

        AddLinks(file, 1);
        TouchModified();
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno Unlink(scoped ReadOnlySpan<byte> name, Inode file)
    {
        Entry? entry = Find(name);
        if (entry is null || entry.File != file)
            return Errno.ENOENT;

        AddLinks(file, -1);
        Remove(entry);
        TouchModified();
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno RemoveDirectory(scoped ReadOnlySpan<byte> name, Inode directory)
    {
        Entry? entry = Find(name);
        if (entry is null || entry.File != directory)
            return Errno.ENOENT;

        RamDirectory child = (RamDirectory)directory;
        if (!child._byAge.IsEmpty)
            return Errno.ENOTEMPTY;

        child.BecomeRemoved();
        ChangeLinkCount(-1); // the child's ".."
        Remove(entry);
        TouchModified();
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno Rename(
        scoped ReadOnlySpan<byte> name, Inode file, Inode newDirectory, scoped ReadOnlySpan<byte> newName, Inode? replaced, bool isExchange)
    {
        RamDirectory target = (RamDirectory)newDirectory;
        Entry? from = Find(name);
        if (from is null || from.File != file || target._isRemoved)
            return Errno.ENOENT;
        if (isExchange)
            return Exchange(from, target, newName, replaced!);
        if (replaced is RamDirectory old && !old._byAge.IsEmpty)
            return Errno.ENOTEMPTY;

        // First what can fail: the new entry. Then nothing can.
        Entry? to = target.Find(newName);
        if (to is null)
        {
            Errno error = target.Add(newName, file);
            if (error != Errno.None)
                return error;
        }
        else
        {
            Inode victim = to.File;
            file.Get();
            to.File = file;
            target.Bury(victim);
        }

        if (file.IsDirectory)
            ((RamDirectory)file).MoveParent(this, target);
        Remove(from);
        TouchModified();
        target.TouchModified();
        file.TouchChanged();
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno List(ref DirectoryCursor cursor)
    {
        if (_isRemoved)
            return Errno.ENOENT;
        if (!cursor.TryAddDots(Number, _parentNumber))
            return Errno.None;

        // The list is in the order of positions. Where it goes on is found by counting: long directories cost their square
        // over all calls, with 4096 entries or so per call.
        for (Entry? entry = _byAge.First; entry is not null; entry = _byAge.Next(entry))
        {
            if (entry.Position < cursor.Position)
                continue;
            if (!cursor.TryAdd(entry.Name.Text, entry.File.Number, entry.File.Mode, entry.Position + 1))
                return Errno.None;
        }

        return Errno.None;
    }

    /// <inheritdoc/>
    protected override void Free()
    {
        // A file system that is freed as a whole still has entries. Those of directories below join this list: a loop, since
        // a tree of directories can be deeper than a kernel stack.
        IntrusiveList<Entry, Entry.ByAge> doomed = _byAge;
        _byAge = default;
        Entry? entry;
        while ((entry = doomed.RemoveFirst()) is not null)
        {
            Inode file = entry.File;
            if (file is RamDirectory below)
                doomed.Append(ref below._byAge);
            entry.Name.Free();
            Kmem.Free(entry);
            file.Put();
        }

        Kmem.Free(this);
    }

    // Adds a new file; takes over the caller's use in case of an error, and leaves it to the result otherwise.
    private Result<Inode> Insert(scoped ReadOnlySpan<byte> name, Inode file)
    {
        Errno error = _isRemoved ? Errno.ENOENT : Add(name, file);
        if (error != Errno.None)
        {
            file.Put();
            return error;
        }

        if (file is RamDirectory directory)
        {
            directory._parentNumber = Number;
            directory.ChangeLinkCount(2);
            ChangeLinkCount(1);
        }
        else
        {
            AddLinks(file, 1);
        }

        TouchModified();
        return file;
    }

    private Errno Add(scoped ReadOnlySpan<byte> name, Inode file)
    {
        if (!Kmem.TryNew(out Entry entry))
            return Errno.ENOMEM;

        Errno error = FileName.TryMake(name, out entry.Name);
        if (error != Errno.None)
        {
            Kmem.Free(entry);
            return error;
        }

        file.Get();
        entry.File = file;
        entry.Position = _positionLast++;
        _byName.Add(entry);
        _byAge.AddLast(entry);
        return Errno.None;
    }

    private void Remove(Entry entry)
    {
        _byName.Remove(entry);
        _byAge.Remove(entry);
        Inode file = entry.File;
        entry.Name.Free();
        Kmem.Free(entry);
        file.Put();
    }

    private Errno Exchange(Entry from, RamDirectory target, scoped ReadOnlySpan<byte> newName, Inode other)
    {
        Entry? to = target.Find(newName);
        if (to is null || to.File != other)
            return Errno.ENOENT;

        Inode moving = from.File;
        from.File = to.File;
        to.File = moving;
        if (to.File is RamDirectory moved)
            moved.MoveParent(this, target);
        if (from.File is RamDirectory movedBack)
            movedBack.MoveParent(target, this);
        TouchModified();
        target.TouchModified();
        return Errno.None;
    }

    // A file of this directory lost its name to another file.
    private void Bury(Inode victim)
    {
        if (victim is RamDirectory directory)
        {
            directory.BecomeRemoved();
            ChangeLinkCount(-1);
        }
        else
        {
            AddLinks(victim, -1);
        }

        victim.Put();
    }

    private void BecomeRemoved()
    {
        _isRemoved = true;
        ChangeLinkCount(-2);
    }

    private void MoveParent(RamDirectory from, RamDirectory to)
    {
        if (from == to)
            return;

        _parentNumber = to.Number;
        from.ChangeLinkCount(-1);
        to.ChangeLinkCount(1);
    }

    private static void AddLinks(Inode file, int difference)
    {
        if (file is RamFile regular)
            regular.AddLinks(difference);
        else
            ((RamNode)file).AddLinks(difference);
    }

    private Entry? Find(scoped ReadOnlySpan<byte> name)
    {
        Entry? at = _byName.Root;
        while (at is not null)
        {
            int order = name.SequenceCompareTo(at.Name.Text);
            if (order == 0)
                return at;
            at = order < 0 ? RedBlackTree<Entry, Entry.ByName>.Left(at) : RedBlackTree<Entry, Entry.ByName>.Right(at);
        }

        return null;
    }
}
