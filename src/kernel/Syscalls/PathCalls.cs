// Calls that name files by paths.
using System;
using Commence.Abi;
using Commence.Fs;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Syscalls;

/// <summary>System calls on names.</summary>
internal static class PathCalls
{
    private const int Here = DescriptorNumber.CurrentDirectory;

    [Syscall("open", x64: 2)]
    internal static Result<int> Open(UserAddr path, OpenFlags flags, uint mode) => OpenAt(Here, path, flags, mode);

    [Syscall("creat", x64: 85)]
    internal static Result<int> Create(UserAddr path, uint mode) =>
        OpenAt(Here, path, OpenFlags.O_CREAT | OpenFlags.WriteOnly | OpenFlags.O_TRUNC, mode);

    [Syscall("openat", x64: 257, arm64: 56)]
    internal static Result<int> OpenAt(int directory, UserAddr path, OpenFlags flags, uint mode)
    {
        Errno error = PathCall.Begin(directory, path, out UserPath text, out Path start);
        Result<File> opened = error == Errno.None ? Vfs.Open(PathCall.View, start, text.Text, flags, mode) : error;
        text.Dispose();
        return opened.IsOk ? Descriptors.Install(opened.Value, (flags & OpenFlags.O_CLOEXEC) != 0) : opened.Error;
    }

    [Syscall("mkdir", x64: 83)]
    internal static Errno MakeDirectory(UserAddr path, uint mode) => MakeDirectoryAt(Here, path, mode);

    [Syscall("mkdirat", x64: 258, arm64: 34)]
    internal static Errno MakeDirectoryAt(int directory, UserAddr path, uint mode) =>
        MakeNode(directory, path, FileMode.Directory | (mode & (FileMode.ReadWriteExecuteAll | FileMode.Sticky)), default);

    [Syscall("mknod", x64: 133)]
    internal static Errno MakeNode(UserAddr path, uint mode, uint device) => MakeNodeAt(Here, path, mode, device);

    [Syscall("mknodat", x64: 259, arm64: 33)]
    internal static Errno MakeNodeAt(int directory, UserAddr path, uint mode, uint device)
    {
        uint type = mode & FileMode.TypeMask;
        if (type == 0)
            mode |= FileMode.Regular;
        bool isDevice = type is FileMode.CharacterDevice or FileMode.BlockDevice;
        if (isDevice && !UserThread.Current.Credentials.IsPrivileged)
            return Errno.EPERM;
        return type switch
        {
            0 or FileMode.Regular or FileMode.Fifo or FileMode.Socket or FileMode.CharacterDevice or FileMode.BlockDevice =>
                MakeNode(directory, path, mode, isDevice ? DeviceNumber.Decode(device) : default),
            FileMode.Directory => Errno.EPERM,
            _ => Errno.EINVAL,
        };
    }

    [Syscall("rmdir", x64: 84)]
    internal static Errno RemoveDirectory(UserAddr path) => UnlinkAt(Here, path, AtFlags.AT_REMOVEDIR);

    [Syscall("unlink", x64: 87)]
    internal static Errno Unlink(UserAddr path) => UnlinkAt(Here, path, AtFlags.None);

    [Syscall("unlinkat", x64: 263, arm64: 35)]
    internal static Errno UnlinkAt(int directory, UserAddr path, AtFlags flags)
    {
        if ((flags & ~AtFlags.AT_REMOVEDIR) != 0)
            return Errno.EINVAL;

        Errno error = PathCall.Begin(directory, path, out UserPath text, out Path start);
        if (error == Errno.None)
        {
            error = flags == AtFlags.AT_REMOVEDIR
                ? Vfs.RemoveDirectory(PathCall.View, start, text.Text)
                : Vfs.Unlink(PathCall.View, start, text.Text);
        }

        text.Dispose();
        return error;
    }

    [Syscall("symlink", x64: 88)]
    internal static Errno SymbolicLink(UserAddr target, UserAddr path) => SymbolicLinkAt(target, Here, path);

