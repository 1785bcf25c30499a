// The kernel's own reads and writes of files.
using System;

namespace Commence.Fs;

/// <summary>Files for the kernel itself.</summary>
public static class KernelFile
{
    /// <summary>Reads from a position on, until the buffer is full or the file ends.</summary>
    /// <returns>Bytes read.</returns>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public static Result<int> Read(File file, long position, Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length)
        {
            IoBuffer buffer = IoBuffer.OfKernel(destination[done..]);
            Result<long> read = file.Read(ref buffer, ref position);
            if (!read.IsOk)
                return read.Error;
            if (read.Value == 0)
                break;
            done += (int)read.Value;
        }

        return done;
    }

    /// <summary>Reads bytes that must be there.</summary>
    /// <returns>EIO if the file ends before; none.</returns>
    public static Errno ReadExactly(File file, long position, Span<byte> destination)
    {
        Result<int> read = Read(file, position, destination);
        if (!read.IsOk)
            return read.Error;
        return read.Value == destination.Length ? Errno.None : Errno.EIO;
    }

    /// <summary>Writes at a position, which moves on.</summary>
    /// <returns>The file's error; ENOSPC if it took less; none.</returns>
    public static Errno WriteExactly(File file, ref long position, ReadOnlySpan<byte> source)
    {
        IoBuffer buffer = IoBuffer.OfKernelSource(source);
        while (buffer.Remaining > 0)
        {
            Result<long> written = file.Write(ref buffer, ref position);
            if (!written.IsOk)
                return written.Error;
            if (written.Value == 0)
                return Errno.ENOSPC;
        }

        return Errno.None;
    }
}
