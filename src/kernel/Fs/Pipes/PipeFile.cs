// The ends of pipes and FIFOs as open files.
using Commence.Abi;
using Commence.Lib;
using Commence.Memory;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Fs;

/// <summary>An end of a pipe, or both ends of a FIFO.</summary>
public sealed class PipeFile : File
{
    private const int ReadSide = 0;
    private const int WriteSide = 1;

    private Pipe _pipe = null!;

    /// <inheritdoc/>
    public override bool IsStream => true;

    /// <summary>Makes both ends of a new pipe.</summary>
    /// <param name="flags">O_NONBLOCK, O_DIRECT.</param>
    /// <returns>ENOMEM or none.</returns>
    public static Errno TryMakePair(OpenFlags flags, out File? reader, out File? writer)
    {
        reader = null;
        writer = null;
        Pipe? pipe = Pipe.TryMake();
        if (pipe is null)
            return Errno.ENOMEM;

        Result<File> read = TryOpen(pipe, default, flags | OpenFlags.ReadOnly);
        Result<File> write = TryOpen(pipe, default, flags | OpenFlags.WriteOnly);
        pipe.Put();
        if (read.IsOk && write.IsOk)
        {
            reader = read.Value;
            writer = write.Value;
            return Errno.None;
        }

        if (read.IsOk)
            read.Value.Put();
        if (write.IsOk)
            write.Value.Put();
        return Errno.ENOMEM;
    }

    /// <summary>Opens a FIFO; waits until the other side is open too.</summary>
    /// <param name="pipe">The FIFO's pipe; the file takes a use of its own.</param>
    /// <param name="path">Its name.</param>
    /// <param name="flags">How.</param>
    /// <returns>The file; ENXIO for a writer that may not wait when nobody reads; ERESTARTSYS; ENOMEM.</returns>
    /// <remarks>Source: POSIX.1-2017, open(), O_NONBLOCK.</remarks>
    public static Result<File> OpenFifo(Pipe pipe, Path path, OpenFlags flags)
    {
        bool isNonblocking = (flags & OpenFlags.O_NONBLOCK) != 0;
        OpenFlags access = flags & OpenFlags.AccessMask;
        if (access == OpenFlags.WriteOnly && isNonblocking && !pipe.HasReaders)
            return Errno.ENXIO;

        uint readerOpenings = pipe.ReaderOpenings;
        uint writerOpenings = pipe.WriterOpenings;
        Result<File> opened = TryOpen(pipe, path, flags);
        if (!opened.IsOk || isNonblocking || access == OpenFlags.ReadWrite)
            return opened;

        // The other side may open and close before this thread runs again: that counts, hence the openings.
        bool reads = access == OpenFlags.ReadOnly;
        OtherSideOpened condition = new(pipe, reads, reads ? writerOpenings : readerOpenings);
        ref WaitQueue queue = ref reads ? ref pipe.ReadQueue : ref pipe.WriteQueue;
        if (queue.WaitInterruptible(ref condition) == WaitResult.Met)
            return opened;

        opened.Value.Put();
        return Restart.System;
    }

    /// <inheritdoc/>
    public override Result<long> Read(ref IoBuffer destination, ref long position) =>
        _pipe.Read(ref destination, IsNonblocking);

    /// <inheritdoc/>
    public override Result<long> Write(ref IoBuffer source, ref long position) =>
        source.Remaining == 0 ? Result.Zero : _pipe.Write(ref source, IsNonblocking);

    /// <inheritdoc/>
    public override PollEvents Poll(PollTable? table)
    {
        if (IsReadable)
            table?.Watch(this, ReadSide);
        if (IsWritable)
            table?.Watch(this, WriteSide);
        return _pipe.Poll(IsReadable, IsWritable);
    }

    /// <inheritdoc/>
    public override ref WaitQueue PollQueue(int which) =>
        ref which == ReadSide ? ref _pipe.ReadQueue : ref _pipe.WriteQueue;

    /// <inheritdoc/>
    public override Result<long> Ioctl(uint request, ulong argument)
    {
        if (request != IoctlRequest.FIONREAD)
            return base.Ioctl(request, argument);
        return new UserPtr<int>(argument).TryWrite(_pipe.Count) ? Result.Zero : Errno.EFAULT;
    }

    /// <inheritdoc/>
    public override void ReadAttributes(out Stat attributes)
    {
        if (!Path.IsNull)
        {
            base.ReadAttributes(out attributes);
            return;
        }

        attributes = new Stat
        {
            Inode = _pipe.Number,
            Mode = FileMode.Fifo | FileMode.OwnerRead | (FileMode.OwnerRead >> 1),
            LinkCount = 1,
            BlockSize = Limits.PageSizeBytes,
            UserId = _pipe.UserId,
            GroupId = _pipe.GroupId,
            AccessTime = _pipe.Created,
            ModificationTime = _pipe.Created,
            ChangeTime = _pipe.Created,
        };
    }

    /// <inheritdoc/>
    public override void FormatName(ref TextWriter text) => text.Append($"pipe:[{_pipe.Number}]");

    /// <inheritdoc/>
    public override Errno Truncate(long size) => Errno.EINVAL;

    /// <inheritdoc/>
    protected override void Close()
    {
        Pipe pipe = _pipe;
        pipe.CloseSides(IsReadable, IsWritable);
        Kmem.Free(this);
        pipe.Put();
    }

    private static Result<File> TryOpen(Pipe pipe, Path path, OpenFlags flags)
    {
        if (!Kmem.TryNew(out PipeFile file))
            return Errno.ENOMEM;

        file.Initialise(path, flags);
        file._pipe = pipe;
        pipe.Get();
        pipe.OpenSides(file.IsReadable, file.IsWritable);
        return file;
    }

    private readonly struct OtherSideOpened(Pipe pipe, bool reads, uint openingsBefore) : IWaitCondition
    {
        public bool IsMet() => reads
            ? pipe.HasWriters || pipe.WriterOpenings != openingsBefore
            : pipe.HasReaders || pipe.ReaderOpenings != openingsBefore;
    }
}
