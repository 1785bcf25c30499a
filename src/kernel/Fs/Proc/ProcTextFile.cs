// An open file of /proc that is text.
//
// The text is written when somebody reads at its start, and kept until that happens again: so a reader who takes it in pieces
// sees one moment. Text that is longer than the buffer grows to is written again for each window, and may change in between.
using System;
using Commence.Abi;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>An open <see cref="ProcFile"/>.</summary>
public sealed class ProcTextFile : File
{
    private const int BufferBytesMin = Limits.PageSizeBytes;
    private const int BufferBytesMax = 256 << 10;
    private const int GrowthFactor = 4;
    private const int WrittenMax = Limits.PageSizeBytes;

    private ProcFile _entry = null!;     // fixed
    private ProcSubject _subject;        // fixed
    private Mutex _lock;                 // the rest
    private KBuffer _buffer;
    private long _start;                 // position of the buffer's first byte in the text
    private int _length;
    private bool _isLast;                // nothing comes behind the buffer

    /// <summary>Opens.</summary>
    internal static Result<File> Open(Path path, OpenFlags flags, ProcFile entry, ProcSubject subject)
    {
        if (!Kmem.TryNew(out ProcTextFile file))
            return Errno.ENOMEM;

        file.Initialise(path, flags);
        file._entry = entry;
        file._subject = subject;
        return file;
    }

    /// <inheritdoc/>
    public override Result<long> Read(ref IoBuffer destination, ref long position)
    {
        using Mutex.Guard guard = _lock.Lock();
        long moved = 0;
        while (destination.Remaining > 0 && !destination.HasFaulted)
        {
            Errno error = moved == 0 ? FillFor(position) : FillBehind(position);
            if (error != Errno.None)
                return moved > 0 ? moved : error;

            int offset = (int)Math.Min(position - _start, _length);
            int count = destination.Put(_buffer.Span[offset.._length]);
            if (count == 0)
                break;
            position += count;
            moved += count;
        }

        return moved == 0 && destination.HasFaulted ? Errno.EFAULT : moved;
    }

    /// <inheritdoc/>
    /// <remarks>Each write is one piece of text; the position does not matter.</remarks>
    public override Result<long> Write(ref IoBuffer source, ref long position)
    {
        int length = (int)Math.Min(source.Remaining, int.MaxValue);
        if (length > WrittenMax)
            return Errno.EINVAL;
        if (!Kmalloc.TryAllocate(WrittenMax, out KBuffer buffer))
            return Errno.ENOMEM;

        Span<byte> text = buffer.Span[..length];
        Errno error = source.Take(text) == length ? Accept(text) : Errno.EFAULT;
        buffer.Free();
        return error == Errno.None ? length : error;
    }

    /// <inheritdoc/>
    public override Result<long> Seek(long offset, SeekOrigin origin) =>
        origin is SeekOrigin.Start or SeekOrigin.Current ? base.Seek(offset, origin) : Errno.EINVAL;

    /// <inheritdoc/>
    protected override void Close()
    {
        _buffer.Free();
        Kmem.Free(this);
    }

    private Errno FillFor(long position)
    {
        bool isThere = !_buffer.IsNull && position != 0 && position >= _start;
        return isThere ? FillBehind(position) : Fill(position);
    }

    // The buffer may end before the text does: then the next window follows.
    private Errno FillBehind(long position) => _isLast || position < _start + _length ? Errno.None : Fill(position);

    private Errno Fill(long position)
    {
        Task? task = null;
        if (_subject.Number != 0 && !_subject.TryGetTask(out task))
            return Errno.ESRCH;

        int size = Math.Max(_buffer.Length, BufferBytesMin);
        Errno error;
        do
        {
            error = TryResize(size) ? Generate(position, task) : Errno.ENOMEM;
            size *= GrowthFactor;
        }
        while (error == Errno.None && !_isLast && size <= BufferBytesMax);

        task?.Put();
        return error;
    }

    private Errno Generate(long position, Task? task)
    {
        ProcText text = new(_buffer.Span, position, task, _subject);
        Errno error = _entry.Generate(ref text);
        text.EndRecord(); // in case the last one did not
        _start = position;
        _length = error == Errno.None ? text.Out.Length : 0;
        _isLast = !text.IsFull || _length == 0;
        return error;
    }

    private bool TryResize(int size)
    {
        if (_buffer.Length == size)
            return true;

        _buffer.Free();
        _length = 0;
        return Kmalloc.TryAllocate(size, out _buffer);
    }

    private Errno Accept(ReadOnlySpan<byte> text)
    {
        Task? task = null;
        if (_subject.Number != 0 && !_subject.TryGetTask(out task))
            return Errno.ESRCH;

        if (text.EndsWith("\n"u8))
            text = text[..^1];
        Errno error = _entry.AcceptAt(text, task, _subject.Descriptor);
        task?.Put();
        return error;
    }
}
