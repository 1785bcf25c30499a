// A file system, or a part of one, at a place in the tree.
using System.Threading;
using Commence.Abi;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>One mount (Linux: <c>struct mount</c>).</summary>
/// <remarks>It has a use of its file system, of its root, and of the place it covers. One use of the mount itself for its
/// table, one for each path that runs through it.</remarks>
public sealed class Mount
{
    private int _references;
    private uint _flags;

    // Guarded by the mount table's lock.
    internal Path Covers;            // no place for the first mount of all
    internal ListLink<Mount> Link;
    internal bool IsAttached;

    /// <summary>Its number, as statx and mountinfo show it.</summary>
    public uint Id { get; private set; }

    public FileSystem FileSystem { get; private set; } = null!;

    /// <summary>What is seen at the place that it covers.</summary>
    public Dentry Root { get; private set; } = null!;

    public MountFlags Flags => (MountFlags)Volatile.Read(ref _flags);

    public bool IsReadOnly => (Flags & MountFlags.ReadOnly) != 0;

    internal static Mount? TryMake(uint id, FileSystem fileSystem, Dentry root, MountFlags flags)
    {
        if (!Kmem.TryNew(out Mount mount))
            return null;

        fileSystem.Get();
        root.Get();
        mount._references = 1;
        mount._flags = (uint)flags;
        mount.Id = id;
        mount.FileSystem = fileSystem;
        mount.Root = root;
        return mount;
    }

    /// <summary>Changes the flags (MS_REMOUNT).</summary>
    public void ChangeFlags(MountFlags flags) => Volatile.Write(ref _flags, (uint)flags);

    /// <summary>Counts one more user.</summary>
    public void Get()
    {
        int count = Interlocked.Increment(ref _references);
        Bug.On(count <= 1);
    }

    /// <summary>Ends one use; the last one, after it was detached, frees the mount.</summary>
    public void Put()
    {
        int count = Interlocked.Decrement(ref _references);
        Bug.On(count < 0);
        if (count > 0)
            return;

        Bug.On(IsAttached);
        Path covers = Covers;
        FileSystem fileSystem = FileSystem;
        Root.Put();
        Kmem.Free(this);
        fileSystem.Put();
        covers.Put();
    }

    /// <summary>Uses besides the table's. A snapshot.</summary>
    internal int CountOtherUses() => Volatile.Read(ref _references) - 1;

    internal readonly struct Attached : ILinked<Mount>
    {
        public static ref ListLink<Mount> Link(Mount item) => ref item.Link;
    }
}
