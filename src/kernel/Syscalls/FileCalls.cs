// Reading, writing and descriptors.
using System;
using Commence.Abi;
using Commence.Fs;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Syscalls;

/// <summary>System calls on open files.</summary>
internal static class FileCalls
{
    [Syscall("read", x64: 0, arm64: 63)]
    internal static Result<long> Read(int descriptor, UserAddr buffer, ulong count)
    {
        IoBuffer destination = IoBuffer.OfUser(buffer, count);
        return Transfer.Read(descriptor, ref destination);
    }

    [Syscall("write", x64: 1, arm64: 64)]
    internal static Result<long> Write(int descriptor, UserAddr buffer, ulong count)
    {
        IoBuffer source = IoBuffer.OfUser(buffer, count);
        return Transfer.Write(descriptor, ref source);
    }

    [Syscall("readv", x64: 19, arm64: 65)]
    internal static Result<long> ReadVector(int descriptor, UserPtr<IoVector> vectors, ulong count)
    {
        Errno error = IoBuffer.TryOfVectors(vectors, count, out IoBuffer destination);
        return error == Errno.None ? Transfer.Read(descriptor, ref destination) : error;
    }

    [Syscall("writev", x64: 20, arm64: 66)]
    internal static Result<long> WriteVector(int descriptor, UserPtr<IoVector> vectors, ulong count)
    {
        Errno error = IoBuffer.TryOfVectors(vectors, count, out IoBuffer source);
        return error == Errno.None ? Transfer.Write(descriptor, ref source) : error;
    }

    [Syscall("pread64", x64: 17, arm64: 67)]
    internal static Result<long> ReadAt(int descriptor, UserAddr buffer, ulong count, long position)
    {
        IoBuffer destination = IoBuffer.OfUser(buffer, count);
        return Transfer.ReadAt(descriptor, ref destination, position);
    }

    [Syscall("pwrite64", x64: 18, arm64: 68)]
    internal static Result<long> WriteAt(int descriptor, UserAddr buffer, ulong count, long position)
    {
        IoBuffer source = IoBuffer.OfUser(buffer, count);
        return Transfer.WriteAt(descriptor, ref source, position);
    }

    [Syscall("preadv", x64: 295, arm64: 69)]
    internal static Result<long> ReadVectorAt(int descriptor, UserPtr<IoVector> vectors, ulong count, long position)
    {
        Errno error = IoBuffer.TryOfVectors(vectors, count, out IoBuffer destination);
        return error == Errno.None ? Transfer.ReadAt(descriptor, ref destination, position) : error;
    }

    [Syscall("pwritev", x64: 296, arm64: 70)]
    internal static Result<long> WriteVectorAt(int descriptor, UserPtr<IoVector> vectors, ulong count, long position)
    {
        Errno error = IoBuffer.TryOfVectors(vectors, count, out IoBuffer source);
        return error == Errno.None ? Transfer.WriteAt(descriptor, ref source, position) : error;
    }

    [Syscall("lseek", x64: 8, arm64: 62)]
    internal static Result<long> Seek(int descriptor, long offset, SeekOrigin origin)
    {
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Result<long> result;
        using (Mutex.Guard guard = file.PositionLock.Lock())
        {
            result = file.Seek(offset, origin);
            if (result.IsOk)
                file.Position = result.Value;
        }

        file.Put();
        return result;
    }

    [Syscall("sendfile", x64: 40, arm64: 71)]
    internal static Result<long> SendFile(int output, int input, UserPtr<long> position, ulong count) =>
        Transfer.Send(output, input, position, (long)Math.Min(count, (ulong)IoBuffer.LengthMax));

    [Syscall("copy_file_range", x64: 326, arm64: 285)]
    internal static Result<long> CopyRange(int input, UserPtr<long> inPosition, int output, UserPtr<long> outPosition, ulong count, uint flags) =>
        flags != 0 ? Errno.EINVAL : Transfer.Copy(input, inPosition, output, outPosition, (long)Math.Min(count, (ulong)IoBuffer.LengthMax));

    [Syscall("close", x64: 3, arm64: 57)]
    internal static Errno Close(int descriptor)
    {
        File? file = UserThread.Current.Files!.Remove(descriptor);
        if (file is null)
            return Errno.EBADF;

        file.Put();
        return Errno.None;
    }

