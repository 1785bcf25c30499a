// The kernel log as programs read it: syslog(2), which dmesg uses.
//
// Source: syslog(2), "Commands"; the format of a line is Linux's, <level>[seconds.microseconds] text, without the time if printk.time=0.
using System;
using System.Threading;
using Commence.Fs;
using Commence.Lib;
using Commence.Memory;
using Commence.Processes;

namespace Commence.Syscalls;

/// <summary>System calls on the log.</summary>
internal static class LogCalls
{
    private const int LineMax = LogRing.RecordTextMax + 64;
    private const int RingBytes = 512 * LineMax; // what a reader needs for all of it

    private static ulong s_clearedAt; // records before are not shown again; Volatile

    [Syscall("syslog", x64: 103, arm64: 116)]
    internal static Result<long> Control(int command, UserAddr buffer, int length)
    {
        const int Close = 0;
        const int Open = 1;
        const int ReadAll = 3;
        const int ReadAndClear = 4;
        const int Clear = 5;
        const int ConsoleOff = 6;
        const int ConsoleOn = 7;
        const int ConsoleLevel = 8;
        const int SizeUnread = 9;
        const int SizeBuffer = 10;
        if (command is not (ReadAll or SizeBuffer) && !UserThread.Current.Credentials.IsPrivileged)
            return Errno.EPERM;

        switch (command)
        {
            case Close or Open:
                return 0L;
            case ReadAll or ReadAndClear:
                if (length < 0 || buffer.IsNull)
                    return Errno.EINVAL;
                Result<long> read = Read(buffer, length);
                if (command == ReadAndClear && read.IsOk)
                    Volatile.Write(ref s_clearedAt, Printk.Ring.End);
                return read;
            case Clear:
                Volatile.Write(ref s_clearedAt, Printk.Ring.End);
                return 0L;
            case ConsoleOff:
                Printk.ConsoleLevel = 1;
                return 0L;
            case ConsoleOn:
                Printk.ConsoleLevel = (int)LogLevel.Debug;
                return 0L;
            case ConsoleLevel:
                if (length is < 1 or > 8)
                    return Errno.EINVAL;
                Printk.ConsoleLevel = length;
                return 0L;
            case SizeUnread:
                return Measure(Start());
            case SizeBuffer:
                return RingBytes;
            default:
                return command == 2 ? Errno.ENOSYS : Errno.EINVAL; // 2: read and consume, which /dev/kmsg does better
        }
    }

    // The last bytes of the log that fit, whole lines.
    private static Result<long> Read(UserAddr buffer, int length)
    {
        if (!Kmalloc.TryAllocate(LineMax + LogRing.RecordTextMax, out KBuffer room))
            return Errno.ENOMEM;

        LogCursor cursor = Start();
        long left = Measure(cursor);
        IoBuffer destination = IoBuffer.OfUser(buffer, (ulong)length);
        Span<byte> line = room.Span[..LineMax];
        Span<byte> text = room.Span[LineMax..];
        long done = 0;
        while (Printk.Ring.Read(ref cursor, text, out LogRecord record) == LogReadStatus.Record)
        {
            TextWriter writer = new(line);
            Format(in record, text[..record.Length], ref writer);
            bool fits = left <= length;
            left -= writer.Length;
            if (!fits)
                continue;
            if (destination.Put(writer.Text) < writer.Length)
                break;
            done += writer.Length;
        }

        room.Free();
        return destination.HasFaulted && done == 0 ? Errno.EFAULT : done;
    }

    private static long Measure(LogCursor cursor)
    {
        if (!Kmalloc.TryAllocate(LineMax + LogRing.RecordTextMax, out KBuffer room))
            return 0;

        long size = 0;
        Span<byte> text = room.Span[LineMax..];
        while (Printk.Ring.Read(ref cursor, text, out LogRecord record) == LogReadStatus.Record)
        {
            TextWriter writer = new(room.Span[..LineMax]);
            Format(in record, text[..record.Length], ref writer);
            size += writer.Length;
        }

        room.Free();
        return size;
    }

    private static LogCursor Start() => new() { Next = Math.Max(Printk.Ring.Start, Volatile.Read(ref s_clearedAt)) };

    private static void Format(in LogRecord record, ReadOnlySpan<byte> text, ref TextWriter writer)
    {
        if (!record.IsContinuation)
        {
            writer.Append($"<{(int)record.Level}>");
            if (Printk.IsTimeShown)
            {
                writer.AppendTimestamp(record.Time);
                writer.Append((byte)' ');
            }
        }

        writer.Append(text);
        if (!record.IsContinued)
            writer.Append((byte)'\n');
    }
}
