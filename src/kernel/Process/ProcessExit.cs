// The end of a thread, and of a process with its last thread.
//
//   EndProcess ─▶ all threads are told ─┐
//   EndThread ──────────────────────────┴▶ memory, files ─▶ off the list of threads ─┬▶ not the last: nothing more
//                                                                                     └▶ the last: children to a new parent,
//                                                           terminal given up, groups that became orphans told, zombie,
//                                                           parent told (or nobody waits: reaped at once)
//
// Source: _exit(2), wait(2); POSIX.1-2017, "Consequences of Process Termination".
using System.Diagnostics.CodeAnalysis;
using Commence.Abi;
using Commence.Fs;
using Commence.Lib;
using Commence.Locking;
using Commence.Mm;
using Commence.Sched;
using Commence.Signals;
using Commence.Terminals;

namespace Commence.Processes;

/// <summary>Ends threads and processes.</summary>
public static class ProcessExit
{
    /// <summary>Ends the calling process: <c>exit_group</c>.</summary>
    /// <param name="status">As wait reports it.</param>
    /// <remarks>Context: thread, holding nothing. Never returns.</remarks>
    [DoesNotReturn]
    public static void EndProcess(WaitStatus status)
    {
        Process process = UserThread.Current.Process;
        using (process.SignalLock.Lock())
            SignalSender.BeginExit(process, status.Raw);
        EndThread(status.Raw);
    }

    /// <summary>Ends the calling thread: <c>exit</c>.</summary>
    /// <param name="status">As wait reports it, if this is the last thread and nothing else ended the process.</param>
    /// <inheritdoc cref="EndProcess"/>
    [DoesNotReturn]
    public static void EndThread(int status)
    {
        UserThread self = UserThread.Current;
        Bug.On(self.IsExiting); // it would end twice
        self.IsExiting = true;
        self.Task.AddFlags(TaskFlags.Exiting);

        // The last one to begin its end gives up what the process has as a whole; the last one to get here makes it a zombie.
        bool isLast = LeaveSignals(self, status);
        if (isLast && self.Process == ProcessTree.Init)
            InitProcess.OnEnd(new WaitStatus(self.Process.ExitCode));
        if (isLast)
            StopAlarm(self.Process);
        MemoryRelease.LeaveForGood(self, isLast);
        LeaveFiles(self);
        if (isLast)
            GiveUpTerminal(self.Process);
        LeaveProcess(self);
        Scheduler.Exit(0);
    }

    /// <summary>Buries a process that has been waited for, or that nobody waits for.</summary>
    /// <remarks>Context: thread. The caller has found it a zombie and set IsReaped under ProcessTree.Lock.</remarks>
    internal static void Reap(Process process)
    {
        ProcessGroup? group;
        using (ProcessTree.Lock.Lock())
        {
            process.Parent?.Children.Remove(process);
            process.Parent = null;
            process.Group.Members.Remove(process);
            group = process.Group.PutLocked();
        }

        group?.Free();
        Task leader = process.Leader.Task;
        TaskTable.Remove(leader);
        leader.Put();
        process.Put();
    }

    // From here on nothing is sent to this thread; what was sent to it alone is lost.
    private static bool LeaveSignals(UserThread self, int status)
    {
        Process process = self.Process;
        using IrqSpinLock.Guard guard = process.SignalLock.Lock();
        self.HasEnded = true;
        self.Pending.Discard(SignalSet.All);
        bool isLast = true;
        UserThread? heir = null;
        foreach (UserThread thread in process.Threads)
        {
            if (thread.HasEnded)
                continue;

            isLast = false;
            heir ??= thread;
        }

        if (isLast && !process.IsExiting)
        {
            process.IsExiting = true;
            process.ExitCode = status;
        }

        // What any thread may take, another one takes.
        if (heir is not null && !process.Shared.Set.IsEmpty)
            SignalSender.Interrupt(heir, isFatal: false);
        return isLast;
    }

    private static void StopAlarm(Process process)
    {
        RealTimer? timer;
        using (process.SignalLock.Lock())
            timer = process.AlarmTimer;
        if (timer is null)
            return;

        timer.Set(default, default, out _, out _);
        _ = timer.CancelAndWait(); // stopped already; it may be running still
    }

