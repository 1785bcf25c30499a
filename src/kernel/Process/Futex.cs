// Fast user-space locks: threads sleep in the kernel on a word of their memory.
//
// A word is known by a key: in memory that processes share, the mapped object and the offset in it; else the address space
// and the address.
//
//   bucket of the key ─▶ list of waiters ─wake─▶ taken off the list, its task made runnable
//
// A waiter enters the list first and reads the word then (the read may fault and sleep, so it cannot be made under the list's
// lock), and leaves again if the word has another value. So a waker that changed the word before the read is seen by the read,
// and one that changes it later finds the waiter on the list.
//
// Source: futex(2).
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Mm;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Processes;

/// <summary>Waits for and wakes up waiters of futexes.</summary>
public static class Futex
{
    private const int BucketCountBits = 6;

    private static Buckets s_buckets;

    [InlineArray(1 << BucketCountBits)]
    private struct Buckets
    {
        private Bucket _first;
    }

    [NoCopy]
    private struct Bucket
    {
        internal SpinLock Lock;
        internal IntrusiveList<Waiter, Waiter.InBucket> Waiters;
    }

    private sealed class Waiter
    {
        internal Key Key;
        internal uint Mask;
        internal int Bucket;             // changes when the waiter is requeued; under the locks of both buckets
        internal bool IsWoken;           // Volatile; set under the bucket's lock, when it is taken off the list
        internal WaitQueue Queue;
        internal ListLink<Waiter> Link;

        internal readonly struct InBucket : ILinked<Waiter>
        {
            public static ref ListLink<Waiter> Link(Waiter item) => ref item.Link;
        }
    }

    /// <summary>What a word is, whoever looks at it from where.</summary>
    private readonly struct Key
    {
        private readonly object _owner;
        private readonly ulong _offset;
        private readonly int _bucket;

        private Key(object owner, ulong offset, ulong salt)
        {
            _owner = owner;
            _offset = offset;
            _bucket = Hash.Bucket(offset ^ salt, BucketCountBits);
        }

        internal int Bucket => _bucket;

        internal static Key Of(UserAddr address, bool isPrivate)
        {
            AddressSpace memory = Task.Current.Memory!;
            if (!isPrivate && memory.TryReadArea(address, out VmAreaInfo area) && area.Start <= address
                && area.IsShared && area.Source is not null)
            {
                ulong offset = area.OffsetBytes + (address - area.Start);
                return new Key(area.Source, offset, area.Source.Inode);
            }

            return new Key(memory, address.Value, memory.Root.Value);
        }

        internal bool Is(in Key other) => _owner == other._owner && _offset == other._offset;
    }

    private readonly struct IsWoken(Waiter waiter) : IWaitCondition
    {
        public bool IsMet() => Volatile.Read(ref waiter.IsWoken);
    }

    /// <summary>Sleeps until somebody wakes this word, if it has the expected value.</summary>
    /// <param name="address">The word; a multiple of 4.</param>
    /// <param name="expected">Its expected value.</param>
    /// <param name="mask">Wakers whose mask has no bit in common with it are not meant.</param>
    /// <param name="isPrivate">The word is the process's own, says the program.</param>
    /// <param name="deadline">On the monotonic clock.</param>
    /// <returns>None after a wake-up; EAGAIN for another value; ETIMEDOUT; ERESTARTSYS; EFAULT; EINVAL; ENOMEM.</returns>
    internal static Errno Wait(UserAddr address, uint expected, uint mask, bool isPrivate, Nanoseconds deadline)
    {
        if (mask == 0 || !address.IsAligned(sizeof(uint)))
            return Errno.EINVAL;
        if (!Kmem.TryNew(out Waiter waiter))
            return Errno.ENOMEM;

        waiter.Key = Key.Of(address, isPrivate);
        waiter.Mask = mask;
        waiter.Bucket = waiter.Key.Bucket;
        ref Bucket bucket = ref s_buckets[waiter.Bucket];
        using (bucket.Lock.Lock())
            bucket.Waiters.AddLast(waiter);

        Errno error = SleepOn(waiter, address, expected, deadline);
        if (!TryLeave(waiter))
            error = Errno.None; // woken, perhaps only just now: the waker counts on it
        Kmem.Free(waiter);
        return error;
    }

    /// <summary>Wakes threads that wait for a word.</summary>
    /// <returns>How many; EINVAL.</returns>
    internal static Result<int> Wake(UserAddr address, int countMax, uint mask, bool isPrivate)
    {
        if (mask == 0 || !address.IsAligned(sizeof(uint)))
            return Errno.EINVAL;

        Key key = Key.Of(address, isPrivate);
        ref Bucket bucket = ref s_buckets[key.Bucket];
        using SpinLock.Guard guard = bucket.Lock.Lock();
        return WakeLocked(ref bucket, in key, countMax, mask);
    }

