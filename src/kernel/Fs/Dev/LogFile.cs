// /dev/kmsg: the kernel log as records to read, and a way for programs to write to it.
//
//   <priority>,<sequence>,<microseconds>,<flags>;<message>\n
//
// One read gives one record. A reader that was too slow gets EPIPE once, and then the oldest record there is. Bytes that are no
// printable ASCII, and backslashes, stand as \xNN. A message that takes several records of the ring is one here, with the number
// of its first.
//
// printk wakes nobody, since it must work in every context; who waits looks at the log now and then (LogWaiters).
// Source: Linux Documentation/ABI/testing/dev-kmsg.
using System;
using Commence.Abi;
using Commence.Lib;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>An open /dev/kmsg: a reader with a position of its own.</summary>
public sealed class LogFile : File
{
    private const int WrittenMax = 992;        // a longer line is refused
    private const int LevelMask = 7;
    private const int EscapedLength = 4;
    private const int TextMax = Limits.PageSizeBytes - ((LogRing.RecordTextMax + 1) * (EscapedLength + 1));

    private Mutex _lock;
    private LogCursor _cursor;                 // under _lock

    /// <summary>Opens, at the oldest record.</summary>
    internal static Result<File> Open(Path path, OpenFlags flags)
    {
        if (!Kmem.TryNew(out LogFile file))
            return Errno.ENOMEM;

        file.Initialise(path, flags);
        file._cursor.Next = Printk.Ring.Start;
        return file;
    }

    /// <inheritdoc/>
    public override Result<long> Read(ref IoBuffer destination, ref long position)
    {
        using Mutex.Guard guard = _lock.Lock();
        while (true)
        {
            Result<long> read = ReadRecord(ref destination);
            if (read.Error != Errno.EAGAIN || IsNonblocking)
                return read;
            if (LogWaiters.Wait(_cursor.Next) == WaitResult.Interrupted)
                return Errno.EINTR;
        }
    }

    /// <inheritdoc/>
    /// <remarks>A number in angle brackets before the text is the level.</remarks>
    public override Result<long> Write(ref IoBuffer source, ref long position)
    {
        int length = (int)Math.Min(source.Remaining, int.MaxValue);
        if (length > WrittenMax)
            return Errno.EINVAL;
        if (!Kmalloc.TryAllocate(WrittenMax, out KBuffer buffer))
            return Errno.ENOMEM;

        bool isRead = source.Take(buffer.Span[..length]) == length;
        if (isRead)
            Log(buffer.Span[..length]);
        buffer.Free();
        return isRead ? length : Errno.EFAULT;
    }

    /// <inheritdoc/>
    public override Result<long> Seek(long offset, SeekOrigin origin)
    {
        if (offset != 0)
            return Errno.ESPIPE;

        using Mutex.Guard guard = _lock.Lock();
        switch (origin)
        {
            case SeekOrigin.Start:
            case SeekOrigin.Data: // behind what was cleared last; nothing is cleared here
                _cursor = new LogCursor { Next = Printk.Ring.Start };
                return Result.Zero;
            case SeekOrigin.End:
                _cursor = new LogCursor { Next = Printk.Ring.End };
                return Result.Zero;
            default:
                return Errno.EINVAL;
        }
    }

    /// <inheritdoc/>
    public override PollEvents Poll(PollTable? table)
    {
        table?.Watch(this, 0);
        if (table is not null)
            LogWaiters.StartLooking();
        PollEvents events = PollEvents.Writable;
        if (_cursor.Next < Printk.Ring.End)
            events |= PollEvents.Readable;
        if (_cursor.Next < Printk.Ring.Start)
            events |= PollEvents.Error | PollEvents.Priority; // records were lost
        return events;
    }

    /// <inheritdoc/>
    public override ref WaitQueue PollQueue(int which) => ref LogWaiters.Queue;

    /// <inheritdoc/>
    public override Errno Truncate(long size) => Errno.EINVAL;

    /// <inheritdoc/>
    protected override void Close() => Kmem.Free(this);

    private Result<long> ReadRecord(ref IoBuffer destination)
    {
        if (!Kmalloc.TryAllocate(Limits.PageSizeBytes, out KBuffer buffer))
            return Errno.ENOMEM;

        LogCursor cursor = _cursor;
        Result<long> result = ReadRecord(ref destination, ref cursor, buffer.Span);
        if (result.IsOk || result.Error == Errno.EPIPE)
            _cursor = cursor; // else the record is still to be read
        buffer.Free();
        return result;
    }

    private static Result<long> ReadRecord(ref IoBuffer destination, ref LogCursor cursor, Span<byte> room)
    {
        TextWriter text = new(room[LogRing.RecordTextMax..]);
        Errno error = Format(ref cursor, room[..LogRing.RecordTextMax], ref text);
        if (error != Errno.None)
            return error;
        if (destination.Remaining < text.Length)
            return Errno.EINVAL;
        return destination.Put(text.Text) < text.Length ? Errno.EFAULT : text.Length;
    }

    // EAGAIN if there is no record; EPIPE if records were lost before the next one, to which the cursor has moved then.
    private static Errno Format(ref LogCursor cursor, scoped Span<byte> piece, ref TextWriter text)
    {
        LogCursor next = cursor;
        next.Missed = 0;
        if (Printk.Ring.Read(ref next, piece, out LogRecord record) != LogReadStatus.Record)
            return Errno.EAGAIN;
        if (next.Missed != 0)
        {
            cursor = new LogCursor { Next = record.Sequence };
            return Errno.EPIPE;
        }

        text.Append($"{(int)record.Level},{record.Sequence},{record.Time.Microseconds},{(record.IsContinuation ? "c"u8 : "-"u8)};");
        AppendEscaped(ref text, piece[..record.Length]);
        cursor = next;
        while (record.IsContinued && text.Length < TextMax
            && Printk.Ring.Read(ref next, piece, out record) == LogReadStatus.Record && record.IsContinuation && next.Missed == 0)
        {
            AppendEscaped(ref text, piece[..record.Length]);
            cursor = next;
        }

        text.Append((byte)'\n');
        return Errno.None;
    }

    private static void AppendEscaped(ref TextWriter text, scoped ReadOnlySpan<byte> message)
    {
        foreach (byte value in message)
        {
            if (value is >= (byte)' ' and < 0x7F and not (byte)'\\')
                text.Append(value);
            else
                text.Append($"\\x{value:x2}");
        }
    }

    private static void Log(ReadOnlySpan<byte> line)
    {
        LogLevel level = TakeLevel(ref line);
        Printk.Write(level, line.EndsWith("\n"u8) ? line[..^1] : line);
    }

    private static LogLevel TakeLevel(ref ReadOnlySpan<byte> line)
    {
        int end = line.IndexOf((byte)'>');
        if (end < 2 || line[0] != '<' || !NumberParser.TryParse(line[1..end], out ulong priority))
            return LogLevel.Warning; // Linux's default for messages without a level

        line = line[(end + 1)..];
        return (LogLevel)(priority & LevelMask);
    }
}