    private static void LeaveFiles(UserThread self)
    {
        FileTable? files;
        FsContext? view;
        using (self.Lock.Lock())
        {
            files = self.Files;
            view = self.FileSystemView;
            self.Files = null;
            self.FileSystemView = null;
        }

        files?.Put();
        view?.Put();
    }

    // The terminal of a session ends with its leader: the foreground gets SIGHUP, and SIGCONT to be able to take it.
    private static void GiveUpTerminal(Process process)
    {
        Session session = process.Group.Session;
        if (session.Number == process.Pid)
            Tty.OnSessionEnd(session);
    }

    private static void LeaveProcess(UserThread self)
    {
        Process process = self.Process;
        bool isReaped = false;
        bool isStopped;
        IntrusiveList<Process, Process.InSiblings> abandoned = default;
        using (ProcessTree.Lock.Lock())
        {
            using (process.SignalLock.Lock())
            {
                process.Ended.Add(self.Task);
                process.Threads.Remove(self);
                isStopped = process.IsStopped; // the others have stopped, and only this one was still running
            }

            if (process.Threads.IsEmpty)
                isReaped = BecomeZombie(process, ref abandoned);
        }

        if (isStopped)
            ParentNotice.Send(process, SignalCode.CLD_STOPPED, (int)process.StopSignal);
        process.ThreadQueue.WakeAll();
        Process? child;
        while ((child = abandoned.RemoveFirst()) is not null)
            Reap(child);
        if (self != process.Leader)
            TaskTable.Remove(self.Task); // the leader's number is the process's
        if (isReaped)
            Reap(process);
    }

    // True if nobody will wait for it.
    private static bool BecomeZombie(Process process, ref IntrusiveList<Process, Process.InSiblings> abandoned)
    {
        LeaveChildren(process, ref abandoned);
        TellOrphans(process);
        process.IsZombie = true;
        process.ExitStatus = process.ExitCode;
        process.IsReaped = !ParentNotice.SendEndLocked(process);
        return process.IsReaped;
    }

    // Children get a new parent. Those that are dead already and that it does not wait for are reaped by us.
    private static void LeaveChildren(Process process, ref IntrusiveList<Process, Process.InSiblings> abandoned)
    {
        Process? heir = FindReaper(process);
        Process? child;
        while ((child = process.Children.RemoveFirst()) is not null)
        {
            child.Parent = heir;
            child.ExitSignal = Signal.SIGCHLD;
            if (heir is not null)
                heir.Children.AddLast(child);
            if (!child.IsZombie || child.IsReaped || ParentNotice.SendEndLocked(child))
                continue;

            child.IsReaped = true;
            heir?.Children.Remove(child);
            child.Parent = null;
            abandoned.AddLast(child);
        }
    }

    // The nearest ancestor that asked for it, or process 1.
    private static Process? FindReaper(Process process)
    {
        for (Process? ancestor = process.Parent; ancestor is not null; ancestor = ancestor.Parent)
        {
            if (ancestor.IsSubreaper && !ancestor.IsExiting)
                return ancestor;
        }

        return ProcessTree.Init == process ? null : ProcessTree.Init;
    }

    // Groups that only this process could have continued: stopped members get SIGHUP and SIGCONT.
    private static void TellOrphans(Process process)
    {
        Process? parent = process.Parent;
        if (parent is not null && parent.Group != process.Group && parent.Group.Session == process.Group.Session)
            TellIfOrphaned(process.Group, process);

        // Its children have their new parent already.
        Process? heir = FindReaper(process);
        if (heir is null)
            return;

        foreach (Process child in heir.Children)
        {
            if (child.Group != process.Group && child.Group.Session == process.Group.Session)
                TellIfOrphaned(child.Group, process);
        }
    }

    private static void TellIfOrphaned(ProcessGroup group, Process leaving)
    {
        if (!group.IsOrphaned(leaving) || !group.HasStoppedMember())
            return;

        SignalSender.SendToGroupLocked(group, SignalInfo.FromKernel(Signal.SIGHUP));
        SignalSender.SendToGroupLocked(group, SignalInfo.FromKernel(Signal.SIGCONT));
    }
}
