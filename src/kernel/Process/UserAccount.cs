// How many tasks each user has, which RLIMIT_NPROC limits (Linux: struct user_struct, found by its uid cache).
//
//   first task of a user ─▶ made, in the table ─▶ a task more, a task less … ─▶ its last task gone: freed
//
// A task counts from its making until its last reference is gone: a dead one that nobody has waited for counts too.
// Locks: s_lock protects the table and all counts; it is a leaf.
using System.Runtime.CompilerServices;
using Commence.Abi;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;

namespace Commence.Processes;

/// <summary>A user who has tasks.</summary>
internal sealed class UserAccount
{
    private const int BucketCount = 64;

    private static SpinLock s_lock;
    private static Buckets s_buckets;

    private uint _userId;
    private int _taskCount;
    private ForwardLink<UserAccount> _tableLink;

    /// <summary>Counts a task for a user who may have none yet, whatever the limit.</summary>
    /// <returns>Null if there is no memory.</returns>
    /// <remarks>Context: thread.</remarks>
    internal static UserAccount? TryEnter(uint userId)
    {
        if (TryFind(userId, out UserAccount? found))
            return found;
        if (!Kmem.TryNew(out UserAccount made))
            return null;

        made._userId = userId;
        made._taskCount = 1;
        if (TryPublish(made, out UserAccount account))
            return account;
        Kmem.Free(made); // somebody else was first
        return account;
    }

    /// <summary>Counts another task of this user, who has one already: the caller.</summary>
    /// <param name="limit">How many the user may have then.</param>
    /// <returns>False if that would be more than the limit.</returns>
    internal bool TryAddTask(ulong limit)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        if ((ulong)_taskCount >= limit)
            return false;

        _taskCount++;
        return true;
    }

    /// <summary>A task of this user is no more, or has another user now.</summary>
    internal void RemoveTask()
    {
        using (s_lock.Lock())
        {
            Bug.On(_taskCount <= 0);
            if (--_taskCount != 0)
                return;

            bool isFound = BucketOf(_userId).TryRemove(this);
            Bug.On(!isFound);
        }

        Kmem.Free(this);
    }

    private static bool TryFind(uint userId, out UserAccount? account)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        account = FindLocked(userId);
        if (account is null)
            return false;

        account._taskCount++;
        return true;
    }

    private static bool TryPublish(UserAccount made, out UserAccount account)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        UserAccount? found = FindLocked(made._userId);
        account = found ?? made;
        if (found is not null)
            found._taskCount++;
        else
            BucketOf(made._userId).AddLast(made);
        return found is null;
    }

    private static UserAccount? FindLocked(uint userId)
    {
        foreach (UserAccount account in BucketOf(userId))
        {
            if (account._userId == userId)
                return account;
        }

        return null;
    }

    private static ref ForwardList<UserAccount, InTable> BucketOf(uint userId) => ref s_buckets[(int)(userId % BucketCount)];

    private readonly struct InTable : IForwardLinked<UserAccount>
    {
        public static ref ForwardLink<UserAccount> Link(UserAccount item) => ref item._tableLink;
    }

    [InlineArray(BucketCount)]
    private struct Buckets
    {
        private ForwardList<UserAccount, InTable> _list0;
    }
}
