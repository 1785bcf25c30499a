// Paths and directories as system calls name them.
using System;
using Commence.Abi;
using Commence.Fs;
using Commence.Memory;
using Commence.Processes;

namespace Commence.Syscalls;

/// <summary>A path that was copied from user memory. Dispose it.</summary>
internal ref struct UserPath
{
    private KBuffer _buffer;
    private int _length;

    /// <summary>The path, without its zero byte.</summary>
    internal readonly ReadOnlySpan<byte> Text => _buffer.Span[.._length];

    /// <summary>Copies a path.</summary>
    /// <returns>EFAULT, ENAMETOOLONG, ENOMEM or none. Dispose it in any case.</returns>
    internal static Errno TryRead(UserAddr address, out UserPath path)
    {
        path = default;
        if (!Kmalloc.TryAllocate(PathWalk.LengthMax, out path._buffer))
            return Errno.ENOMEM;
        if (!UserMemory.TryCopyString(address, path._buffer.Span, out path._length))
            return Errno.EFAULT;
        return path._length == PathWalk.LengthMax ? Errno.ENAMETOOLONG : Errno.None;
    }

    /// <summary>Frees the copy.</summary>
    internal void Dispose()
    {
        _buffer.Free();
        this = default;
    }
}

/// <summary>Where a relative path begins.</summary>
internal static class StartDirectory
{
    /// <summary>Finds the place that a descriptor stands for.</summary>
    /// <param name="descriptor">AT_FDCWD, or a directory's.</param>
    /// <param name="path">The path; an absolute one needs no start.</param>
    /// <param name="start">With a use for the caller; no place for the current directory.</param>
    /// <returns>EBADF, ENOTDIR or none.</returns>
    internal static Errno Find(int descriptor, ReadOnlySpan<byte> path, out Path start)
    {
        start = default;
        if (descriptor == DescriptorNumber.CurrentDirectory || (!path.IsEmpty && path[0] == '/'))
            return Errno.None;

        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        // With an empty path any file will do (AT_EMPTY_PATH); the walk itself sees to the rest.
        bool hasPlace = !file.Path.IsNull;
        if (hasPlace)
            start = file.Path.Get();
        file.Put();
        return hasPlace ? Errno.None : Errno.ENOTDIR;
    }
}
