// Attributes of files: stat, chmod, chown, times, access.
using Commence.Abi;
using Commence.Fs;
using Commence.Memory;
using Commence.Processes;

namespace Commence.Syscalls;

/// <summary>System calls on attributes.</summary>
internal static class AttributeCalls
{
    private const int Here = DescriptorNumber.CurrentDirectory;
    private const AtFlags StatFlags =
        AtFlags.AT_SYMLINK_NOFOLLOW | AtFlags.AT_EMPTY_PATH | AtFlags.AT_NO_AUTOMOUNT | AtFlags.AT_STATX_FORCE_SYNC | AtFlags.AT_STATX_DONT_SYNC;

    [Syscall("stat", x64: 4)]
    internal static Errno Stat(UserAddr path, UserPtr<Stat> result) => StatAt(Here, path, result, AtFlags.None);

    [Syscall("lstat", x64: 6)]
    internal static Errno StatLink(UserAddr path, UserPtr<Stat> result) => StatAt(Here, path, result, AtFlags.AT_SYMLINK_NOFOLLOW);

    [Syscall("fstat", x64: 5, arm64: 80)]
    internal static Errno StatFile(int descriptor, UserPtr<Stat> result)
    {
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        file.ReadAttributes(out Stat attributes);
        file.Put();
        return result.TryWrite(in attributes) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("newfstatat", x64: 262, arm64: 79)]
    internal static Errno StatAt(int directory, UserAddr path, UserPtr<Stat> result, AtFlags flags)
    {
        if ((flags & ~StatFlags) != 0)
            return Errno.EINVAL;

        Errno error = Read(directory, path, flags, out Stat attributes, out _);
        if (error != Errno.None)
            return error;
        return result.TryWrite(in attributes) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("statx", x64: 332, arm64: 291)]
    internal static Errno StatExtended(int directory, UserAddr path, AtFlags flags, uint mask, UserPtr<Statx> result)
    {
        const uint Reserved = 0x8000_0000;
        const AtFlags BothSync = AtFlags.AT_STATX_FORCE_SYNC | AtFlags.AT_STATX_DONT_SYNC;
        if ((flags & ~StatFlags) != 0 || (flags & BothSync) == BothSync || (mask & Reserved) != 0)
            return Errno.EINVAL;

        Errno error = Read(directory, path, flags, out Stat attributes, out uint mountId);
        if (error != Errno.None)
            return error;

        Statx extended = ToExtended(in attributes, mountId);
        return result.TryWrite(in extended) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("access", x64: 21)]
    internal static Errno Access(UserAddr path, AccessModes modes) => AccessAt2(Here, path, modes, AtFlags.None);

    [Syscall("faccessat", x64: 269, arm64: 48)]
    internal static Errno AccessAt(int directory, UserAddr path, AccessModes modes) => AccessAt2(directory, path, modes, AtFlags.None);

    [Syscall("faccessat2", x64: 439, arm64: 439)]
    internal static Errno AccessAt2(int directory, UserAddr path, AccessModes modes, AtFlags flags)
    {
        const AccessModes All = AccessModes.Read | AccessModes.Write | AccessModes.Execute;
        if ((modes & ~All) != 0 || (flags & ~(AtFlags.AT_EACCESS | AtFlags.AT_SYMLINK_NOFOLLOW | AtFlags.AT_EMPTY_PATH)) != 0)
            return Errno.EINVAL;

        // The real user counts, not the effective one, unless AT_EACCESS says otherwise.
        UserThread self = UserThread.Current;
        Credentials who = self.Credentials;
        if ((flags & AtFlags.AT_EACCESS) == 0)
        {
            who.FileUserId = who.UserId;
            who.FileGroupId = who.GroupId;
        }

        Errno error = PathCall.Begin(directory, path, out UserPath text, out Path start);
        if (error == Errno.None)
            error = Access(new FsView(RootFs.Mounts, self.FileSystemView!, in who), start, text.Text, PathCall.ToWalkFlags(flags), modes);
        text.Dispose();
        return error;
    }

