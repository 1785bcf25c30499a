// The open files of a process by descriptor number (Linux: struct files_struct).
//
// Chunks of ChunkSize descriptors are made as they are needed. A descriptor is in one of three states:
//   free ──Reserve──▶ reserved (used, no file yet) ──Install──▶ open ──Close──▶ free
//
// | what              | protected by |
// |-------------------|--------------|
// | chunks, files, bits | _lock      |
// | uses of the table | atomic       |
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Abi;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>Descriptors of a process; threads, and tasks made with CLONE_FILES, share one.</summary>
public sealed class FileTable
{
    /// <summary>Descriptors that a table can have (Linux: <c>fs.nr_open</c>).</summary>
    public const int CountMax = ChunkCount * ChunkSize;

    private const int ChunkCount = 256;
    private const int ChunkSize = 256;
    private const int WordBits = 64;

    private SpinLock _lock;
    private int _references;
    private int _freeHint;    // no descriptor below is free
    private ChunkTable _chunks;

    [InlineArray(ChunkCount)]
    private struct ChunkTable
    {
        private Chunk? _first;
    }

    private sealed class Chunk
    {
        internal Files Files;
        internal Bits Used;
        internal Bits CloseOnExec;
    }

    [InlineArray(ChunkSize)]
    private struct Files
    {
        private File? _first;
    }

    [InlineArray(ChunkSize / WordBits)]
    private struct Bits
    {
        private ulong _first;
    }

    /// <summary>Makes an empty table with one use.</summary>
    /// <returns>Null if there is no memory.</returns>
    public static FileTable? TryMake()
    {
        if (!Kmem.TryNew(out FileTable table))
            return null;

        table._references = 1;
        return table;
    }

    /// <summary>Makes a copy that refers to the same open files (fork).</summary>
    /// <returns>Null if there is no memory.</returns>
    public FileTable? TryCopy()
    {
        FileTable? copy = TryMake();
        if (copy is null)
            return null;

        for (int i = 0; i < ChunkCount; i++)
        {
            if (Volatile.Read(ref _chunks[i]) is null)
                continue;

            // The chunk may grow or shrink until the lock is held; an empty copy of it does no harm.
            if (!Kmem.TryNew(out Chunk chunk))
            {
                copy.Put();
                return null;
            }

            copy._chunks[i] = chunk;
            CopyChunk(_chunks[i]!, chunk);
        }

        return copy;
    }

    /// <summary>Counts one more user of the table.</summary>
    public void Get() => Interlocked.Increment(ref _references);

    /// <summary>Ends one use; the last one closes all files.</summary>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public void Put()
    {
        int count = Interlocked.Decrement(ref _references);
        Bug.On(count < 0);
        if (count > 0)
            return;

        for (int i = 0; i < ChunkCount; i++)
        {
            Chunk? chunk = _chunks[i];
            if (chunk is null)
                continue;

            for (int j = 0; j < ChunkSize; j++)
                chunk.Files[j]?.Put();
            Kmem.Free(chunk);
        }

        Kmem.Free(this);
    }

    /// <summary>Whether more than one task uses the table.</summary>
    public bool IsShared => Volatile.Read(ref _references) > 1;

    /// <summary>The file of a descriptor, with a use for the caller.</summary>
    /// <returns>Null: EBADF.</returns>
    public File? Get(int descriptor)
    {
        if ((uint)descriptor >= CountMax)
            return null;

        descriptor = SpeculativeIndex.Clamp(descriptor, CountMax);
        using SpinLock.Guard guard = _lock.Lock();
        File? file = _chunks[descriptor / ChunkSize]?.Files[descriptor % ChunkSize];
        file?.Get();
        return file;
    }

    /// <summary>Takes the lowest free descriptor from <paramref name="minimum"/> on. Nothing is open there yet.</summary>
    /// <param name="minimum">Where to begin; not negative.</param>
    /// <param name="limit">First descriptor that may not be used (RLIMIT_NOFILE).</param>
    /// <param name="closeOnExec">execve closes it.</param>
    /// <returns>The descriptor; EMFILE; ENOMEM.</returns>
    public Result<int> Reserve(int minimum, ulong limit, bool closeOnExec)
    {
        int end = limit < CountMax ? (int)limit : CountMax;
        while (true)
        {
            int missing;
            using (SpinLock.Guard guard = _lock.Lock())
            {
                int start = minimum > _freeHint ? minimum : _freeHint;
                int found = FindFree(start, end, out missing);
                if (found >= 0)
                {
                    Use(found, closeOnExec);
                    if (start == _freeHint)
                        _freeHint = found + 1;
                    return found;
                }

                if (missing < 0)
                    return Errno.EMFILE;
            }

            if (!TryAddChunk(missing))
                return Errno.ENOMEM;
        }
    }

