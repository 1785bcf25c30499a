// The kinds of file systems that can be mounted by name.
using System;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Fs;

/// <summary>A kind of file system, as <c>mount -t</c> names it.</summary>
public abstract class FileSystemType
{
    internal ListLink<FileSystemType> ListLinkField;

    /// <summary>Its name.</summary>
    public abstract ReadOnlySpan<byte> Name { get; }

    /// <summary>Opens an instance: a new one, or the only one there is.</summary>
    /// <param name="options">What stands behind <c>-o</c>; may be empty.</param>
    /// <returns>The instance with a use for the caller; EINVAL for options that it does not have; ENOMEM.</returns>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public abstract Result<FileSystem> Open(ReadOnlySpan<byte> options);

    internal readonly struct Registered : ILinked<FileSystemType>
    {
        public static ref ListLink<FileSystemType> Link(FileSystemType item) => ref item.ListLinkField;
    }
}

/// <summary>All kinds (Linux: <c>register_filesystem</c>).</summary>
public static class FileSystemTypes
{
    private static SpinLock s_lock;
    private static IntrusiveList<FileSystemType, FileSystemType.Registered> s_all;

    /// <summary>Adds a kind; it is never taken out again.</summary>
    public static void Register(FileSystemType type)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        foreach (FileSystemType other in s_all)
        {
            if (type.Name.SequenceCompareTo(other.Name) >= 0)
                continue;
            s_all.AddBefore(other, type);
            return;
        }

        s_all.AddLast(type);
    }

    /// <summary>Finds a kind by name.</summary>
    public static FileSystemType? Find(scoped ReadOnlySpan<byte> name)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        foreach (FileSystemType type in s_all)
        {
            if (type.Name.SequenceEqual(name))
                return type;
        }

        return null;
    }

    /// <summary>The kind behind <paramref name="previous"/>, or the first; null at the end. For <c>/proc/filesystems</c>.</summary>
    public static FileSystemType? Next(FileSystemType? previous)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        return previous is null ? s_all.First : s_all.Next(previous);
    }
}
