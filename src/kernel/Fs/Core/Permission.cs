// Whether a thread may use a file in some way.
//
// Source: POSIX.1-2017 §4.5 "File Access Permissions"; Linux path_resolution(7), "Bypassing permission checks".
using Commence.Abi;

namespace Commence.Fs;

/// <summary>Permission checks.</summary>
public static class Permission
{
    /// <summary>Checks the permission bits.</summary>
    /// <returns>EACCES or none.</returns>
    public static Errno Check(Inode inode, in Credentials who, AccessModes wanted)
    {
        uint mode = inode.Mode;
        if (who.IsFilePrivileged)
            return CheckPrivileged(mode, wanted);

        uint bits = inode.UserId == who.FileUserId ? mode >> 6
            : who.IsMember(inode.GroupId) ? mode >> 3
            : mode;
        return ((uint)wanted & ~bits & 7) == 0 ? Errno.None : Errno.EACCES;
    }

    /// <summary>Checks whether an entry may be removed from, or renamed in, a directory.</summary>
    /// <returns>EPERM, EACCES or none.</returns>
    /// <remarks>In a sticky directory only the owner of the entry or of the directory may.</remarks>
    public static Errno CheckRemove(Inode directory, Inode child, in Credentials who)
    {
        Errno error = Check(directory, in who, AccessModes.Write | AccessModes.Execute);
        if (error != Errno.None)
            return error;

        bool isSticky = (directory.Mode & FileMode.Sticky) != 0;
        bool isOwner = child.UserId == who.FileUserId || directory.UserId == who.FileUserId || who.IsFilePrivileged;
        return isSticky && !isOwner ? Errno.EPERM : Errno.None;
    }

    /// <summary>Whether a thread may change a file's mode and times as its owner may.</summary>
    public static bool IsOwner(Inode inode, in Credentials who) => who.IsFilePrivileged || inode.UserId == who.FileUserId;

    // Reading, writing and searching are always allowed; executing only what somebody may execute.
    private static Errno CheckPrivileged(uint mode, AccessModes wanted)
    {
        bool isExecutable = (mode & FileMode.TypeMask) == FileMode.Directory || (mode & FileMode.AnyExecute) != 0;
        return (wanted & AccessModes.Execute) != 0 && !isExecutable ? Errno.EACCES : Errno.None;
    }
}
