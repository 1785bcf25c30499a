// Sequence counters: readers never wait for a lock and never write; they read again when a writer was at work.
//
//   writer:  count odd ─ write barrier ─ data ─ count even (release)
//   reader:  count even (acquire) ─ data ─ read barrier ─ count unchanged? else again
//
// The data must be plain words without references to what a writer frees: a reader may see them half written before it retries.
using System.Runtime.CompilerServices;
using System.Threading;

namespace Commence.Locking;

/// <summary>A sequence counter; its writers exclude one another by some other means (Linux: <c>seqcount_t</c>).</summary>
[NoCopy]
public struct SeqCount
{
    internal uint Sequence; // odd while a writer is at work

    internal static uint WaitEven(ref SeqCount count)
    {
        uint sequence = Volatile.Read(ref count.Sequence);
        while ((sequence & 1) != 0)
        {
            // Bounded: the writer has interrupts off and writes a few words.
            Cpu.Relax();
            sequence = Volatile.Read(ref count.Sequence);
        }

        return sequence;
    }
}

/// <summary>A sequence counter with its writers' lock (Linux: <c>seqlock_t</c>).</summary>
/// <remarks>Readers may be in any context; in an interrupt handler too, since a writer has interrupts off.</remarks>
public struct SeqLock
{
    internal SeqCount Count;
    internal IrqSpinLock Spin;

    /// <summary>Proof that the caller is the one writer.</summary>
    public readonly ref struct WriteGuard
    {
        private readonly ref SeqLock _lock;
        private readonly IrqSpinLock.Guard _guard;

        internal WriteGuard(ref SeqLock seqLock, IrqSpinLock.Guard guard)
        {
            _lock = ref seqLock;
            _guard = guard;
        }

        /// <summary>Proof for whoever asks for it.</summary>
        public IrqOff IrqOff => _guard.IrqOff;

        /// <summary>Lets readers see the new data, then gives up the lock.</summary>
        public void Dispose()
        {
            _lock.Count.EndWrite();
            _guard.Dispose();
        }
    }
}

/// <summary>Reading and writing under a sequence counter.</summary>
public static class SeqExtensions
{
    /// <summary>Begins a read of the protected data.</summary>
    /// <returns>What <see cref="IsStale(ref SeqCount, uint)"/> compares with.</returns>
    /// <remarks>Context: any, but never the writer itself (it would wait for itself).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint BeginRead(this ref SeqCount count)
    {
        uint sequence = Volatile.Read(ref count.Sequence);
        return (sequence & 1) == 0 ? sequence : SeqCount.WaitEven(ref count);
    }

    /// <summary>Ends a read.</summary>
    /// <returns>True if a writer was at work meanwhile: what was read is worthless, begin again.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsStale(this ref SeqCount count, uint sequence)
    {
        Volatile.ReadBarrier(); // the data was read before the counter is read again
        return Volatile.Read(ref count.Sequence) != sequence;
    }

    /// <summary>Begins a write; readers retry until <see cref="EndWrite"/>.</summary>
    /// <remarks>Context: the caller is the only writer and cannot be interrupted by a reader. IRQs: off.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BeginWrite(this ref SeqCount count)
    {
        Bug.On((count.Sequence & 1) != 0); // two writers
        Volatile.Write(ref count.Sequence, count.Sequence + 1);
        Volatile.WriteBarrier(); // odd before the first word of data
    }

    /// <summary>Ends a write.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void EndWrite(this ref SeqCount count)
    {
        Bug.On((count.Sequence & 1) == 0);
        Volatile.Write(ref count.Sequence, count.Sequence + 1); // release: data before even
    }

    /// <inheritdoc cref="BeginRead(ref SeqCount)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint BeginRead(this ref SeqLock seqLock) => seqLock.Count.BeginRead();

    /// <inheritdoc cref="IsStale(ref SeqCount, uint)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsStale(this ref SeqLock seqLock, uint sequence) => seqLock.Count.IsStale(sequence);

    /// <summary>Begins a read without waiting for a writer.</summary>
    /// <returns>False if a writer is at work, which the caller may have interrupted.</returns>
    /// <remarks>Context: any, NMI and the writer itself included.</remarks>
    public static bool TryBeginRead(this ref SeqLock seqLock, out uint sequence)
    {
        sequence = Volatile.Read(ref seqLock.Count.Sequence);
        return (sequence & 1) == 0;
    }

    /// <summary>Becomes the one writer until the guard is disposed.</summary>
    /// <remarks>Context: any. IRQs: off until Dispose.</remarks>
    public static SeqLock.WriteGuard Write(this ref SeqLock seqLock)
    {
        IrqSpinLock.Guard guard = seqLock.Spin.Lock();
        seqLock.Count.BeginWrite();
        return new SeqLock.WriteGuard(ref seqLock, guard);
    }
}