    [Syscall("chmod", x64: 90)]
    internal static Errno ChangeMode(UserAddr path, uint mode) => ChangeModeAt(Here, path, mode);

    [Syscall("fchmod", x64: 91, arm64: 52)]
    internal static Errno ChangeModeOf(int descriptor, uint mode)
    {
        Result<Path> place = PlaceOf(descriptor);
        return place.IsOk ? ChangeMode(place.Value, mode) : place.Error;
    }

    [Syscall("fchmodat", x64: 268, arm64: 53)]
    internal static Errno ChangeModeAt(int directory, UserAddr path, uint mode)
    {
        Result<Path> place = PathCall.Resolve(directory, path, WalkFlags.FollowLast);
        return place.IsOk ? ChangeMode(place.Value, mode) : place.Error;
    }

    [Syscall("chown", x64: 92)]
    internal static Errno ChangeOwner(UserAddr path, uint userId, uint groupId) => ChangeOwnerAt(Here, path, userId, groupId, AtFlags.None);

    [Syscall("lchown", x64: 94)]
    internal static Errno ChangeOwnerOfLink(UserAddr path, uint userId, uint groupId) =>
        ChangeOwnerAt(Here, path, userId, groupId, AtFlags.AT_SYMLINK_NOFOLLOW);

    [Syscall("fchown", x64: 93, arm64: 55)]
    internal static Errno ChangeOwnerOf(int descriptor, uint userId, uint groupId)
    {
        Result<Path> place = PlaceOf(descriptor);
        return place.IsOk ? ChangeOwner(place.Value, userId, groupId) : place.Error;
    }

    [Syscall("fchownat", x64: 260, arm64: 54)]
    internal static Errno ChangeOwnerAt(int directory, UserAddr path, uint userId, uint groupId, AtFlags flags)
    {
        if ((flags & ~(AtFlags.AT_SYMLINK_NOFOLLOW | AtFlags.AT_EMPTY_PATH)) != 0)
            return Errno.EINVAL;

        Result<Path> place = PathCall.Resolve(directory, path, PathCall.ToWalkFlags(flags));
        return place.IsOk ? ChangeOwner(place.Value, userId, groupId) : place.Error;
    }

    [Syscall("utimensat", x64: 280, arm64: 88)]
    internal static Errno SetTimes(int directory, UserAddr path, UserPtr<Timespec> times, AtFlags flags)
    {
        if ((flags & ~(AtFlags.AT_SYMLINK_NOFOLLOW | AtFlags.AT_EMPTY_PATH)) != 0)
            return Errno.EINVAL;

        FileTimes wanted = FileTimes.Now;
        if (!times.IsNull && (!times.TryRead(out wanted.Access) || !times.TryRead(1, out wanted.Modification)))
            return Errno.EFAULT;
        return SetTimes(directory, path, in wanted, flags);
    }

    [Syscall("utimes", x64: 235)]
    internal static Errno SetTimes(UserAddr path, UserPtr<Timeval> times) => SetTimesAt(Here, path, times);

    [Syscall("futimesat", x64: 261)]
    internal static Errno SetTimesAt(int directory, UserAddr path, UserPtr<Timeval> times)
    {
        FileTimes wanted = FileTimes.Now;
        if (!times.IsNull)
        {
            if (!times.TryRead(out Timeval access) || !times.TryRead(1, out Timeval modification))
                return Errno.EFAULT;
            if (!access.IsValid || !modification.IsValid)
                return Errno.EINVAL;
            wanted.Access = access.ToTimespec();
            wanted.Modification = modification.ToTimespec();
        }

        return SetTimes(directory, path, in wanted, AtFlags.None);
    }

    [Syscall("statfs", x64: 137, arm64: 43)]
    internal static Errno StatFileSystem(UserAddr path, UserPtr<StatFs> result)
    {
        Result<Path> place = PathCall.Resolve(Here, path, WalkFlags.FollowLast);
        return place.IsOk ? StatFileSystem(place.Value, result) : place.Error;
    }