    [Syscall("symlinkat", x64: 266, arm64: 36)]
    internal static Errno SymbolicLinkAt(UserAddr target, int directory, UserAddr path)
    {
        Errno error = UserPath.TryRead(target, out UserPath targetText);
        if (error == Errno.None)
        {
            error = PathCall.Begin(directory, path, out UserPath text, out Path start);
            if (error == Errno.None)
                error = Vfs.MakeLink(PathCall.View, targetText.Text, start, text.Text);
            text.Dispose();
        }

        targetText.Dispose();
        return error;
    }

    [Syscall("link", x64: 86)]
    internal static Errno Link(UserAddr oldPath, UserAddr newPath) => LinkAt(Here, oldPath, Here, newPath, AtFlags.None);

    [Syscall("linkat", x64: 265, arm64: 37)]
    internal static Errno LinkAt(int oldDirectory, UserAddr oldPath, int newDirectory, UserAddr newPath, AtFlags flags)
    {
        if ((flags & ~(AtFlags.AT_SYMLINK_FOLLOW | AtFlags.AT_EMPTY_PATH)) != 0)
            return Errno.EINVAL;

        WalkFlags walk = (flags & AtFlags.AT_SYMLINK_FOLLOW) != 0 ? WalkFlags.FollowLast : WalkFlags.None;
        Result<Path> file = PathCall.Resolve(oldDirectory, oldPath, walk | PathCall.EmptyFlag(flags));
        if (!file.IsOk)
            return file.Error;

        Errno error = PathCall.Begin(newDirectory, newPath, out UserPath text, out Path start);
        if (error == Errno.None)
            error = Vfs.Link(PathCall.View, file.Value, start, text.Text);
        text.Dispose();
        file.Value.Put();
        return error;
    }

    [Syscall("rename", x64: 82)]
    internal static Errno Rename(UserAddr oldPath, UserAddr newPath) => RenameAt2(Here, oldPath, Here, newPath, RenameFlags.None);

    [Syscall("renameat", x64: 264, arm64: 38)]
    internal static Errno RenameAt(int oldDirectory, UserAddr oldPath, int newDirectory, UserAddr newPath) =>
        RenameAt2(oldDirectory, oldPath, newDirectory, newPath, RenameFlags.None);

    [Syscall("renameat2", x64: 316, arm64: 276)]
    internal static Errno RenameAt2(int oldDirectory, UserAddr oldPath, int newDirectory, UserAddr newPath, RenameFlags flags)
    {
        if (flags is not (RenameFlags.None or RenameFlags.NoReplace or RenameFlags.Exchange))
            return Errno.EINVAL;

        Errno error = PathCall.Begin(oldDirectory, oldPath, out UserPath oldText, out Path oldStart);
        if (error == Errno.None)
        {
            error = PathCall.Begin(newDirectory, newPath, out UserPath newText, out Path newStart);
            if (error == Errno.None)
                error = Vfs.Rename(PathCall.View, oldStart, oldText.Text, newStart, newText.Text, flags);
            else
                oldStart.Put();
            newText.Dispose();
        }

        oldText.Dispose();
        return error;
    }

    [Syscall("readlink", x64: 89)]
    internal static Result<int> ReadLink(UserAddr path, UserAddr buffer, int size) => ReadLinkAt(Here, path, buffer, size);

    [Syscall("readlinkat", x64: 267, arm64: 78)]
    internal static Result<int> ReadLinkAt(int directory, UserAddr path, UserAddr buffer, int size)
    {
        if (size <= 0)
            return Errno.EINVAL;

        Result<Path> link = PathCall.Resolve(directory, path, WalkFlags.AllowEmpty);
        if (!link.IsOk)
            return link.Error;

        Result<int> result = ReadLink(link.Value, buffer, size);
        link.Value.Put();
        return result;
    }

    [Syscall("chdir", x64: 80, arm64: 49)]
    internal static Errno ChangeDirectory(UserAddr path)
    {
        Result<Path> found = PathCall.Resolve(Here, path, WalkFlags.FollowLast);
        return found.IsOk ? EnterDirectory(found.Value) : found.Error;
    }

    [Syscall("fchdir", x64: 81, arm64: 50)]
    internal static Errno ChangeDirectoryTo(int descriptor)
    {
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Errno error = file.Path.IsNull ? Errno.ENOTDIR : EnterDirectory(file.Path.Get());
        file.Put();
        return error;
    }

