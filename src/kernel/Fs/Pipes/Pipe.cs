// A pipe: bytes that one side writes and the other reads, in order, through a ring of pages.
//
// Ring of CapacityBytes; positions count up for ever, their place is position mod CapacityBytes; pages come with the first
// byte that needs one and go with the last:
//
//     _tail ≤ _head ≤ _tail + CapacityBytes
//
// | what                         | protected by                                                 |
// |------------------------------|--------------------------------------------------------------|
// | ring, positions              | Lock; conditions read positions without it                   |
// | counts of readers, writers   | Lock; read without it by conditions                          |
//
// A write of at most AtomicMax bytes is never mixed with others: it waits until all of it fits.
// Source: POSIX.1-2017, write(), "pipe or FIFO"; Linux pipe(7).
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Abi;
using Commence.Memory;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Fs;

/// <summary>What the ends of a pipe share (Linux: <c>struct pipe_inode_info</c>).</summary>
public sealed class Pipe
{
    /// <summary>Bytes that fit.</summary>
    public const int CapacityBytes = PageCount * Limits.PageSizeBytes;

    /// <summary>Longest write that is never mixed with others (<c>PIPE_BUF</c>).</summary>
    public const int AtomicMax = 4096;

    private const int PageCount = 16;

    private static ulong s_numberLast;

    private PageRing _pages;
    private ulong _head;
    private ulong _tail;
    private int _readers;
    private int _writers;
    private uint _readerOpenings;   // how often a side was opened, for FIFOs that wait for the other side
    private uint _writerOpenings;
    private int _references;

    public Mutex Lock;

    /// <summary>Readers that wait for bytes, and pollers.</summary>
    public WaitQueue ReadQueue;

    /// <summary>Writers that wait for room, and pollers.</summary>
    public WaitQueue WriteQueue;

    [InlineArray(PageCount)]
    private struct PageRing
    {
        private Pfn _first;
    }

    /// <summary>Makes an empty pipe with one use.</summary>
    /// <returns>Null if there is no memory.</returns>
    public static Pipe? TryMake()
    {
        if (!Kmem.TryNew(out Pipe pipe))
            return null;

        pipe._references = 1;
        pipe.Number = Interlocked.Increment(ref s_numberLast);
        pipe.Created = FileClock.Now();
        return pipe;
    }

    /// <summary>A number by which pipes without a name can be told apart.</summary>
    internal ulong Number { get; private set; }

    /// <summary>When it was made.</summary>
    internal Timespec Created { get; private set; }

    /// <summary>Who made it.</summary>
    internal uint UserId { get; set; }

    /// <inheritdoc cref="UserId"/>
    internal uint GroupId { get; set; }

    /// <summary>Counts one more user.</summary>
    public void Get() => Interlocked.Increment(ref _references);

    /// <summary>Ends one use; the last one frees the pipe.</summary>
    public void Put()
    {
        int count = Interlocked.Decrement(ref _references);
        Bug.On(count < 0);
        if (count > 0)
            return;

        FreePages();
        Kmem.Free(this);
    }

    /// <summary>Bytes that wait for a reader.</summary>
    public int Count => (int)(Volatile.Read(ref _head) - Volatile.Read(ref _tail));

    public bool HasReaders => Volatile.Read(ref _readers) > 0;

    public bool HasWriters => Volatile.Read(ref _writers) > 0;

    /// <summary>How often the reading side was opened.</summary>
    public uint ReaderOpenings => Volatile.Read(ref _readerOpenings);

    /// <summary>How often the writing side was opened.</summary>
    public uint WriterOpenings => Volatile.Read(ref _writerOpenings);

    /// <summary>Opens sides.</summary>
    public void OpenSides(bool reads, bool writes)
    {
        using (Mutex.Guard guard = Lock.Lock())
        {
            if (reads)
            {
                Volatile.Write(ref _readers, _readers + 1);
                Volatile.Write(ref _readerOpenings, _readerOpenings + 1);
            }

            if (writes)
            {
                Volatile.Write(ref _writers, _writers + 1);
                Volatile.Write(ref _writerOpenings, _writerOpenings + 1);
            }
        }

        WakeBoth();
    }

    /// <summary>Closes sides; when both are closed, what was not read is lost.</summary>
    public void CloseSides(bool reads, bool writes)
    {
        using (Mutex.Guard guard = Lock.Lock())
        {
            if (reads)
                Volatile.Write(ref _readers, _readers - 1);
            if (writes)
                Volatile.Write(ref _writers, _writers - 1);
            if (_readers == 0 && _writers == 0)
                FreePages();
        }

        WakeBoth();
    }

