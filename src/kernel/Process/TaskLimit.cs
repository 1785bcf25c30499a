// How many tasks there may be at all, by the machine's memory, and for each user.
//
// Source: Linux Documentation/admin-guide/sysctl/kernel.rst, "threads-max": tasks may take an eighth of memory for their
// stacks, of 16 KiB each, but there may always be 20; getrlimit(2), RLIMIT_NPROC: EAGAIN, and who is exempt.
using System;
using Commence.Abi;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Processes;

/// <summary>The limits on the number of tasks (Linux: <c>max_threads</c>).</summary>
internal static class TaskLimit
{
    private const ulong PagesPerTask = 32;
    private const ulong TasksMin = 20;

    /// <summary>Tasks that there may be (<c>kernel.threads-max</c>).</summary>
    internal static ulong Max { get; private set; } = TaskTable.NumberMax;

    /// <summary>Computes it (Linux: <c>fork_init</c>).</summary>
    /// <remarks>Context: boot, once, when the page allocator has all memory.</remarks>
    internal static void Init() => Max = MaxFor(KernelMemory.Pages.ManagedPages);

    /// <summary>Tasks that so much memory is enough for.</summary>
    internal static ulong MaxFor(ulong pages) => Math.Min(Math.Max(pages / PagesPerTask, TasksMin), TaskTable.NumberMax);

    /// <summary>Counts a task that the caller is about to make for its own user.</summary>
    /// <param name="account">The user's; <see cref="UserAccount.RemoveTask"/> when the task is gone.</param>
    /// <returns>EAGAIN if there would be too many, or none.</returns>
    internal static Errno TryAddTask(UserThread maker, out UserAccount account)
    {
        // Several makers at once may go beyond it by a few, as in Linux: the limit protects memory, not a table.
        account = maker.Account;
        if ((ulong)TaskTable.Count >= Max)
            return Errno.EAGAIN;

        bool isExempt = maker.Credentials.UserId == 0 || maker.Credentials.IsPrivileged;
        ulong limit = isExempt ? ResourceLimit.Infinity : maker.Process.Limit(ResourceKind.Processes);
        return account.TryAddTask(limit) ? Errno.None : Errno.EAGAIN;
    }
}
