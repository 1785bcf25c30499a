// A name in a directory, connected with its file: the nodes of the tree that paths run through (Linux: struct dentry).
//
//   in use ──last Put──▶ idle, still findable ──Find──▶ in use
//     │                      └──cache full, unmount──▶ freed
//     └──Drop (entry removed)──▶ in use, not findable ──last Put──▶ freed
//
// A dentry holds one use of its parent and one of its inode. There are no dentries for names that do not exist.
using System;
using System.Threading;
using Commence.Lib;

namespace Commence.Fs;

/// <summary>A directory entry in memory.</summary>
public sealed class Dentry
{
    // Guarded by the file system's DentryCache lock.
    internal FileName NameStorage;
    internal Dentry? Parent;             // null: the root of its file system
    internal TreeLink<Dentry> Siblings;
    internal RedBlackTree<Dentry, ByName> Children;
    internal ListLink<Dentry> IdleLink;
    internal bool IsFindable;

    // Changed by CompareExchange while above zero, under the lock from and to zero.
    internal int References;

    // Mounts on top of this entry; guarded by the mount table's lock, read without it.
    internal int MountCount;

    internal Inode InodeStorage = null!;

    /// <summary>The file.</summary>
    public Inode Inode => InodeStorage;

    /// <summary>Counts one more user of an entry that is in use.</summary>
    public void Get()
    {
        int before = Interlocked.Increment(ref References) - 1;
        Bug.On(before <= 0); // only the cache revives an idle entry
    }

    /// <summary>Ends one use.</summary>
    /// <remarks>Context: thread. Sleeps: if this was the last use of a file.</remarks>
    public void Put() => InodeStorage.FileSystem.Dentries.Put(this);

    /// <summary>Order of siblings: that of the bytes of their names.</summary>
    internal readonly struct ByName : IOrdered<Dentry>
    {
        public static ref TreeLink<Dentry> Link(Dentry item) => ref item.Siblings;

        public static bool IsBefore(Dentry left, Dentry right) => left.NameStorage.Text.SequenceCompareTo(right.NameStorage.Text) < 0;

        public static bool IsAugmented => false;

        public static void Summarize(Dentry item)
        {
        }
    }

    /// <summary>The list of idle entries, least recently used first.</summary>
    internal readonly struct ByIdleness : ILinked<Dentry>
    {
        public static ref ListLink<Dentry> Link(Dentry item) => ref item.IdleLink;
    }
}
