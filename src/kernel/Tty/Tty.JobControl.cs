// Sessions and terminals: a session has at most one controlling terminal, a terminal controls at most one session, and one of
// the session's groups is in the foreground.
//
//   free ── leader opens it, or TIOCSCTTY ──▶ controlling ── leader ends, TIOCNOTTY by it, hang-up ──▶ free
//
// All of it is protected by ProcessTree.Lock. A controlling terminal has one use of its session and one of the foreground group.
//
// Source: POSIX.1-2017 §11.1.3 "The Controlling Terminal"; Linux ioctl_tty(2), credentials(7).
using System.Threading;
using Commence.Locking;
using Commence.Processes;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Terminals;

public sealed partial class Tty
{
    private Session? _session;
    private ProcessGroup? _foreground;

    /// <summary>The terminal that controls a process; null if none does.</summary>
    public static Tty? ControllingTerminalOf(Process process)
    {
        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        return ControllingTerminalLocked(process);
    }

    /// <summary>The number of the group in the foreground; 0 if there is none.</summary>
    /// <remarks>Context: any.</remarks>
    public int ForegroundNumber
    {
        get
        {
            using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
            return _foreground?.Number ?? 0;
        }
    }

    /// <summary>A session lost its leader: the terminal hangs up, and the foreground group learns of it.</summary>
    /// <remarks>Context: thread. The caller is the leader's last thread.</remarks>
    internal static void OnSessionEnd(Session session)
    {
        Tty? terminal = session.Terminal;
        if (terminal is null)
            return;

        terminal.Disconnect(tellsLeader: false, session);
        terminal.CutOff();
    }

    /// <summary>Ends all use of the terminal through the files that are open now (vhangup).</summary>
    /// <remarks>Context: thread.</remarks>
    public void HangUp()
    {
        Disconnect(tellsLeader: true, only: null);
        CutOff();
    }

    /// <summary>Whether the caller may use the terminal now.</summary>
    /// <param name="signal">SIGTTIN to read, SIGTTOU to write or to change settings.</param>
    /// <returns>None; EIO; ERESTARTSYS after its group got the signal.</returns>
    internal Errno CheckAccess(Signal signal)
    {
        UserThread? self = Task.Current.User;
        if (self is null)
            return Errno.None; // the kernel itself

        JobControlVerdict verdict;
        using (ProcessTree.Lock.Lock())
        {
            verdict = StandingOf(self, signal).Judge(signal);
            if (verdict == JobControlVerdict.Signal)
                SignalSender.SendToGroupLocked(self.Process.Group, SignalInfo.FromKernel(signal));
        }

        if (verdict == JobControlVerdict.Go)
            return Errno.None;
        if (verdict == JobControlVerdict.Fail)
            return Errno.EIO;

        // Another thread of the process may take the signal: this one has its call to make again in any case.
        self.Task.AddWork(TaskWork.Signal);
        return Restart.System;
    }

    /// <summary>Makes it the controlling terminal of the caller's session if Linux's open would.</summary>
    internal void OfferControl(TtyFile file)
    {
        UserThread? self = Task.Current.User;
        if (self is null || !file.IsReadable)
            return;

        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        Process process = self.Process;
        if (IsLeader(process) && process.Group.Session.Terminal is null && _session is null)
            TakeControlLocked(process);
    }

    /// <summary>TIOCSCTTY.</summary>
    /// <param name="file">The file through which it is asked.</param>
    /// <param name="steals">Take the terminal from the session that has it (superuser only).</param>
    internal Errno TakeControl(TtyFile file, bool steals)
    {
        UserThread self = UserThread.Current;
        bool isPrivileged = self.Credentials.IsPrivileged;
        Forgotten forgotten = default;
        Errno error;
        using (ProcessTree.Lock.Lock())
        {
            error = CheckControlLocked(self.Process, file, steals, isPrivileged);
            if (error == Errno.None && _session != self.Process.Group.Session)
            {
                forgotten = ForgetLocked();
                TakeControlLocked(self.Process);
            }
        }

        forgotten.Free();
        return error;
    }

    /// <summary>TIOCNOTTY.</summary>
    internal Errno GiveUpControl()
    {
        Process process = UserThread.Current.Process;
        Forgotten forgotten = default;
        using (ProcessTree.Lock.Lock())
        {
            if (ControllingTerminalLocked(process) != this)
                return Errno.ENOTTY;

            if (!IsLeader(process))
            {
                process.HasLeftTerminal = true;
                return Errno.None;
            }

            TellForegroundLocked(Signal.SIGHUP);
            TellForegroundLocked(Signal.SIGCONT);
            forgotten = ForgetLocked();
        }

        forgotten.Free();
        return Errno.None;
    }

    /// <summary>TIOCGPGRP.</summary>
    internal Result<int> GetForeground()
    {
        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        if (ControllingTerminalLocked(UserThread.Current.Process) != this)
            return Errno.ENOTTY;
        return _foreground?.Number ?? 0;
    }

