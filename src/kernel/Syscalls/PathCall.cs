// The beginning of every call that names a file.
using System;
using Commence.Abi;
using Commence.Fs;
using Commence.Processes;

namespace Commence.Syscalls;

/// <summary>Paths of the calling thread.</summary>
internal static class PathCall
{
    /// <summary>How the calling thread sees the tree.</summary>
    internal static FsView View
    {
        get
        {
            UserThread self = UserThread.Current;
            return new FsView(RootFs.Mounts, self.FileSystemView!, in self.Credentials);
        }
    }

    /// <summary>Copies a path and finds where it begins.</summary>
    /// <param name="text">The path; dispose it in any case.</param>
    /// <param name="start">With a use for the caller.</param>
    internal static Errno Begin(int directory, UserAddr path, out UserPath text, out Path start)
    {
        start = default;
        Errno error = UserPath.TryRead(path, out text);
        return error == Errno.None ? StartDirectory.Find(directory, text.Text, out start) : error;
    }

    /// <summary>Finds a file.</summary>
    /// <returns>The place with a use for the caller.</returns>
    internal static Result<Path> Resolve(int directory, UserAddr path, WalkFlags flags)
    {
        Errno error = Begin(directory, path, out UserPath text, out Path start);
        Result<Path> found = error == Errno.None ? Vfs.Resolve(View, start, text.Text, flags) : error;
        text.Dispose();
        return found;
    }

    internal static WalkFlags EmptyFlag(AtFlags flags) =>
        (flags & AtFlags.AT_EMPTY_PATH) != 0 ? WalkFlags.AllowEmpty : WalkFlags.None;

    /// <summary>Flags of calls that follow a link unless told otherwise.</summary>
    internal static WalkFlags ToWalkFlags(AtFlags flags) =>
        EmptyFlag(flags) | ((flags & AtFlags.AT_SYMLINK_NOFOLLOW) != 0 ? WalkFlags.None : WalkFlags.FollowLast);
}
