// Locks that a thread held when it ended: their words are marked, and a waiter is woken for each.
//
// The list lies in the program's memory and may be anything: its length is bounded, and the first fault ends the walk.
// Source: get_robust_list(2); Linux Documentation/locking/robust-futexes.rst.
using Commence.Abi;
using Commence.Memory;

namespace Commence.Processes;

/// <summary>The list of robust futexes of a thread.</summary>
internal static class RobustList
{
    private const int LengthMax = 2048;
    private const ulong PriorityInheritanceFlag = 1;

    /// <summary>Releases what the calling thread still holds.</summary>
    internal static void Release(UserThread self)
    {
        UserAddr head = self.RobustList;
        self.RobustList = default;
        if (head.IsNull || !new UserPtr<RobustListHead>(head).TryRead(out RobustListHead list))
            return;

        UserAddr entry = new(list.First.Value & ~PriorityInheritanceFlag);
        UserAddr pending = new(list.Pending.Value & ~PriorityInheritanceFlag);
        for (int i = 0; i < LengthMax && entry != head; i++)
        {
            // The next entry first: a waiter that gets the lock may reuse this one.
            bool hasNext = new UserPtr<UserAddr>(entry).TryRead(out UserAddr next);
            if (entry != pending && !TryRelease(self, entry + (ulong)list.FutexOffset))
                return;
            if (!hasNext)
                return;
            entry = new UserAddr(next.Value & ~PriorityInheritanceFlag);
        }

        if (!pending.IsNull)
            _ = TryRelease(self, pending + (ulong)list.FutexOffset); // nothing follows
    }

    private static bool TryRelease(UserThread self, UserAddr word)
    {
        if (!new UserPtr<uint>(word).TryRead(out uint value))
            return false;

        while ((value & FutexWord.TidMask) == (uint)self.Tid)
        {
            uint released = (value & FutexWord.Waiters) | FutexWord.OwnerDied;
            if (!UserMemory.TryCompareExchange(word, value, released, out uint found))
                return false;
            if (found == value)
            {
                if ((value & FutexWord.Waiters) != 0)
                    _ = Futex.Wake(word, countMax: 1, uint.MaxValue, isPrivate: false); // nobody may wait
                return true;
            }

            value = found;
        }

        return true;
    }
}