    /// <summary>Gives back a descriptor that was reserved and not installed.</summary>
    public void Unreserve(int descriptor)
    {
        using SpinLock.Guard guard = _lock.Lock();
        Release(descriptor);
    }

    /// <summary>Opens a reserved descriptor; the table takes over the caller's use of the file.</summary>
    public void Install(int descriptor, File file)
    {
        using SpinLock.Guard guard = _lock.Lock();
        Chunk chunk = _chunks[descriptor / ChunkSize]!;
        Bug.On(chunk.Files[descriptor % ChunkSize] is not null);
        chunk.Files[descriptor % ChunkSize] = file;
    }

    /// <summary>Makes a descriptor of a given number mean a file (dup2); what was open there is closed.</summary>
    /// <param name="descriptor">The number.</param>
    /// <param name="file">The file; the table takes a use of its own.</param>
    /// <param name="limit">First descriptor that may not be used.</param>
    /// <param name="closeOnExec">execve closes it.</param>
    /// <returns>EBADF beyond the limit; EBUSY if another thread is opening just this one; ENOMEM; none.</returns>
    public Errno Replace(int descriptor, File file, ulong limit, bool closeOnExec)
    {
        if (descriptor < 0 || (ulong)descriptor >= limit || descriptor >= CountMax)
            return Errno.EBADF;
        if (!TryAddChunk(descriptor / ChunkSize))
            return Errno.ENOMEM;

        File? before;
        using (SpinLock.Guard guard = _lock.Lock())
        {
            Chunk chunk = _chunks[descriptor / ChunkSize]!;
            before = chunk.Files[descriptor % ChunkSize];
            if (before is null && IsUsed(descriptor))
                return Errno.EBUSY;

            file.Get();
            Use(descriptor, closeOnExec);
            chunk.Files[descriptor % ChunkSize] = file;
        }

        before?.Put();
        return Errno.None;
    }

    /// <summary>Frees a descriptor.</summary>
    /// <returns>The file that was open there, whose use is now the caller's; null: EBADF.</returns>
    public File? Remove(int descriptor)
    {
        if ((uint)descriptor >= CountMax)
            return null;

        using SpinLock.Guard guard = _lock.Lock();
        Chunk? chunk = _chunks[descriptor / ChunkSize];
        File? file = chunk?.Files[descriptor % ChunkSize];
        if (file is null)
            return null;

        chunk!.Files[descriptor % ChunkSize] = null;
        Release(descriptor);
        return file;
    }

    /// <summary>Reads whether execve closes a descriptor.</summary>
    /// <returns>False: EBADF.</returns>
    public bool TryReadCloseOnExec(int descriptor, out bool closeOnExec)
    {
        closeOnExec = false;
        if ((uint)descriptor >= CountMax)
            return false;

        using SpinLock.Guard guard = _lock.Lock();
        Chunk? chunk = _chunks[descriptor / ChunkSize];
        if (chunk?.Files[descriptor % ChunkSize] is null)
            return false;

        closeOnExec = (chunk.CloseOnExec[Word(descriptor)] & Bit(descriptor)) != 0;
        return true;
    }

    /// <summary>Says whether execve closes a descriptor.</summary>
    /// <returns>False: EBADF.</returns>
    public bool TrySetCloseOnExec(int descriptor, bool closeOnExec)
    {
        if ((uint)descriptor >= CountMax)
            return false;

        using SpinLock.Guard guard = _lock.Lock();
        Chunk? chunk = _chunks[descriptor / ChunkSize];
        if (chunk?.Files[descriptor % ChunkSize] is null)
            return false;

        MarkCloseOnExec(chunk, descriptor, closeOnExec);
        return true;
    }

    /// <summary>Closes what execve closes.</summary>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public void CloseOnExec()
    {
        for (int i = 0; i < ChunkCount; i++)
        {
            Chunk? chunk = Volatile.Read(ref _chunks[i]);
            if (chunk is null)
                continue;

            for (int word = 0; word < ChunkSize / WordBits; word++)
            {
                while (TryTakeMarked(chunk, (i * ChunkSize) + (word * WordBits), out File? file))
                    file?.Put();
            }
        }
    }