    /// <summary>TIOCSPGRP.</summary>
    internal Errno SetForeground(int number)
    {
        Errno error = CheckAccess(Signal.SIGTTOU);
        if (error != Errno.None)
            return error == Errno.EIO ? Errno.ENOTTY : error;
        if (number < 0)
            return Errno.EINVAL;

        ProcessGroup? doomed;
        using (ProcessTree.Lock.Lock())
        {
            Session session = UserThread.Current.Process.Group.Session;
            if (ControllingTerminalLocked(UserThread.Current.Process) != this || _session != session)
                return Errno.ENOTTY;

            ProcessGroup? group = ProcessTree.FindGroup(number);
            if (group is null)
                return Errno.ESRCH;
            if (group.Session != session)
                return Errno.EPERM;

            group.Get();
            doomed = _foreground?.PutLocked();
            _foreground = group;
        }

        doomed?.Free();
        return Errno.None;
    }

    /// <summary>TIOCGSID.</summary>
    internal Result<int> GetSession()
    {
        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        if (_session is null || ControllingTerminalLocked(UserThread.Current.Process) != this)
            return Errno.ENOTTY;
        return _session.Number;
    }

    /// <summary>Sends a signal to the foreground group, if there is one.</summary>
    private void SignalForeground(Signal signal)
    {
        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        TellForegroundLocked(signal);
    }

    // Signals that tell of the loss, and the end of the connection with the session.
    private void Disconnect(bool tellsLeader, Session? only)
    {
        Forgotten forgotten;
        using (ProcessTree.Lock.Lock())
        {
            if (_session is null || (only is not null && _session != only))
                return;

            if (tellsLeader && ProcessTree.FindGroup(_session.Number) is not null)
                TellLeaderLocked(_session);
            else
                TellForegroundLocked(Signal.SIGHUP);
            forgotten = ForgetLocked();
        }

        forgotten.Free();
    }

    // Files that are open now are dead from here on.
    private void CutOff()
    {
        using (_lock.Lock())
        {
            Volatile.Write(ref _hangUps, _hangUps + 1);
            _input.Clear();
            _gate.Discard();
            _isStoppedByCall = false;
            _gate.Open();
            Publish();
        }

        ReadQueue.WakeAll();
        WriteQueue.WakeAll();
        _roomQueue.WakeAll();
    }

    private static bool IsLeader(Process process) => process.Group.Session.Number == process.Pid;

    private static Tty? ControllingTerminalLocked(Process process) =>
        process.HasLeftTerminal ? null : process.Group.Session.Terminal;

    private TerminalStanding StandingOf(UserThread self, Signal signal)
    {
        Process process = self.Process;
        return new TerminalStanding
        {
            IsControlling = ControllingTerminalLocked(process) == this,
            HasForeground = _foreground is not null,
            IsForeground = _foreground == process.Group,
            IsIgnored = self.Blocked.Contains(signal) || process.Handlers.Get(signal).IsIgnore,
            IsOrphaned = process.Group.IsOrphaned(except: null),
        };
    }

    private Errno CheckControlLocked(Process process, TtyFile file, bool steals, bool isPrivileged)
    {
        Session session = process.Group.Session;
        if (IsLeader(process) && session == _session)
            return Errno.None; // it has it already
        if (!IsLeader(process) || session.Terminal is not null)
            return Errno.EPERM;
        if (_session is not null && !(steals && isPrivileged))
            return Errno.EPERM;
        return file.IsReadable || isPrivileged ? Errno.None : Errno.EPERM;
    }

    private void TakeControlLocked(Process leader)
    {
        _session = leader.Group.Session;
        _session.Get();
        _session.Terminal = this;
        _foreground = leader.Group;
        _foreground.Get();
        leader.HasLeftTerminal = false;
    }

    private void TellForegroundLocked(Signal signal)
    {
        if (_foreground is not null)
            SignalSender.SendToGroupLocked(_foreground, SignalInfo.FromKernel(signal));
    }

    // The leader is in the group that has its number: setpgid leaves leaders where they are.
    private static void TellLeaderLocked(Session session)
    {
        foreach (Process member in ProcessTree.FindGroup(session.Number)!.Members)
        {
            if (!IsLeader(member))
                continue;

            _ = SignalSender.SendToProcess(member, SignalInfo.FromKernel(Signal.SIGHUP)); // standard signals need no memory
            _ = SignalSender.SendToProcess(member, SignalInfo.FromKernel(Signal.SIGCONT)); // so does this one
        }
    }

    private Forgotten ForgetLocked()
    {
        if (_session is not null)
            _session.Terminal = null;
        Forgotten forgotten = new(_session, _foreground?.PutLocked());
        _session = null;
        _foreground = null;
        return forgotten;
    }

    // What is to be freed after ProcessTree.Lock.
    private readonly struct Forgotten(Session? session, ProcessGroup? doomed)
    {
        internal void Free()
        {
            doomed?.Free();
            session?.Put();
        }
    }
}