    [Syscall("close_range", x64: 436, arm64: 436)]
    internal static Errno CloseRange(uint first, uint last, uint flags)
    {
        const uint CloseOnExecFlag = 4;
        if (first > last || (flags & ~CloseOnExecFlag) != 0)
            return (flags & ~CloseOnExecFlag) == 2 ? Errno.ENOSYS : Errno.EINVAL; // 2: CLOSE_RANGE_UNSHARE

        FileTable files = UserThread.Current.Files!;
        int descriptor = first < FileTable.CountMax ? files.FindOpen((int)first) : -1;
        while (descriptor >= 0 && (uint)descriptor <= last)
        {
            if (flags != 0)
                _ = files.TrySetCloseOnExec(descriptor, true); // closed meanwhile: just as well
            else
                files.Remove(descriptor)?.Put();
            descriptor = files.FindOpen(descriptor + 1);
        }

        return Errno.None;
    }

    [Syscall("dup", x64: 32, arm64: 23)]
    internal static Result<int> Duplicate(int descriptor) => DuplicateFrom(descriptor, 0, closeOnExec: false);

    [Syscall("dup2", x64: 33)]
    internal static Result<int> Duplicate2(int descriptor, int target)
    {
        if (descriptor != target)
            return DuplicateTo(descriptor, target, closeOnExec: false);

        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        file.Put();
        return target;
    }

    [Syscall("dup3", x64: 292, arm64: 24)]
    internal static Result<int> Duplicate3(int descriptor, int target, OpenFlags flags)
    {
        if ((flags & ~OpenFlags.O_CLOEXEC) != 0 || descriptor == target)
            return Errno.EINVAL;
        return DuplicateTo(descriptor, target, (flags & OpenFlags.O_CLOEXEC) != 0);
    }

    [Syscall("pipe", x64: 22)]
    internal static Errno Pipe(UserPtr<int> descriptors) => Pipe2(descriptors, OpenFlags.ReadOnly);

    [Syscall("pipe2", x64: 293, arm64: 59)]
    internal static Errno Pipe2(UserPtr<int> descriptors, OpenFlags flags)
    {
        const OpenFlags Allowed = OpenFlags.O_CLOEXEC | OpenFlags.O_NONBLOCK;
        if ((flags & ~Allowed) != 0)
            return (flags & ~(Allowed | OpenFlags.O_DIRECT)) == 0 ? Errno.ENOSYS : Errno.EINVAL;

        Errno error = PipeFile.TryMakePair(flags & OpenFlags.O_NONBLOCK, out File? reader, out File? writer);
        if (error != Errno.None)
            return error;

        bool closeOnExec = (flags & OpenFlags.O_CLOEXEC) != 0;
        Result<int> readEnd = Descriptors.Reserve(closeOnExec);
        Result<int> writeEnd = readEnd.IsOk ? Descriptors.Reserve(closeOnExec) : readEnd;
        bool isWritten = writeEnd.IsOk && descriptors.TryWrite(readEnd.Value) && descriptors.TryWrite(1, writeEnd.Value);
        FileTable files = UserThread.Current.Files!;
        if (isWritten)
        {
            files.Install(readEnd.Value, reader!);
            files.Install(writeEnd.Value, writer!);
            return Errno.None;
        }

        if (readEnd.IsOk)
            files.Unreserve(readEnd.Value);
        if (writeEnd.IsOk)
            files.Unreserve(writeEnd.Value);
        reader!.Put();
        writer!.Put();
        return writeEnd.IsOk ? Errno.EFAULT : writeEnd.Error;
    }

    [Syscall("ioctl", x64: 16, arm64: 29)]
    internal static Result<long> Ioctl(int descriptor, uint request, ulong argument)
    {
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Result<long> result = request switch
        {
            IoctlRequest.FIOCLEX => Descriptors.SetCloseOnExec(descriptor, true),
            IoctlRequest.FIONCLEX => Descriptors.SetCloseOnExec(descriptor, false),
            IoctlRequest.FIONBIO => Descriptors.SetNonblocking(file, new UserPtr<int>(argument)),
            _ => file.Ioctl(request, argument),
        };
        file.Put();
        return result;
    }

    [Syscall("fcntl", x64: 72, arm64: 25)]
    internal static Result<long> Fcntl(int descriptor, FcntlRequest request, ulong argument)
    {
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Result<long> result = Fcntl(file, descriptor, request, argument);
        file.Put();
        return result;
    }

    [Syscall("getdents64", x64: 217, arm64: 61)]
    internal static Result<long> ListDirectory(int descriptor, UserAddr buffer, uint count)
    {
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Result<long> result = ListDirectory(file, IoBuffer.OfUser(buffer, count));
        file.Put();
        return result;
    }

    [Syscall("fsync", x64: 74, arm64: 82)]
    internal static Errno Synchronise(int descriptor) => Descriptors.CheckOpen(descriptor); // files are in memory: nothing is behind

    [Syscall("fdatasync", x64: 75, arm64: 83)]
    internal static Errno SynchroniseData(int descriptor) => Descriptors.CheckOpen(descriptor);

