// All tasks but the idle ones, by number.
//
// Numbers are given out in rising order and start again at 300 when the highest was given (Linux: alloc_pid), so that one is not
// used again soon. A number belongs to its task until the last reference is gone; the table finds it until Remove.
// Locks: s_lock protects everything here; it is a leaf.
using System.Runtime.CompilerServices;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Sched;

/// <summary>Finds tasks by number.</summary>
public static class TaskTable
{
    /// <summary>Numbers are below it (Linux: the default of <c>kernel.pid_max</c>).</summary>
    public const int NumberMax = 32768;

    private const int ReservedNumbers = 300;  // not given out a second time (Linux: RESERVED_PIDS)
    private const int BucketCount = 1024;
    private const int WordCount = NumberMax / 64;

    private static SpinLock s_lock;
    private static Words s_used;              // all-zero: number 0, which is the idle tasks', is never given out
    private static IdAllocator s_numbers;
    private static Buckets s_buckets;
    private static int s_count;
    private static int s_lastNumber;
    private static ulong s_createdCount;
    private static bool s_hasWrapped;

    /// <summary>Tasks in the table. A snapshot.</summary>
    public static int Count => s_count;

    /// <summary>Tasks made since boot (<c>processes</c> of /proc/stat).</summary>
    public static ulong CreatedCount => s_createdCount;

    /// <summary>The number given out last (the end of <c>/proc/loadavg</c>).</summary>
    public static int LastNumber => s_lastNumber;

    /// <summary>Finds a task.</summary>
    /// <returns>False if there is none; else the caller has a reference and gives it back with <see cref="Task.Put"/>.</returns>
    /// <remarks>Context: thread.</remarks>
    public static bool TryFind(int number, out Task task)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        foreach (Task candidate in s_buckets[BucketOf(number)])
        {
            if (candidate.Pid == number)
            {
                candidate.Get();
                task = candidate;
                return true;
            }
        }

        task = null!;
        return false;
    }

    /// <summary>Whether there is a task of this number that was made at this time.</summary>
    /// <remarks>Context: any that may take a spin lock; takes no reference. It may end at once.</remarks>
    public static bool IsThere(int number, Nanoseconds startTime)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        foreach (Task candidate in s_buckets[BucketOf(number)])
        {
            if (candidate.Pid == number)
                return candidate.StartTime == startTime;
        }

        return false;
    }

    /// <summary>Finds the task with the lowest number from here on, to visit all of them.</summary>
    /// <inheritdoc cref="TryFind"/>
    public static bool TryFindFrom(int number, out Task task)
    {
        int candidate = number;
        while (TryFindUsed(candidate, out int used))
        {
            if (TryFind(used, out task))
                return true;
            candidate = used + 1; // a dead one whose number is still kept
        }

        task = null!;
        return false;
    }

    /// <summary>Takes the task out, for good: nobody finds it any more. Drops the table's reference.</summary>
    /// <remarks>Context: thread. Once: by whoever buries a process, by the reaper for a kernel thread.</remarks>
    public static void Remove(Task task)
    {
        bool isFound;
        using (s_lock.Lock())
        {
            isFound = s_buckets[BucketOf(task.Pid)].TryRemove(task);
            s_count--;
        }

        Bug.On(!isFound); // removed twice
        task.Put();
    }

    /// <summary>Gives two tasks one another's number: execve by a thread that is not the first of its process.</summary>
    /// <remarks>Context: any that may take a spin lock. Both are in the table.</remarks>
    internal static void ExchangeNumbers(Task left, Task right)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        bool isFound = s_buckets[BucketOf(left.Pid)].TryRemove(left) && s_buckets[BucketOf(right.Pid)].TryRemove(right);
        Bug.On(!isFound);
        int number = left.Pid;
        left.Pid = right.Pid;
        right.Pid = number;
        s_buckets[BucketOf(left.Pid)].AddLast(left);
        s_buckets[BucketOf(right.Pid)].AddLast(right);
    }

    internal static bool TryAdd(Task task)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        if (!s_numbers.TryAllocate(new Bitmap(s_used), s_hasWrapped ? ReservedNumbers : 1, out int number))
            return false;

        if (number < s_lastNumber)
            s_hasWrapped = true;
        s_lastNumber = number;
        task.Pid = number;
        task.Tgid = number;
        s_buckets[BucketOf(number)].AddLast(task);
        s_count++;
        s_createdCount++;
        return true;
    }

    internal static void FreeNumber(int number)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        IdAllocator.Free(new Bitmap(s_used), number);
    }

    private static bool TryFindUsed(int from, out int number)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        number = from >= NumberMax ? -1 : new Bitmap(s_used).FindSet(from);
        return number >= 0;
    }

    private static int BucketOf(int number) => number & (BucketCount - 1);

    private readonly struct InTable : IForwardLinked<Task>
    {
        public static ref ForwardLink<Task> Link(Task item) => ref item.TableLink;
    }

    [InlineArray(BucketCount)]
    private struct Buckets
    {
        private ForwardList<Task, InTable> _list0;
    }

    [InlineArray(WordCount)]
    private struct Words
    {
        private ulong _word0;
    }
}
