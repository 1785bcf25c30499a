// Who is whose child, and in which group and session: one lock for all of it (Linux: tasklist_lock).
//
// Lock order: ProcessTree.Lock, then a process's SignalLock, then the lock of its handlers, then Task.WakeLock and a run queue's.
// All of these are taken with interrupts off: a timer's interrupt sends signals.
//
//   Session 1 ──< ProcessGroup 1 ──< Process >── 1 parent Process
//                                       └──< UserThread
using Commence.Lib;
using Commence.Locking;

namespace Commence.Processes;

/// <summary>The tree of processes.</summary>
public static class ProcessTree
{
    /// <summary>Protects parents, children, groups, sessions, lists of threads, and the states that <c>wait</c> looks at.</summary>
    internal static IrqSpinLock Lock;

    private static IntrusiveList<ProcessGroup, ProcessGroup.InTree> s_groups;
    private static Process? s_init;

    /// <summary>Process 1, which adopts orphans; null before it exists.</summary>
    public static Process? Init
    {
        get => System.Threading.Volatile.Read(ref s_init);
        internal set => System.Threading.Volatile.Write(ref s_init, value);
    }

    /// <summary>Finds a group. Under the lock.</summary>
    internal static ProcessGroup? FindGroup(int number)
    {
        foreach (ProcessGroup group in s_groups)
        {
            if (group.Number == number)
                return group;
        }

        return null;
    }

    internal static void Add(ProcessGroup group) => s_groups.AddLast(group);

    internal static void Remove(ProcessGroup group) => s_groups.Remove(group);
}