    [Syscall("fstatfs", x64: 138, arm64: 44)]
    internal static Errno StatFileSystemOf(int descriptor, UserPtr<StatFs> result)
    {
        Result<Path> place = PlaceOf(descriptor);
        return place.IsOk ? StatFileSystem(place.Value, result) : place.Error;
    }

    /// <summary>Times as utimensat takes them.</summary>
    private struct FileTimes
    {
        internal const long UseNow = 0x3FFF_FFFF;
        internal const long Omit = 0x3FFF_FFFE;

        internal Timespec Access;
        internal Timespec Modification;

        internal static FileTimes Now => new()
        {
            Access = new Timespec { Nanoseconds = UseNow },
            Modification = new Timespec { Nanoseconds = UseNow },
        };

        internal readonly bool IsNow => Access.Nanoseconds == UseNow && Modification.Nanoseconds == UseNow;

        internal static bool IsValid(in Timespec time) => time.Nanoseconds is UseNow or Omit || (ulong)time.Nanoseconds < 1_000_000_000;
    }

    private static Errno Read(int directory, UserAddr path, AtFlags flags, out Stat attributes, out uint mountId)
    {
        attributes = default;
        mountId = 0;

        // fstatat(fd, "", AT_EMPTY_PATH) also works for files without a place; glibc's fstat is made of it.
        if ((flags & AtFlags.AT_EMPTY_PATH) != 0 && directory != Here && IsEmpty(path))
        {
            File? file = UserThread.Current.GetFile(directory);
            if (file is null)
                return Errno.EBADF;

            file.ReadAttributes(out attributes);
            mountId = file.Path.IsNull ? 0 : file.Path.Mount.Id;
            file.Put();
            return Errno.None;
        }

        Result<Path> place = PathCall.Resolve(directory, path, PathCall.ToWalkFlags(flags));
        if (!place.IsOk)
            return place.Error;

        place.Value.Inode.ReadAttributes(out attributes);
        mountId = place.Value.Mount.Id;
        place.Value.Put();
        return Errno.None;
    }

    private static bool IsEmpty(UserAddr path) => new UserPtr<byte>(path).TryRead(out byte first) && first == 0;

    private static Statx ToExtended(in Stat attributes, uint mountId)
    {
        const uint MountIdMask = 0x1000;
        DeviceNumber device = DeviceNumber.Decode((uint)attributes.Device);
        DeviceNumber special = DeviceNumber.Decode((uint)attributes.SpecialDevice);
        return new Statx
        {
            Mask = Statx.BasicStats | (mountId != 0 ? MountIdMask : 0),
            BlockSize = (uint)attributes.BlockSize,
            LinkCount = (uint)attributes.LinkCount,
            UserId = attributes.UserId,
            GroupId = attributes.GroupId,
            Mode = (ushort)attributes.Mode,
            Inode = attributes.Inode,
            Size = (ulong)attributes.Size,
            Blocks = (ulong)attributes.Blocks,
            AccessTime = StatxTime.From(in attributes.AccessTime),
            ModificationTime = StatxTime.From(in attributes.ModificationTime),
            ChangeTime = StatxTime.From(in attributes.ChangeTime),
            DeviceMajor = device.Major,
            DeviceMinor = device.Minor,
            SpecialDeviceMajor = special.Major,
            SpecialDeviceMinor = special.Minor,
            MountId = mountId,
        };
    }

    private static Errno Access(FsView view, Path start, System.ReadOnlySpan<byte> path, WalkFlags flags, AccessModes modes)
    {
        Result<Path> place = Vfs.Resolve(in view, start, path, flags);
        if (!place.IsOk)
            return place.Error;

        Inode inode = place.Value.Inode;
        bool writes = (modes & AccessModes.Write) != 0 && (inode.IsRegular || inode.IsDirectory);
        Errno error = writes ? Vfs.CheckWritable(place.Value.Mount) : Errno.None;
        if (error == Errno.None && modes != AccessModes.Exists)
            error = Permission.Check(inode, in view.Who, modes);
        place.Value.Put();
        return error;
    }

    // The place of an open file, with a use for the caller.
    private static Result<Path> PlaceOf(int descriptor)
    {
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Result<Path> place = file.Path.IsNull ? Errno.ENOSYS : file.Path.Get();
        file.Put();
        return place;
    }

