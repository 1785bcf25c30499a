// A byte queue over a buffer of the caller, for one reader and one writer that need no lock against each other.
//
// Invariants: written - read (mod 2^32) is the number of bytes in the queue, and never above the buffer's length.
// Both counters run freely; a counter modulo the length is a place in the buffer.
// Orderings: the writer stores bytes, then Written with release; the reader loads Written with acquire, then the bytes,
// then stores Read with release; the writer loads Read with acquire before it uses the room. Each counter has one writer.
using System;
using System.Threading;

namespace Commence.Lib;

/// <summary>How far the two sides of a <see cref="ByteRing"/> have come. All-zero is an empty queue.</summary>
public struct ByteRingCounters
{
    internal uint Written;
    internal uint Read;
}

/// <summary>A window on a byte queue, made anew for each use (Linux: <c>kfifo</c>).</summary>
/// <remarks>Context: any. One reader and one writer at a time; several of either need a lock among themselves.</remarks>
public readonly ref struct ByteRing
{
    private readonly ref ByteRingCounters _counters;
    private readonly Span<byte> _buffer;

    /// <summary>Binds to storage that outlives all use of the queue.</summary>
    /// <param name="counters">All-zero at first.</param>
    /// <param name="buffer">A power of two of bytes.</param>
    public ByteRing(ref ByteRingCounters counters, Span<byte> buffer)
    {
        Misuse.On(buffer.Length == 0 || (buffer.Length & (buffer.Length - 1)) != 0);
        _counters = ref counters;
        _buffer = buffer;
    }

    /// <summary>Bytes to read.</summary>
    public int Count => (int)(Volatile.Read(ref _counters.Written) - Volatile.Read(ref _counters.Read));

    /// <summary>Bytes that can be written.</summary>
    public int Room => _buffer.Length - Count;

    public bool IsEmpty => Count == 0;

    /// <summary>Appends as many of the bytes as there is room for. The writer's side.</summary>
    /// <returns>How many.</returns>
    public int Write(ReadOnlySpan<byte> source)
    {
        uint written = _counters.Written;
        int room = _buffer.Length - (int)(written - Volatile.Read(ref _counters.Read));
        int count = Math.Min(room, source.Length);
        int start = Place(written);
        int untilEnd = Math.Min(count, _buffer.Length - start);
        source[..untilEnd].CopyTo(_buffer[start..]);
        source[untilEnd..count].CopyTo(_buffer);
        Volatile.Write(ref _counters.Written, written + (uint)count);
        return count;
    }

    /// <summary>Takes as many bytes as there are and as fit. The reader's side.</summary>
    /// <returns>How many.</returns>
    public int Read(Span<byte> destination)
    {
        int count = Peek(destination);
        Volatile.Write(ref _counters.Read, _counters.Read + (uint)count);
        return count;
    }

    /// <summary>Copies as many bytes as there are and as fit, and leaves them in the queue. The reader's side.</summary>
    /// <returns>How many.</returns>
    public int Peek(Span<byte> destination)
    {
        uint read = _counters.Read;
        int count = Math.Min((int)(Volatile.Read(ref _counters.Written) - read), destination.Length);
        int start = Place(read);
        int untilEnd = Math.Min(count, _buffer.Length - start);
        _buffer.Slice(start, untilEnd).CopyTo(destination);
        _buffer[..(count - untilEnd)].CopyTo(destination[untilEnd..]);
        return count;
    }

    /// <summary>Forgets what has not been read. The reader's side.</summary>
    public void Clear() => Volatile.Write(ref _counters.Read, Volatile.Read(ref _counters.Written));

    private int Place(uint counter) => (int)(counter & (uint)(_buffer.Length - 1));
}