    /// <summary>Wakes some waiters of a word, and makes others wait for another word.</summary>
    /// <param name="from">The word.</param>
    /// <param name="wakeMax">How many are woken.</param>
    /// <param name="to">The other word.</param>
    /// <param name="moveMax">How many are moved.</param>
    /// <param name="isPrivate">The words are the process's own, says the program.</param>
    /// <param name="expected">The value that the word must have; null if that does not matter.</param>
    /// <returns>How many were woken, and with an expected value also how many were moved; EAGAIN; EFAULT; EINVAL.</returns>
    internal static Result<int> Requeue(UserAddr from, int wakeMax, UserAddr to, int moveMax, bool isPrivate, uint? expected)
    {
        if (!from.IsAligned(sizeof(uint)) || !to.IsAligned(sizeof(uint)) || wakeMax < 0 || moveMax < 0 || from == to)
            return Errno.EINVAL;
        if (expected.HasValue)
        {
            if (!new UserPtr<uint>(from).TryRead(out uint value))
                return Errno.EFAULT;
            if (value != expected.GetValueOrDefault())
                return Errno.EAGAIN;
        }

        Key source = Key.Of(from, isPrivate);
        Key target = Key.Of(to, isPrivate);
        if (source.Is(in target))
            return Errno.EINVAL;
        if (source.Bucket == target.Bucket)
        {
            using SpinLock.Guard guard = s_buckets[source.Bucket].Lock.Lock();
            return RequeueLocked(in source, wakeMax, in target, moveMax, expected.HasValue);
        }

        // In the order of their numbers, so that two requeues in opposite directions do not wait for one another.
        using SpinLock.Guard low = s_buckets[System.Math.Min(source.Bucket, target.Bucket)].Lock.Lock();
        using SpinLock.Guard high = s_buckets[System.Math.Max(source.Bucket, target.Bucket)].Lock.Lock();
        return RequeueLocked(in source, wakeMax, in target, moveMax, expected.HasValue);
    }

    private static Errno SleepOn(Waiter waiter, UserAddr address, uint expected, Nanoseconds deadline)
    {
        if (!new UserPtr<uint>(address).TryRead(out uint value))
            return Errno.EFAULT;
        if (value != expected)
            return Errno.EAGAIN;

        IsWoken condition = new(waiter);
        return waiter.Queue.WaitInterruptible(ref condition, deadline) switch
        {
            WaitResult.Met => Errno.None,
            WaitResult.TimedOut => Errno.ETIMEDOUT,
            _ => Restart.System,
        };
    }

    // False if it was woken. Afterwards nobody else knows the waiter.
    private static bool TryLeave(Waiter waiter)
    {
        while (true)
        {
            int index = Volatile.Read(ref waiter.Bucket);
            ref Bucket bucket = ref s_buckets[index];
            using SpinLock.Guard guard = bucket.Lock.Lock();
            if (waiter.IsWoken)
                return false;
            if (waiter.Bucket != index)
                continue; // moved to another word meanwhile

            bucket.Waiters.Remove(waiter);
            return true;
        }
    }

    private static int WakeLocked(ref Bucket bucket, in Key key, int countMax, uint mask)
    {
        int count = 0;
        foreach (Waiter waiter in bucket.Waiters)
        {
            if (count >= countMax)
                break;
            if (!waiter.Key.Is(in key) || (waiter.Mask & mask) == 0)
                continue;

            bucket.Waiters.Remove(waiter);
            Volatile.Write(ref waiter.IsWoken, true);
            waiter.Queue.WakeAll(); // the waiter stays until it has had this bucket's lock
            count++;
        }

        return count;
    }

    private static int RequeueLocked(in Key from, int wakeMax, in Key to, int moveMax, bool countsMoved)
    {
        ref Bucket source = ref s_buckets[from.Bucket];
        int woken = WakeLocked(ref source, in from, wakeMax, uint.MaxValue);
        int moved = 0;
        foreach (Waiter waiter in source.Waiters)
        {
            if (moved >= moveMax)
                break;
            if (!waiter.Key.Is(in from))
                continue;

            source.Waiters.Remove(waiter);
            waiter.Key = to;
            Volatile.Write(ref waiter.Bucket, to.Bucket);
            s_buckets[to.Bucket].Waiters.AddLast(waiter);
            moved++;
        }

        return countsMoved ? woken + moved : woken;
    }
}