    // Takes over the use of the place, like the ones below.
    private static Errno ChangeMode(Path place, uint mode)
    {
        ref readonly Credentials who = ref UserThread.Current.Credentials;
        Inode inode = place.Inode;
        Errno error = Vfs.CheckWritable(place.Mount);
        if (error == Errno.None && !Permission.IsOwner(inode, in who))
            error = Errno.EPERM;
        if (error == Errno.None)
        {
            // Nobody gives a set-group-id bit to a group that he does not belong to.
            if (!who.IsFilePrivileged && !who.IsMember(inode.GroupId))
                mode &= ~FileMode.SetGroupId;
            error = inode.ChangeMode(mode);
        }

        place.Put();
        return error;
    }

    private static Errno ChangeOwner(Path place, uint userId, uint groupId)
    {
        const uint Keep = uint.MaxValue;
        ref readonly Credentials who = ref UserThread.Current.Credentials;
        Inode inode = place.Inode;
        uint newUser = userId == Keep ? inode.UserId : userId;
        uint newGroup = groupId == Keep ? inode.GroupId : groupId;
        bool mayGiveGroup = Permission.IsOwner(inode, in who) && (newGroup == inode.GroupId || who.IsMember(newGroup));
        bool isAllowed = who.IsFilePrivileged || (newUser == inode.UserId && mayGiveGroup);
        Errno error = Vfs.CheckWritable(place.Mount);
        if (error == Errno.None)
            error = isAllowed ? inode.ChangeOwner(newUser, newGroup) : Errno.EPERM;
        if (error == Errno.None)
            inode.DropSetIdBits();
        place.Put();
        return error;
    }

    private static Errno SetTimes(int directory, UserAddr path, in FileTimes times, AtFlags flags)
    {
        if (!FileTimes.IsValid(in times.Access) || !FileTimes.IsValid(in times.Modification))
            return Errno.EINVAL;

        // A null path means the descriptor itself: futimens().
        Result<Path> place = path.IsNull && directory != Here ? PlaceOf(directory) : PathCall.Resolve(directory, path, PathCall.ToWalkFlags(flags));
        return place.IsOk ? SetTimes(place.Value, in times) : place.Error;
    }

    private static Errno SetTimes(Path place, in FileTimes times)
    {
        ref readonly Credentials who = ref UserThread.Current.Credentials;
        Inode inode = place.Inode;
        Errno error = Vfs.CheckWritable(place.Mount);
        if (error == Errno.None && !Permission.IsOwner(inode, in who))
            error = times.IsNow ? Permission.Check(inode, in who, AccessModes.Write) : Errno.EPERM;
        if (error == Errno.None)
        {
            Timespec now = Timespec.From(Time.Clock.Realtime());
            Timespec access = times.Access.Nanoseconds == FileTimes.UseNow ? now : times.Access;
            Timespec modification = times.Modification.Nanoseconds == FileTimes.UseNow ? now : times.Modification;
            inode.SetTimes(
                in access, times.Access.Nanoseconds != FileTimes.Omit, in modification, times.Modification.Nanoseconds != FileTimes.Omit);
        }

        place.Put();
        return error;
    }

    private static Errno StatFileSystem(Path place, UserPtr<StatFs> result)
    {
        FileSystem fileSystem = place.Mount.FileSystem;
        StatFs statistics = new()
        {
            Type = fileSystem.Magic,
            BlockSize = Limits.PageSizeBytes,
            FragmentSize = Limits.PageSizeBytes,
            NameLengthMax = FileName.LengthMax,
            FileSystemId = fileSystem.Device.Encoded,
            Flags = (long)(place.Mount.Flags & (MountFlags.ReadOnly | MountFlags.NoSetUserId | MountFlags.NoDevices | MountFlags.NoExecute)) | 0x20,
        };
        fileSystem.ReadStatistics(ref statistics);
        place.Put();
        return result.TryWrite(in statistics) ? Errno.None : Errno.EFAULT;
    }
}
