// Whom a program means by a number when it sends a signal.
//
// Source: kill(2), tgkill(2).
using Commence.Locking;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Signals;

/// <summary>Sends signals that programs ask for.</summary>
internal static class SignalTargets
{
    /// <summary>kill: to a process, to a group, or to all.</summary>
    /// <param name="sender">Who asks.</param>
    /// <param name="number">Above 0: a process. 0: the sender's group. -1: all but process 1 and the sender. Below: a group.</param>
    /// <param name="info">The signal; none only checks.</param>
    internal static Errno Send(UserThread sender, int number, in SignalInfo info)
    {
        if (number > 0)
            return SendToProcess(sender, number, in info);
        if (number == int.MinValue)
            return Errno.ESRCH;
        return number == -1 ? SendToAll(sender, in info) : SendToGroup(sender, -number, in info);
    }

    /// <summary>tgkill, tkill: to one thread.</summary>
    /// <param name="process">The process that it must belong to; 0: any.</param>
    internal static Errno SendToThread(UserThread sender, int process, int thread, in SignalInfo info)
    {
        if (!TaskTable.TryFind(thread, out Task task))
            return Errno.ESRCH;

        UserThread? target = task.User;
        Errno error = target is null || (process != 0 && target.Process.Pid != process) ? Errno.ESRCH : Errno.None;
        if (error == Errno.None && !MaySend(sender, target!.Process, info.Signal))
            error = Errno.EPERM;
        if (error == Errno.None && info.Signal != Signal.None)
            error = SignalSender.SendToThread(target!, in info);
        task.Put();
        return error;
    }

    private static Errno SendToProcess(UserThread sender, int number, in SignalInfo info)
    {
        Result<Process> found = ProcessGroups.Find(number);
        if (!found.IsOk)
            return TaskExists(number) && !sender.Credentials.IsPrivileged ? Errno.EPERM : KernelThreadOr(found.Error, number);

        Process target = found.Value;
        Errno error = MaySend(sender, target, info.Signal) ? Errno.None : Errno.EPERM;
        if (error == Errno.None && info.Signal != Signal.None)
            error = SignalSender.SendToProcess(target, in info);
        target.Put();
        return error;
    }

    // Kernel threads exist, and ignore all signals.
    private static Errno KernelThreadOr(Errno error, int number) => TaskExists(number) ? Errno.None : error;

    private static bool TaskExists(int number)
    {
        if (!TaskTable.TryFind(number, out Task task))
            return false;

        task.Put();
        return true;
    }

    private static Errno SendToGroup(UserThread sender, int number, in SignalInfo info)
    {
        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        ProcessGroup? group = number == 0 ? sender.Process.Group : ProcessTree.FindGroup(number);
        if (group is null)
            return Errno.ESRCH;

        bool hasSent = false;
        foreach (Process member in group.Members)
        {
            if (!SignalSender.MaySend(sender, member, info.Signal))
                continue;

            hasSent = true;
            if (info.Signal != Signal.None)
                _ = SignalSender.SendToProcess(member, in info); // one that cannot be queued does not stop the others
        }

        return hasSent ? Errno.None : group.Members.IsEmpty ? Errno.ESRCH : Errno.EPERM;
    }

    private static Errno SendToAll(UserThread sender, in SignalInfo info)
    {
        bool hasSent = false;
        bool hasSeen = false;
        int number = 2;
        while (TaskTable.TryFindFrom(number, out Task task))
        {
            number = task.Pid + 1;
            Process? target = task.User?.Process;
            if (target is not null && target.Pid == task.Pid && target != sender.Process && target != ProcessTree.Init)
            {
                hasSeen = true;
                if (MaySend(sender, target, info.Signal))
                {
                    hasSent = true;
                    if (info.Signal != Signal.None)
                        _ = SignalSender.SendToProcess(target, in info); // as in SendToGroup
                }
            }

            task.Put();
        }

        return hasSent ? Errno.None : hasSeen ? Errno.EPERM : Errno.ESRCH;
    }

    private static bool MaySend(UserThread sender, Process target, Signal signal)
    {
        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        return SignalSender.MaySend(sender, target, signal);
    }
}
