// A job that several processors share (Linux: struct padata_mt_job).
//
//   Start                                                          Start + Size
//     ├── chunk ──┼── chunk ──┼── chunk ──┼─ … ─┼── chunk ──┼─ rest ─┤
//           done by whoever was free first; each begins at a multiple of Alignment, but for the first
//
// _next, _left and _chunkSize are set before any processor takes part; afterwards _next and _left belong to _lock.
using System;
using Commence.Locking;

namespace Commence.Workqueues;

/// <summary>A range of anything that can be numbered, to be worked through in any order. Derive, and put the data into fields.</summary>
public abstract class PadataJob
{
    // Chunks for each thread: who was given slow ones takes fewer.
    private const uint ChunksPerThread = 4;

    private IrqSpinLock _lock;
    private ulong _next;       // first number that nobody has
    private ulong _left;       // how many from there on nobody has
    private ulong _chunkSize;

    /// <summary>The first number.</summary>
    public ulong Start { get; set; }

    /// <summary>How many there are.</summary>
    public ulong Size { get; set; }

    /// <summary>Least numbers that are worth another thread; 0 is 1.</summary>
    public ulong ChunkMin { get; set; }

    /// <summary>Chunks begin at multiples of it; 0 is 1.</summary>
    public ulong Alignment { get; set; }

    /// <summary>The most threads, the caller's among them; 0 is as many as there are processors.</summary>
    public int ThreadsMax { get; set; }

    /// <summary>Does a part of it.</summary>
    /// <param name="start">First number.</param>
    /// <param name="end">The number behind the last one; always more than <paramref name="start"/>.</param>
    /// <remarks>Context: thread; several at a time, never with a number in common. Sleeps: may.</remarks>
    protected internal abstract void Run(ulong start, ulong end);

    /// <summary>Puts the whole range up.</summary>
    /// <returns>How many threads it is worth, 0 if there is nothing to do.</returns>
    internal int Open(int processorCount)
    {
        Bug.On(Size > ulong.MaxValue - Start);
        ulong alignment = Math.Max(Alignment, 1);
        ulong unit = Math.Max(ChunkMin, alignment);
        ulong limit = (ulong)(ThreadsMax <= 0 ? processorCount : Math.Min(ThreadsMax, processorCount));
        ulong threads = Math.Min(Math.Max(Size / unit, Math.Min(Size, 1)), limit);
        _next = Start;
        _left = Size;
        _chunkSize = threads <= 1 ? Math.Max(Size, 1) : Math.Max(Size / (threads * ChunksPerThread), unit);
        ulong beyond = _chunkSize % alignment;
        if (beyond != 0)
            _chunkSize += Math.Min(alignment - beyond, ulong.MaxValue - _chunkSize);
        return (int)threads;
    }

    /// <summary>Takes part until nothing is left that nobody has.</summary>
    internal void TakePart()
    {
        while (TryTakeChunk(out ulong start, out ulong end))
            Run(start, end);
    }

    private bool TryTakeChunk(out ulong start, out ulong end)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        start = _next;
        ulong alignment = Math.Max(Alignment, 1);
        ulong size = _chunkSize;
        if (size < _left)
            size -= Math.Min((start + size) % alignment, size - 1); // so that the next one begins at a multiple
        size = Math.Min(size, _left);
        end = start + size;
        _next = end;
        _left -= size;
        return size != 0;
    }
}
