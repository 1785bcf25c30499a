// setpgid and setsid, and finding processes by number.
//
// Source: setpgid(2), setsid(2); POSIX.1-2017, setpgid(), setsid().
using Commence.Locking;
using Commence.Sched;

namespace Commence.Processes;

/// <summary>Moves processes between groups and sessions.</summary>
internal static class ProcessGroups
{
    /// <summary>Finds a process.</summary>
    /// <param name="number">Its number, or that of one of its threads; 0 for the caller's own.</param>
    /// <returns>The process with a use for the caller; ESRCH.</returns>
    internal static Result<Process> Find(int number)
    {
        if (number == 0)
        {
            Process own = UserThread.Current.Process;
            own.Get();
            return own;
        }

        if (number < 0 || !TaskTable.TryFind(number, out Task task))
            return Errno.ESRCH;

        Process? process = task.User?.Process;
        process?.Get();
        task.Put();
        return process is null ? Errno.ESRCH : process;
    }

    /// <summary>Moves a process into a group of its session, or into a new one of its own.</summary>
    /// <param name="number">The caller or a child of it; 0: the caller.</param>
    /// <param name="groupNumber">The group; 0: that with the process's own number.</param>
    internal static Errno SetGroup(int number, int groupNumber)
    {
        if (groupNumber < 0)
            return Errno.EINVAL;
        Result<Process> found = Find(number);
        if (!found.IsOk)
            return found.Error;

        Process process = found.Value;
        ProcessGroup? doomed = null;
        Errno error;
        using (ProcessTree.Lock.Lock())
        {
            error = CheckMove(process, UserThread.Current.Process);
            if (error == Errno.None)
                error = MoveLocked(process, groupNumber == 0 ? process.Pid : groupNumber, out doomed);
        }

        doomed?.Free();
        process.Put();
        return error;
    }

    /// <summary>Makes a new session and group with the caller as leader of both, and without a terminal.</summary>
    internal static Result<int> SetSession()
    {
        Process process = UserThread.Current.Process;
        Task leader = process.Leader.Task;
        Session? session = Session.TryMake(leader);
        if (session is null)
            return Errno.ENOMEM;

        ProcessGroup? doomed = null;
        Errno error = Errno.EPERM;
        using (ProcessTree.Lock.Lock())
        {
            if (ProcessTree.FindGroup(process.Pid) is null)
            {
                ProcessGroup? group = ProcessGroup.TryMake(leader, session);
                error = group is null ? Errno.ENOMEM : Errno.None;
                if (group is not null)
                    doomed = Replace(process, group);
            }
        }

        session.Put(); // the group has a use of its own
        doomed?.Free();
        return error == Errno.None ? process.Pid : error;
    }

    // Under ProcessTree.Lock, like the ones below.
    private static Errno CheckMove(Process process, Process caller)
    {
        if (process != caller)
        {
            if (process.Parent != caller || process.IsZombie)
                return Errno.ESRCH;
            if (process.Group.Session != caller.Group.Session)
                return Errno.EPERM;
            if (process.HasExecuted)
                return Errno.EACCES;
        }

        return process.Group.Session.Number == process.Pid ? Errno.EPERM : Errno.None; // a session's leader stays
    }

    private static Errno MoveLocked(Process process, int groupNumber, out ProcessGroup? doomed)
    {
        doomed = null;
        ProcessGroup? group = ProcessTree.FindGroup(groupNumber);
        if (group is not null)
        {
            if (group.Session != process.Group.Session)
                return Errno.EPERM;
            if (group == process.Group)
                return Errno.None;
            group.Get();
        }
        else
        {
            if (groupNumber != process.Pid)
                return Errno.EPERM;
            group = ProcessGroup.TryMake(process.Leader.Task, process.Group.Session);
            if (group is null)
                return Errno.ENOMEM;
        }

        doomed = Replace(process, group);
        return Errno.None;
    }

    // The process takes over the caller's use of the group. Returns the old group if that was its last member.
    private static ProcessGroup? Replace(Process process, ProcessGroup group)
    {
        ProcessGroup before = process.Group;
        before.Members.Remove(process);
        process.Group = group;
        group.Members.AddLast(process);
        return before.PutLocked();
    }
}
