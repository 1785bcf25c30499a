// Mounting and unmounting.
//
// Source: mount(2), umount2(2).
using System;
using Commence.Abi;
using Commence.Fs;
using Commence.Memory;
using Commence.Processes;

namespace Commence.Syscalls;

/// <summary>System calls on mounts.</summary>
internal static class MountCalls
{
    private const int Here = DescriptorNumber.CurrentDirectory;
    private const MountFlags PrivateFlag = (MountFlags)(1 << 18);
    private const MountFlags OtherPropagation = (MountFlags)((1 << 17) | (1 << 19) | (1 << 20));
    private const MountFlags Kept = MountFlags.ReadOnly | MountFlags.NoSetUserId | MountFlags.NoDevices | MountFlags.NoExecute;

    [Syscall("mount", x64: 165, arm64: 40)]
    internal static Errno Mount(UserAddr source, UserAddr target, UserAddr type, MountFlags flags, UserAddr options)
    {
        const uint OldMagicMask = 0xFFFF_0000;
        const uint OldMagic = 0xC0ED_0000;
        if (!UserThread.Current.Credentials.IsPrivileged)
            return Errno.EPERM;
        if (((uint)flags & OldMagicMask) == OldMagic)
            flags &= (MountFlags)~OldMagicMask;

        Result<Path> place = PathCall.Resolve(Here, target, WalkFlags.FollowLast);
        if (!place.IsOk)
            return place.Error;

        Errno error = Mount(source, place.Value, type, flags, options);
        place.Value.Put();
        return error;
    }

    [Syscall("umount2", x64: 166, arm64: 39)]
    internal static Errno Unmount(UserAddr target, uint flags)
    {
        const uint Force = 1;
        const uint Detach = 2;
        const uint NoFollow = 8;
        if (!UserThread.Current.Credentials.IsPrivileged)
            return Errno.EPERM;
        if ((flags & ~(Force | Detach | NoFollow)) != 0)
            return (flags & ~(Force | Detach | NoFollow)) == 4 ? Errno.ENOSYS : Errno.EINVAL; // 4: MNT_EXPIRE

        Result<Path> place = PathCall.Resolve(Here, target, (flags & NoFollow) != 0 ? WalkFlags.None : WalkFlags.FollowLast);
        if (!place.IsOk)
            return place.Error;

        Errno error = place.Value.Dentry == place.Value.Mount.Root
            ? RootFs.Mounts.Detach(place.Value.Mount, (flags & Detach) != 0)
            : Errno.EINVAL;
        place.Value.Put();
        return error;
    }

    private static Errno Mount(UserAddr source, Path target, UserAddr type, MountFlags flags, UserAddr options)
    {
        if ((flags & MountFlags.Remount) != 0)
            return Remount(target, flags);
        if ((flags & OtherPropagation) != 0)
            return Errno.EINVAL; // there is one tree, and nothing to propagate to
        if ((flags & PrivateFlag) != 0)
            return target.Dentry == target.Mount.Root ? Errno.None : Errno.EINVAL; // mounts are private as they are
        if ((flags & (MountFlags.Bind | MountFlags.Move)) != 0)
            return MountPlace(source, target, flags);
        return MountNew(target, type, flags, options);
    }

    private static Errno Remount(Path target, MountFlags flags)
    {
        if (target.Dentry != target.Mount.Root)
            return Errno.EINVAL;

        target.Mount.ChangeFlags(flags & Kept);
        return Errno.None;
    }

    private static Errno MountPlace(UserAddr source, Path target, MountFlags flags)
    {
        Result<Path> found = PathCall.Resolve(Here, source, WalkFlags.FollowLast);
        if (!found.IsOk)
            return found.Error;

        Path place = found.Value;
        Errno error;
        if ((flags & MountFlags.Move) != 0)
            error = place.Dentry == place.Mount.Root ? RootFs.Mounts.Move(place.Mount, target) : Errno.EINVAL;
        else
            error = RootFs.Mounts.Attach(place.Mount.FileSystem, place.Dentry, target, place.Mount.Flags & Kept);
        place.Put();
        return error;
    }

    private static Errno MountNew(Path target, UserAddr type, MountFlags flags, UserAddr options)
    {
        if (type.IsNull)
            return Errno.EINVAL;

        Errno error = UserPath.TryRead(type, out UserPath name);
        if (error == Errno.None)
        {
            UserPath text = default;
            if (!options.IsNull)
                error = UserPath.TryRead(options, out text);
            if (error == Errno.None)
                error = MountNew(target, name.Text, flags, options.IsNull ? default : text.Text);
            if (!options.IsNull)
                text.Dispose();
        }

        name.Dispose();
        return error;
    }

    private static Errno MountNew(Path target, ReadOnlySpan<byte> typeName, MountFlags flags, ReadOnlySpan<byte> options)
    {
        FileSystemType? type = FileSystemTypes.Find(typeName);
        if (type is null)
            return Errno.ENODEV;

        Result<FileSystem> opened = type.Open(options);
        if (!opened.IsOk)
            return opened.Error;

        FileSystem fileSystem = opened.Value;
        bool isThere = target.Mount.FileSystem == fileSystem && target.Dentry == fileSystem.Root;
        Errno error = isThere ? Errno.EBUSY : RootFs.Mounts.Attach(fileSystem, fileSystem.Root, target, flags & Kept);
        fileSystem.Put(); // the mount has a use of its own
        return error;
    }
}