    /// <summary>The first open descriptor from <paramref name="start"/> on.</summary>
    /// <returns>Negative if there is none.</returns>
    public int FindOpen(int start)
    {
        using SpinLock.Guard guard = _lock.Lock();
        for (int i = start; i >= 0 && i < CountMax; i++)
        {
            Chunk? chunk = _chunks[i / ChunkSize];
            if (chunk is null)
                i |= ChunkSize - 1; // the rest of a chunk that does not exist
            else if (chunk.Files[i % ChunkSize] is not null)
                return i;
        }

        return -1;
    }

    private void CopyChunk(Chunk from, Chunk to)
    {
        using SpinLock.Guard guard = _lock.Lock();
        for (int i = 0; i < ChunkSize; i++)
        {
            File? file = from.Files[i];
            if (file is null)
                continue; // free, or another thread is opening it: that is not copied

            file.Get();
            to.Files[i] = file;
            to.Used[i / WordBits] |= Bit(i);
            to.CloseOnExec[i / WordBits] |= from.CloseOnExec[i / WordBits] & Bit(i);
        }
    }

    // Under the lock. `missing` is the chunk that would have to be made first, or negative.
    private int FindFree(int start, int end, out int missing)
    {
        missing = -1;
        int at = start;
        while (at < end)
        {
            Chunk? chunk = _chunks[at / ChunkSize];
            if (chunk is null)
            {
                missing = at / ChunkSize;
                return -1;
            }

            ulong free = ~chunk.Used[Word(at)] & (ulong.MaxValue << (at % WordBits));
            at &= ~(WordBits - 1);
            if (free != 0)
            {
                at += BitOperations.TrailingZeroCount(free);
                return at < end ? at : -1;
            }

            at += WordBits;
        }

        return -1;
    }

    private bool TryAddChunk(int index)
    {
        if (Volatile.Read(ref _chunks[index]) is not null)
            return true;

        if (!Kmem.TryNew(out Chunk chunk))
            return false;

        using (SpinLock.Guard guard = _lock.Lock())
        {
            if (_chunks[index] is null)
            {
                Volatile.Write(ref _chunks[index], chunk);
                return true;
            }
        }

        Kmem.Free(chunk); // another thread was quicker
        return true;
    }

    private bool TryTakeMarked(Chunk chunk, int firstDescriptor, out File? file)
    {
        file = null;
        using SpinLock.Guard guard = _lock.Lock();
        ulong marked = chunk.CloseOnExec[Word(firstDescriptor)] & chunk.Used[Word(firstDescriptor)];
        if (marked == 0)
            return false;

        int descriptor = firstDescriptor + BitOperations.TrailingZeroCount(marked);
        file = chunk.Files[descriptor % ChunkSize];
        chunk.Files[descriptor % ChunkSize] = null;
        Release(descriptor);
        return true;
    }

    private bool IsUsed(int descriptor) =>
        (_chunks[descriptor / ChunkSize]!.Used[Word(descriptor)] & Bit(descriptor)) != 0;

    private void Use(int descriptor, bool closeOnExec)
    {
        Chunk chunk = _chunks[descriptor / ChunkSize]!;
        chunk.Used[Word(descriptor)] |= Bit(descriptor);
        MarkCloseOnExec(chunk, descriptor, closeOnExec);
    }

    private void Release(int descriptor)
    {
        Chunk chunk = _chunks[descriptor / ChunkSize]!;
        chunk.Used[Word(descriptor)] &= ~Bit(descriptor);
        MarkCloseOnExec(chunk, descriptor, false);
        if (descriptor < _freeHint)
            _freeHint = descriptor;
    }

    private static void MarkCloseOnExec(Chunk chunk, int descriptor, bool closeOnExec)
    {
        if (closeOnExec)
            chunk.CloseOnExec[Word(descriptor)] |= Bit(descriptor);
        else
            chunk.CloseOnExec[Word(descriptor)] &= ~Bit(descriptor);
    }

    private static int Word(int descriptor) => descriptor % ChunkSize / WordBits;

    private static ulong Bit(int descriptor) => 1UL << (descriptor % WordBits);
}
