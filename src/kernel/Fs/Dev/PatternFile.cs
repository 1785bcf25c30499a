// /dev/null, /dev/zero and /dev/full: nothing in, nothing or zeros out.
using System;
using Commence.Abi;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>Which of the three it is.</summary>
internal enum PatternKind : byte
{
    /// <summary>Reads as empty, takes everything.</summary>
    Null,

    /// <summary>Reads as zeros without end, takes everything.</summary>
    Zero,

    /// <summary>Reads as zeros without end, has no room.</summary>
    Full,
}

/// <summary>An open device without contents of its own.</summary>
public sealed class PatternFile : File
{
    private const long BytesBetweenSignals = 1 << 20;

    private PatternKind _kind;

    /// <summary>Opens.</summary>
    internal static Result<File> Open(Path path, OpenFlags flags, PatternKind kind)
    {
        if (!Kmem.TryNew(out PatternFile file))
            return Errno.ENOMEM;

        file.Initialise(path, flags);
        file._kind = kind;
        return file;
    }

    /// <inheritdoc/>
    public override Result<long> Read(ref IoBuffer destination, ref long position)
    {
        if (_kind == PatternKind.Null)
            return Result.Zero;

        long moved = 0;
        while (destination.Remaining > 0 && !destination.HasFaulted)
        {
            moved += destination.PutZeros(Math.Min(destination.Remaining, BytesBetweenSignals));
            if (Task.Current.IsInterrupted(TaskState.Interruptible))
                return moved;
        }

        return moved == 0 && destination.HasFaulted ? Errno.EFAULT : moved;
    }

    /// <inheritdoc/>
    public override Result<long> Write(ref IoBuffer source, ref long position)
    {
        if (_kind == PatternKind.Full)
            return Errno.ENOSPC;

        long length = source.Remaining;
        source.Skip(length);
        return length;
    }

    /// <inheritdoc/>
    /// <remarks>Wherever a program wants to go, it is at the start.</remarks>
    public override Result<long> Seek(long offset, SeekOrigin origin) => Result.Zero;

    /// <inheritdoc/>
    public override Errno Truncate(long size) => Errno.EINVAL;

    /// <inheritdoc/>
    protected override void Close() => Kmem.Free(this);
}
