// From a place to its name: getcwd, /proc/PID/exe, mounts.
using System;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>Names of places.</summary>
public static class PathText
{
    private static ReadOnlySpan<byte> Deleted => " (deleted)"u8;

    /// <summary>Writes the absolute path of a place into the end of a buffer.</summary>
    /// <param name="mounts">The tree.</param>
    /// <param name="path">The place, in use.</param>
    /// <param name="root">What the reader sees as <c>/</c>.</param>
    /// <param name="buffer">Room for the text.</param>
    /// <param name="text">The text, at the buffer's end.</param>
    /// <returns>ERANGE if it does not fit; none.</returns>
    public static Errno TryFormat(MountTable mounts, Path path, Path root, Span<byte> buffer, out ReadOnlySpan<byte> text)
    {
        text = default;
        int end = buffer.Length;
        if (!path.Inode.FileSystem.Dentries.IsFindable(path.Dentry))
        {
            if (end < Deleted.Length)
                return Errno.ERANGE;
            end -= Deleted.Length;
            Deleted.CopyTo(buffer[end..]);
        }

        int nameEnd = end;
        bool fits = TryFormatMounts(mounts, path, root, buffer, ref end);
        if (fits && end == nameEnd)
        {
            fits = end > 0;
            if (fits)
                buffer[--end] = (byte)'/';
        }

        if (!fits)
            return Errno.ERANGE;
        text = buffer[end..];
        return Errno.None;
    }

    /// <summary>Appends the absolute path of a place, as the kernel sees it; nothing if there is no memory to find it.</summary>
    /// <remarks>Context: thread.</remarks>
    public static void Append(Path path, ref TextWriter text)
    {
        if (!Kmalloc.TryAllocate(PathWalk.LengthMax, out KBuffer room))
            return;

        Path root = RootFs.Context.GetRoot();
        if (TryFormat(RootFs.Mounts, path, root, room.Span, out ReadOnlySpan<byte> name) == Errno.None)
            text.Append(name);
        root.Put();
        room.Free();
    }

    private static bool TryFormatMounts(MountTable mounts, Path path, Path root, scoped Span<byte> buffer, ref int end)
    {
        Path at = path.Get();
        bool fits = true;
        while (fits)
        {
            bool isRootMount = at.Mount == root.Mount;
            Dentry stopAt = isRootMount ? root.Dentry : at.Mount.Root;
            fits = at.FormatUpTo(stopAt, buffer, ref end);
            if (isRootMount || !fits)
                break;

            // Up to the mount's own root, then down to what it covers.
            at.Mount.Root.Get();
            Path mountRoot = new(at.Mount, at.Mount.Root);
            at.Mount.Get();
            at.Put();
            at = mountRoot;
            if (!mounts.TryUncross(ref at))
                break;
        }

        at.Put();
        return fits;
    }

    private static bool FormatUpTo(this Path path, Dentry stopAt, scoped Span<byte> buffer, ref int end) =>
        path.Inode.FileSystem.Dentries.TryFormatPath(path.Dentry, stopAt, buffer, ref end);
}