    [Syscall("chroot", x64: 161, arm64: 51)]
    internal static Errno ChangeRoot(UserAddr path)
    {
        Result<Path> found = PathCall.Resolve(Here, path, WalkFlags.FollowLast);
        if (!found.IsOk)
            return found.Error;

        UserThread self = UserThread.Current;
        Errno error = CheckEnter(found.Value);
        if (error == Errno.None && !self.Credentials.IsPrivileged)
            error = Errno.EPERM;
        if (error == Errno.None)
            self.FileSystemView!.SetRoot(found.Value);
        else
            found.Value.Put();
        return error;
    }

    [Syscall("getcwd", x64: 79, arm64: 17)]
    internal static Result<int> GetCurrentDirectory(UserAddr buffer, ulong size)
    {
        if (!Kmalloc.TryAllocate(PathWalk.LengthMax, out KBuffer room))
            return Errno.ENOMEM;

        Result<int> result = FormatCurrent(buffer, size, room.Span);
        room.Free();
        return result;
    }

    [Syscall("umask", x64: 95, arm64: 166)]
    internal static uint SetMask(uint mask) => UserThread.Current.FileSystemView!.ExchangeMask(mask);

    [Syscall("truncate", x64: 76, arm64: 45)]
    internal static Errno Truncate(UserAddr path, long size)
    {
        if (size < 0)
            return Errno.EINVAL;
        Result<Path> found = PathCall.Resolve(Here, path, WalkFlags.FollowLast);
        if (!found.IsOk)
            return found.Error;

        Inode inode = found.Value.Inode;
        Errno error = inode.IsDirectory ? Errno.EISDIR
            : !inode.IsRegular ? Errno.EINVAL
            : Vfs.CheckWritable(found.Value.Mount);
        if (error == Errno.None)
            error = Permission.Check(inode, in UserThread.Current.Credentials, AccessModes.Write);
        if (error == Errno.None)
            error = inode.Truncate(size);
        found.Value.Put();
        return error;
    }

    private static Errno MakeNode(int directory, UserAddr path, uint mode, DeviceNumber device)
    {
        Errno error = PathCall.Begin(directory, path, out UserPath text, out Path start);
        if (error == Errno.None)
            error = Vfs.MakeNode(PathCall.View, start, text.Text, mode, device);
        text.Dispose();
        return error;
    }

    private static Result<int> ReadLink(Path link, UserAddr buffer, int size)
    {
        if (!link.Inode.IsSymbolicLink)
            return Errno.EINVAL;
        if (!Kmalloc.TryAllocate(Math.Min(size, PathWalk.LengthMax), out KBuffer room))
            return Errno.ENOMEM;

        Result<int> read = link.Inode.ReadLink(room.Span);
        if (read.IsOk && !UserMemory.TryCopyOut(buffer, room.Span[..read.Value]))
            read = Errno.EFAULT;
        room.Free();
        return read;
    }

    private static Errno CheckEnter(Path place) =>
        place.Inode.IsDirectory
            ? Permission.Check(place.Inode, in UserThread.Current.Credentials, AccessModes.Execute)
            : Errno.ENOTDIR;

    private static Errno EnterDirectory(Path place)
    {
        Errno error = CheckEnter(place);
        if (error == Errno.None)
            UserThread.Current.FileSystemView!.SetCurrent(place);
        else
            place.Put();
        return error;
    }

    private static Result<int> FormatCurrent(UserAddr buffer, ulong size, Span<byte> room)
    {
        FsContext context = UserThread.Current.FileSystemView!;
        Path root = context.GetRoot();
        Path current = context.GetCurrent();
        bool exists = current.Inode.FileSystem.Dentries.IsFindable(current.Dentry);
        Errno error = PathText.TryFormat(RootFs.Mounts, current, root, room[..^1], out ReadOnlySpan<byte> text);
        current.Put();
        root.Put();
        if (!exists)
            return Errno.ENOENT;
        if (error != Errno.None)
            return error == Errno.ERANGE ? Errno.ENAMETOOLONG : error;

        // The text ends before the last byte of the room, which is zero.
        int length = text.Length + 1;
        if ((ulong)length > size)
            return Errno.ERANGE;
        return UserMemory.TryCopyOut(buffer, room[^length..]) ? length : Errno.EFAULT;
    }
}