    /// <summary>Reads what is there; waits if nothing is.</summary>
    /// <returns>Bytes moved; 0 when nobody can write any more; EAGAIN; EFAULT; ERESTARTSYS.</returns>
    public Result<long> Read(ref IoBuffer destination, bool isNonblocking)
    {
        if (destination.Remaining == 0)
            return 0L;

        while (true)
        {
            long moved;
            using (Mutex.Guard guard = Lock.Lock())
            {
                moved = ReadLocked(ref destination);
                if (moved == 0 && !destination.HasFaulted && _writers == 0)
                    return 0L;
            }

            if (moved > 0)
            {
                WriteQueue.WakeAll((uint)PollEvents.Writable);
                return moved;
            }

            if (destination.HasFaulted)
                return Errno.EFAULT;
            if (isNonblocking)
                return Errno.EAGAIN;

            HasDataOrEnd condition = new(this);
            if (ReadQueue.WaitInterruptible(ref condition) != WaitResult.Met)
                return Restart.System;
        }
    }

    /// <summary>Writes; waits for room.</summary>
    /// <returns>Bytes moved; EPIPE when nobody can read any more (the caller sends SIGPIPE); EAGAIN; EFAULT; ERESTARTSYS.</returns>
    public Result<long> Write(ref IoBuffer source, bool isNonblocking)
    {
        long wanted = source.Remaining;
        long done = 0;
        while (true)
        {
            int needed = wanted <= AtomicMax ? (int)wanted : 1;
            Errno error;
            long moved = 0;
            using (Mutex.Guard guard = Lock.Lock())
            {
                error = _readers == 0 ? Errno.EPIPE
                    : CapacityBytes - Count < needed ? Errno.EAGAIN
                    : WriteLocked(ref source, out moved);
            }

            done += moved;
            if (moved > 0)
                ReadQueue.WakeAll((uint)PollEvents.Readable);
            if (done == wanted)
                return done;
            if (error == Errno.None)
                continue;
            if (error != Errno.EAGAIN || isNonblocking)
                return done > 0 && error != Errno.EPIPE ? done : error;

            HasRoomOrEnd condition = new(this, needed);
            if (WriteQueue.WaitInterruptible(ref condition) != WaitResult.Met)
                return done > 0 ? done : Restart.System;
        }
    }

    /// <summary>What a side is ready for.</summary>
    public PollEvents Poll(bool reads, bool writes)
    {
        PollEvents events = PollEvents.None;
        if (reads)
        {
            if (Count > 0)
                events |= PollEvents.Readable;
            if (!HasWriters && WriterOpenings > 0)
                events |= PollEvents.HangUp;
        }

        if (writes)
        {
            if (CapacityBytes - Count >= AtomicMax)
                events |= PollEvents.Writable;
            if (!HasReaders && ReaderOpenings > 0)
                events |= PollEvents.Error;
        }

        return events;
    }

    private void WakeBoth()
    {
        ReadQueue.WakeAll();
        WriteQueue.WakeAll();
    }

    private long ReadLocked(ref IoBuffer destination)
    {
        long moved = 0;
        while (_tail != _head && !destination.HasFaulted && destination.Remaining > 0)
        {
            int offset = (int)(_tail % Limits.PageSizeBytes);
            int length = Math.Min(Limits.PageSizeBytes - offset, Count);
            ref Pfn page = ref _pages[PageIndex(_tail)];
            int count = destination.Put(DirectMap.Span(page).Slice(offset, length));
            Volatile.Write(ref _tail, _tail + (ulong)count);
            moved += count;
            if (offset + count == Limits.PageSizeBytes)
                FreePage(ref page);
        }

        return moved;
    }

    private Errno WriteLocked(ref IoBuffer source, out long moved)
    {
        moved = 0;
        while (source.Remaining > 0)
        {
            int room = CapacityBytes - Count;
            if (room == 0)
                return Errno.EAGAIN;

            ref Pfn page = ref _pages[PageIndex(_head)];
            if (page.Value == 0 && !KernelMemory.Pages.TryAllocate(AllocationFlags.None, out page))
                return moved > 0 ? Errno.None : Errno.ENOMEM;

            int offset = (int)(_head % Limits.PageSizeBytes);
            int length = Math.Min(Limits.PageSizeBytes - offset, room);
            int count = source.Take(DirectMap.Span(page).Slice(offset, length));
            Volatile.Write(ref _head, _head + (ulong)count);
            moved += count;
            if (source.HasFaulted)
                return Errno.EFAULT;
        }

        return Errno.None;
    }

    private void FreePages()
    {
        for (int i = 0; i < PageCount; i++)
            FreePage(ref _pages[i]);
        _tail = _head;
    }

    private static void FreePage(ref Pfn page)
    {
        if (page.Value != 0)
            KernelMemory.Pages.Free(page);
        page = default;
    }

    private static int PageIndex(ulong position) => (int)(position / Limits.PageSizeBytes % PageCount);

    private readonly struct HasDataOrEnd(Pipe pipe) : IWaitCondition
    {
        public bool IsMet() => pipe.Count > 0 || !pipe.HasWriters;
    }

    private readonly struct HasRoomOrEnd(Pipe pipe, int needed) : IWaitCondition
    {
        public bool IsMet() => CapacityBytes - pipe.Count >= needed || !pipe.HasReaders;
    }
}
