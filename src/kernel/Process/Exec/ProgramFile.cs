// A file that is to be executed.
using System;
using Commence.Abi;
using Commence.Fs;

namespace Commence.Processes;

/// <summary>Opens programs.</summary>
internal static class ProgramFile
{
    /// <summary>Opens a file for execution.</summary>
    /// <param name="start">Where a relative path begins; its use is taken over.</param>
    /// <returns>The file with one use; EACCES if it is no regular file, may not be executed, or lies on a "noexec" mount.</returns>
    internal static Result<File> Open(in FsView view, Path start, ReadOnlySpan<byte> path, WalkFlags flags)
    {
        Result<Path> found = Vfs.Resolve(in view, start, path, flags);
        if (!found.IsOk)
            return found.Error;

        Path place = found.Value;
        Errno error = Check(in view, place);
        Result<File> opened = error == Errno.None ? place.Inode.Open(place, OpenFlags.ReadOnly) : error;
        place.Put();
        return opened;
    }

    private static Errno Check(in FsView view, Path place)
    {
        if (place.Inode.IsSymbolicLink)
            return Errno.ELOOP;
        if (!place.Inode.IsRegular || (place.Mount.Flags & MountFlags.NoExecute) != 0)
            return Errno.EACCES;
        return Permission.Check(place.Inode, in view.Who, AccessModes.Execute);
    }
}
