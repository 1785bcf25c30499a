// Entries of directories: looking one up in memory or in its file system.
using System;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>Look-ups in one directory.</summary>
public static class Directory
{
    /// <summary>Finds an entry.</summary>
    /// <param name="parent">The directory, in use.</param>
    /// <param name="name">1 to 255 bytes, not <c>.</c> or <c>..</c>.</param>
    /// <returns>The entry with a use for the caller; ENOENT, ENOMEM, or the file system's error.</returns>
    /// <remarks>Context: thread. Sleeps: may. Locks: the directory's, where the entry is not in memory.</remarks>
    public static Result<Dentry> Lookup(Dentry parent, scoped ReadOnlySpan<byte> name)
    {
        Dentry? cached = FindFresh(parent, name);
        if (cached is not null)
            return cached;

        using Mutex.Guard guard = parent.Inode.Lock.Lock();
        return LookupLocked(parent, name);
    }

    /// <summary>Finds an entry; the caller holds the directory's lock.</summary>
    /// <inheritdoc cref="Lookup"/>
    public static Result<Dentry> LookupLocked(Dentry parent, scoped ReadOnlySpan<byte> name)
    {
        Dentry? cached = FindFresh(parent, name);
        if (cached is not null)
            return cached;

        Result<Inode> inode = parent.Inode.Lookup(name);
        return inode.IsOk ? Add(parent, name, inode.Value) : inode.Error;
    }

    /// <summary>Makes an entry for a file that was just found or made; the caller holds the directory's lock.</summary>
    /// <param name="inode">The file; its use is taken over in any case.</param>
    internal static Result<Dentry> Add(Dentry parent, scoped ReadOnlySpan<byte> name, Inode inode)
    {
        Errno error = parent.Inode.FileSystem.Dentries.Add(parent, name, inode, out Dentry? added);
        if (error == Errno.None)
            return added!;

        inode.Put();
        return error;
    }

    private static Dentry? FindFresh(Dentry parent, scoped ReadOnlySpan<byte> name)
    {
        DentryCache dentries = parent.Inode.FileSystem.Dentries;
        Dentry? cached = dentries.Find(parent, name);
        if (cached is null || !cached.Inode.IsStale)
            return cached;

        dentries.Drop(cached);
        cached.Put();
        return null;
    }
}
