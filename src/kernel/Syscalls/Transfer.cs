// Moving bytes between files and memory, and between files.
using System;
using Commence.Abi;
using Commence.Fs;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Syscalls;

/// <summary>Reads and writes on descriptors.</summary>
internal static class Transfer
{
    /// <summary>Reads at the file's position, which moves on.</summary>
    internal static Result<long> Read(int descriptor, ref IoBuffer destination)
    {
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Result<long> result = file.IsReadable ? Read(file, ref destination) : Errno.EBADF;
        file.Put();
        return result;
    }

    /// <summary>Writes at the file's position, which moves on.</summary>
    internal static Result<long> Write(int descriptor, ref IoBuffer source)
    {
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Result<long> result = file.IsWritable ? Write(file, ref source) : Errno.EBADF;
        file.Put();
        TellBrokenPipe(result.Error);
        return result;
    }

    /// <summary>Reads at a position of one's own.</summary>
    internal static Result<long> ReadAt(int descriptor, ref IoBuffer destination, long position)
    {
        if (position < 0)
            return Errno.EINVAL;
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Result<long> result = file.IsStream ? Errno.ESPIPE
            : file.IsReadable ? file.Read(ref destination, ref position)
            : Errno.EBADF;
        file.Put();
        return result;
    }

    /// <summary>Writes at a position of one's own.</summary>
    internal static Result<long> WriteAt(int descriptor, ref IoBuffer source, long position)
    {
        if (position < 0)
            return Errno.EINVAL;
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Result<long> result = file.IsStream ? Errno.ESPIPE
            : file.IsWritable ? file.Write(ref source, ref position)
            : Errno.EBADF;
        file.Put();
        return result;
    }

    /// <summary>sendfile: from a file to any other.</summary>
    internal static Result<long> Send(int output, int input, UserPtr<long> position, long count)
    {
        File? from = UserThread.Current.GetFile(input);
        if (from is null)
            return Errno.EBADF;

        File? to = UserThread.Current.GetFile(output);
        if (to is null)
        {
            from.Put();
            return Errno.EBADF;
        }

        // The source must have positions and contents of its own, as in Linux.
        Result<long> result = from.Pages is null ? Errno.EINVAL : Copy(from, position, to, default, count);
        to.Put();
        from.Put();
        TellBrokenPipe(result.Error);
        return result;
    }

    /// <summary>copy_file_range: between regular files.</summary>
    internal static Result<long> Copy(int input, UserPtr<long> inPosition, int output, UserPtr<long> outPosition, long count)
    {
        File? from = UserThread.Current.GetFile(input);
        if (from is null)
            return Errno.EBADF;

        File? to = UserThread.Current.GetFile(output);
        Result<long> result = to is null ? Errno.EBADF
            : from.Pages is null || to.Pages is null ? Errno.EINVAL
            : (to.Flags & OpenFlags.O_APPEND) != 0 ? Errno.EBADF
            : from.Inode == to.Inode ? Errno.EINVAL // ranges of one file: not there, and programs copy themselves then
            : Copy(from, inPosition, to, outPosition, count);
        to?.Put();
        from.Put();
        return result;
    }

    private static Result<long> Read(File file, ref IoBuffer destination)
    {
        long position = 0;
        if (file.IsStream)
            return file.Read(ref destination, ref position);

        using Mutex.Guard guard = file.PositionLock.Lock();
        position = file.Position;
        Result<long> result = file.Read(ref destination, ref position);
        file.Position = position;
        return result;
    }

    private static Result<long> Write(File file, ref IoBuffer source)
    {
        long position = 0;
        if (file.IsStream)
            return file.Write(ref source, ref position);

        using Mutex.Guard guard = file.PositionLock.Lock();
        position = file.Position;
        Result<long> result = file.Write(ref source, ref position);
        file.Position = position;
        return result;
    }

    private static Result<long> Copy(File from, UserPtr<long> inPosition, File to, UserPtr<long> outPosition, long count)
    {
        if (!from.IsReadable || !to.IsWritable)
            return Errno.EBADF;

        long readAt = from.Position;
        long writeAt = to.Position;
        if ((!inPosition.IsNull && !inPosition.TryRead(out readAt)) || (!outPosition.IsNull && !outPosition.TryRead(out writeAt)))
            return Errno.EFAULT;
        if (readAt < 0 || writeAt < 0)
            return Errno.EINVAL;
        if (!Kmalloc.TryAllocate(Limits.PageSizeBytes, out KBuffer page))
            return Errno.ENOMEM;

        Result<long> copied = CopyPages(from, ref readAt, to, ref writeAt, count, page.Span);
        page.Free();
        if (!copied.IsOk || copied.Value == 0)
            return copied;

        bool isTold = SetPosition(from, inPosition, readAt) && SetPosition(to, outPosition, writeAt);
        return isTold ? copied : Errno.EFAULT;
    }

    private static Result<long> CopyPages(File from, ref long readAt, File to, ref long writeAt, long count, Span<byte> page)
    {
        long done = 0;
        while (done < count)
        {
            long next = readAt;
            IoBuffer destination = IoBuffer.OfKernel(page[..(int)Math.Min(page.Length, count - done)]);
            Result<long> read = from.Read(ref destination, ref next);
            if (!read.IsOk)
                return done > 0 ? done : read.Error;
            if (read.Value == 0)
                break;

            IoBuffer source = IoBuffer.OfKernelSource(page[..(int)read.Value]);
            Result<long> written = to.Write(ref source, ref writeAt);
            if (!written.IsOk)
                return done > 0 ? done : written.Error;

            done += written.Value;
            readAt += written.Value;
            if (written.Value < read.Value)
                break;
        }

        return done;
    }

    private static bool SetPosition(File file, UserPtr<long> pointer, long position)
    {
        if (!pointer.IsNull)
            return pointer.TryWrite(position);
        if (file.IsStream)
            return true;

        using Mutex.Guard guard = file.PositionLock.Lock();
        file.Position = position;
        return true;
    }

    private static void TellBrokenPipe(Errno error)
    {
        if (error != Errno.EPIPE)
            return;

        UserThread self = UserThread.Current;
        SignalInfo info = SignalInfo.FromUser(Signal.SIGPIPE, SignalCode.SI_USER, self.Process.Pid, self.Credentials.UserId);
        _ = SignalSender.SendToThread(self, in info); // a standard signal is never refused
    }
}