    [Syscall("sync", x64: 162, arm64: 81)]
    internal static void SynchroniseAll()
    {
        // Files are in memory: nothing is behind.
    }

    [Syscall("syncfs", x64: 306, arm64: 267)]
    internal static Errno SynchroniseFileSystem(int descriptor) => Descriptors.CheckOpen(descriptor);

    [Syscall("fadvise64", x64: 221, arm64: 223)]
    internal static Errno Advise(int descriptor, long position, long length, int advice)
    {
        const int AdviceMax = 5;
        Errno error = Descriptors.CheckOpen(descriptor);
        if (error != Errno.None)
            return error;
        return length < 0 || advice is < 0 or > AdviceMax ? Errno.EINVAL : Errno.None; // advice may be ignored: posix_fadvise()
    }

    [Syscall("ftruncate", x64: 77, arm64: 46)]
    internal static Errno Truncate(int descriptor, long size)
    {
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Errno error = size < 0 || !file.IsWritable ? Errno.EINVAL : file.Truncate(size);
        file.Put();
        return error;
    }

    [Syscall("fallocate", x64: 285, arm64: 47)]
    internal static Errno Allocate(int descriptor, int mode, long position, long length)
    {
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Errno error = position < 0 || length <= 0 ? Errno.EINVAL
            : mode != 0 ? Errno.EOPNOTSUPP
            : !file.IsWritable ? Errno.EBADF
            : file.Inode is null ? Errno.ENODEV
            : position > long.MaxValue - length ? Errno.EFBIG
            : file.Inode.Allocate(position, length);
        file.Put();
        return error;
    }

    private static Result<long> Fcntl(File file, int descriptor, FcntlRequest request, ulong argument)
    {
        const ulong CloseOnExecFlag = 1;
        switch (request)
        {
            case FcntlRequest.F_DUPFD:
                return ToLong(DuplicateFrom(descriptor, argument, closeOnExec: false));
            case FcntlRequest.F_DUPFD_CLOEXEC:
                return ToLong(DuplicateFrom(descriptor, argument, closeOnExec: true));
            case FcntlRequest.F_GETFD:
                return UserThread.Current.Files!.TryReadCloseOnExec(descriptor, out bool closeOnExec)
                    ? (closeOnExec ? 1L : 0L)
                    : Errno.EBADF;
            case FcntlRequest.F_SETFD:
                return Descriptors.SetCloseOnExec(descriptor, (argument & CloseOnExecFlag) != 0);
            case FcntlRequest.F_GETFL:
                return (long)(file.Flags & OpenFlags.Reported);
            case FcntlRequest.F_SETFL:
                return Descriptors.SetFlags(file, (OpenFlags)argument);
            case FcntlRequest.F_GETPIPE_SZ:
                return file is PipeFile ? Fs.Pipe.CapacityBytes : Errno.EBADF;
            case FcntlRequest.F_GETLK or FcntlRequest.F_SETLK or FcntlRequest.F_SETLKW or FcntlRequest.F_SETOWN
                or FcntlRequest.F_GETOWN or FcntlRequest.F_SETPIPE_SZ:
                return Errno.ENOSYS;
            default:
                return Errno.EINVAL;
        }
    }

    private static Result<long> ListDirectory(File file, IoBuffer destination)
    {
        using Mutex.Guard guard = file.PositionLock.Lock();
        DirectoryCursor cursor = new(destination, file.Position);
        Errno error = file.List(ref cursor);
        if (error != Errno.None)
            return error;

        file.Position = cursor.Position;
        if (cursor.Written == 0 && cursor.HasFaulted)
            return Errno.EFAULT;
        return cursor.Written == 0 && cursor.IsFull ? Errno.EINVAL : cursor.Written;
    }

    private static Result<int> DuplicateFrom(int descriptor, ulong minimum, bool closeOnExec)
    {
        UserThread self = UserThread.Current;
        ulong limit = self.Process.Limit(ResourceKind.OpenFiles);
        if (minimum >= limit || minimum >= FileTable.CountMax)
            return minimum == 0 ? Errno.EMFILE : Errno.EINVAL;

        File? file = self.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Result<int> reserved = self.Files!.Reserve((int)minimum, limit, closeOnExec);
        if (reserved.IsOk)
            self.Files.Install(reserved.Value, file);
        else
            file.Put();
        return reserved;
    }

    private static Result<int> DuplicateTo(int descriptor, int target, bool closeOnExec)
    {
        UserThread self = UserThread.Current;
        File? file = self.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Errno error = self.Files!.Replace(target, file, self.Process.Limit(ResourceKind.OpenFiles), closeOnExec);
        file.Put();
        return error == Errno.None ? target : error;
    }

    private static Result<long> ToLong(Result<int> result) => result.IsOk ? result.Value : result.Error;
}
