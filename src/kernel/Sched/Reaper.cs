// Buries the dead: frees the stack of each task that was switched away from for the last time, and drops its references.
//
//   FinishSwitch (IRQs off) ── Add ──▶ s_dead ── kthreadd ──▶ Bury
//
// Not in FinishSwitch itself: giving back a mapped stack makes other processors forget it, and waits for them.
using Commence.Lib;
using Commence.Locking;

namespace Commence.Sched;

/// <summary>Tasks that wait for their burial.</summary>
internal static class Reaper
{
    private static IrqSpinLock s_lock;
    private static IntrusiveList<Task, Task.LockLinked> s_dead; // a dead task waits for no lock: its link is free
    private static WaitQueue s_wanted;

    /// <summary>Hands over a task that runs on no processor any more.</summary>
    /// <remarks>Context: scheduler. IRQs: off.</remarks>
    internal static void Add(Task task)
    {
        using (s_lock.Lock())
            s_dead.AddLast(task);
        s_wanted.WakeOne();
    }

    /// <summary>Buries for ever.</summary>
    /// <remarks>Context: kthreadd.</remarks>
    internal static void Work()
    {
        HasDead condition = default;
        while (true)
        {
            s_wanted.WaitIdle(ref condition);
            while (TryTake() is Task task)
                Bury(task);
        }
    }

    private static void Bury(Task task)
    {
        task.FreeStack();
        if (task.IsKernelThread)
            TaskTable.Remove(task); // a user task stays until its parent has waited for it
        task.Put();
    }

    private static Task? TryTake()
    {
        using IrqSpinLock.Guard guard = s_lock.Lock();
        return s_dead.RemoveFirst();
    }

    private readonly struct HasDead : IWaitCondition
    {
        public bool IsMet()
        {
            using IrqSpinLock.Guard guard = s_lock.Lock();
            return !s_dead.IsEmpty;
        }
    }
}
