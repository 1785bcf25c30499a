// Sending signals: to a thread, to a process, to a group, and to oneself for what one's own instruction did.
//
//   sent ─▶ Prepare: SIGCONT and stop signals cancel each other; ignored ones end here ─▶ pending ─▶ a thread is woken for it
//
// Locks: SignalLock of the process; for groups ProcessTree.Lock before it. Context: any, hard IRQ included, for those that say so.
using Commence.Abi;
using Commence.Fs;
using Commence.Lib;
using Commence.Locking;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Signals;

/// <summary>Sends signals.</summary>
public static class SignalSender
{
    /// <summary>Sends a signal to a process: one of its threads takes it.</summary>
    /// <returns>EAGAIN if a real-time signal cannot be queued; none, also when the signal is ignored.</returns>
    /// <remarks>Context: any. The caller has a use of the process, or holds ProcessTree.Lock.</remarks>
    public static Errno SendToProcess(Process process, in SignalInfo info)
    {
        using IrqSpinLock.Guard guard = process.SignalLock.Lock();
        return SendLocked(process, target: null, in info);
    }

    /// <summary>Sends a signal to one thread.</summary>
    /// <inheritdoc cref="SendToProcess"/>
    public static Errno SendToThread(UserThread thread, in SignalInfo info)
    {
        using IrqSpinLock.Guard guard = thread.Process.SignalLock.Lock();
        return SendLocked(thread.Process, thread, in info);
    }

    /// <summary>Sends a signal to all processes of a group. Under ProcessTree.Lock.</summary>
    /// <remarks>Context: any. For the kernel itself: nobody's permission is asked.</remarks>
    public static void SendToGroupLocked(ProcessGroup group, in SignalInfo info)
    {
        foreach (Process member in group.Members)
            _ = SendToProcess(member, in info); // standard signals need no memory
    }

    /// <summary>Sends a signal of the kernel's to all processes of a group.</summary>
    /// <remarks>Context: any.</remarks>
    public static void SendToGroup(ProcessGroup group, Signal signal)
    {
        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        SendToGroupLocked(group, SignalInfo.FromKernel(signal));
    }

    /// <summary>Gives the calling thread a signal that it cannot escape: for a fault, which it would only repeat.</summary>
    /// <remarks>Context: thread. A blocked or ignored signal ends the process.</remarks>
    public static void Force(in SignalInfo info)
    {
        UserThread self = UserThread.Current;
        Process process = self.Process;
        Signal signal = info.Signal;
        using IrqSpinLock.Guard guard = process.SignalLock.Lock();
        SignalAction action = process.Handlers.Get(signal);
        if (action.IsIgnore || self.Blocked.Contains(signal))
        {
            SignalAction byDefault = default;
            _ = process.Handlers.Exchange(signal, in byDefault); // what was there did not help
            self.Blocked = self.Blocked.Without(signal);
        }

        if (process.Handlers.Get(signal).IsDefault)
            process.IsUnkillable = false; // process 1 too must not repeat its fault for ever
        _ = self.Pending.Add(in info, int.MaxValue); // no limit
        self.Task.AddWork(TaskWork.Signal);
    }

    /// <summary>Makes all threads of a process end. Under its SignalLock.</summary>
    /// <param name="process">The process.</param>
    /// <param name="exitCode">What its parent learns, unless it is ending already.</param>
    public static void BeginExit(Process process, int exitCode)
    {
        if (!process.IsExiting)
        {
            process.IsExiting = true;
            process.ExitCode = exitCode;
        }

        process.IsStopping = false;
        process.ExecThread = null;
        foreach (UserThread thread in process.Threads)
            Interrupt(thread, isFatal: true);
    }

    /// <summary>Makes all threads but one end: execve. Under SignalLock.</summary>
    internal static void EndOthers(Process process, UserThread survivor)
    {
        foreach (UserThread thread in process.Threads)
        {
            if (thread != survivor)
                Interrupt(thread, isFatal: true);
        }
    }

    /// <summary>Makes a thread look at its signals: ends its sleep, or brings it into the kernel.</summary>
    /// <remarks>Under SignalLock.</remarks>
    internal static void Interrupt(UserThread thread, bool isFatal)
    {
        Task task = thread.Task;
        task.AddWork(isFatal ? TaskWork.Signal | TaskWork.FatalSignal : TaskWork.Signal);
        TaskState states = isFatal
            ? TaskState.Interruptible | TaskState.WakeKill | TaskState.Stopped | TaskState.Traced
            : TaskState.Interruptible;
        if (!Scheduler.WakeUp(task, states))
            Scheduler.Kick(task);
    }

    /// <summary>Whether a process may send a signal to another.</summary>
    /// <remarks>Source: kill(2).</remarks>
    internal static bool MaySend(UserThread sender, Process target, Signal signal)
    {
        if (sender.Credentials.IsPrivileged)
            return true;

        ref readonly Credentials other = ref target.Leader.Credentials;
        ref readonly Credentials self = ref sender.Credentials;
        bool isSameUser = self.EffectiveUserId == other.SavedUserId || self.EffectiveUserId == other.UserId
            || self.UserId == other.SavedUserId || self.UserId == other.UserId;
        bool isSameSession = target.Group.Session == sender.Process.Group.Session;
        return isSameUser || (signal == Signal.SIGCONT && isSameSession);
    }

    // `target` is the one thread that it is for; null: any thread of the process.
    private static Errno SendLocked(Process process, UserThread? target, in SignalInfo info)
    {
        Signal signal = info.Signal;
        if (process.Threads.IsEmpty || (target is not null && target.HasEnded))
            return Errno.None; // too late: as if it had ended just after

        Prepare(process, signal);
        if (IsDiscarded(process, target, signal))
            return Errno.None;

        int limit = (int)System.Math.Min(process.Limit(ResourceKind.PendingSignals), int.MaxValue);
        ref PendingSignals pending = ref (target is null ? ref process.Shared : ref target.Pending);
        Errno error = pending.Add(in info, limit);
        if (error != Errno.None)
            return error;

        if (signal == Signal.SIGKILL)
        {
            BeginExit(process, (int)Signal.SIGKILL);
            return Errno.None;
        }

        UserThread? taker = target is null ? FindTaker(process, signal) : Wants(target, signal) ? target : null;
        if (taker is not null)
            Interrupt(taker, isFatal: false);
        return Errno.None;
    }

    // What a signal does when it is sent, whether or not it is ever taken. POSIX.1-2017 §2.4.1, Signal Generation and Delivery.
    private static void Prepare(Process process, Signal signal)
    {
        if (signal == Signal.SIGCONT)
        {
            Forget(process, SignalSet.Stopping);
            process.IsStopDequeued = false;
            Continue(process);
        }
        else if (signal.DefaultAction() == DefaultAction.Stop)
        {
            Forget(process, SignalSet.Of(Signal.SIGCONT));
        }
    }

    private static void Forget(Process process, SignalSet signals)
    {
        process.Shared.Discard(signals);
        foreach (UserThread thread in process.Threads)
            thread.Pending.Discard(signals);
    }

    private static void Continue(Process process)
    {
        if (!process.IsStopping)
            return;

        process.IsContinueUnnotified = process.IsStopped;
        process.IsStopping = false;
        foreach (UserThread thread in process.Threads)
        {
            thread.Task.AddWork(TaskWork.Signal); // one of them tells the parent
            _ = Scheduler.WakeUp(thread.Task, TaskState.Stopped); // not stopped yet: it sees that it need not
        }
    }

    private static bool IsDiscarded(Process process, UserThread? target, Signal signal)
    {
        if (signal == Signal.SIGKILL)
            return process.IsUnkillable;

        // A blocked signal stays pending whatever its disposition: that may change before it is unblocked.
        if ((target ?? process.Leader).Blocked.Contains(signal) || (target ?? process.Leader).Awaited.Contains(signal))
            return false;

        SignalAction action = process.Handlers.Get(signal);
        return action.Discards(signal) || (process.IsUnkillable && action.IsDefault);
    }

    private static bool Wants(UserThread thread, Signal signal) =>
        !thread.HasEnded && (!thread.Blocked.Contains(signal) || thread.Awaited.Contains(signal));

    // The first thread if it wants it, as programs expect; else any that does.
    private static UserThread? FindTaker(Process process, Signal signal)
    {
        if (Wants(process.Leader, signal))
            return process.Leader;

        foreach (UserThread thread in process.Threads)
        {
            if (Wants(thread, signal))
                return thread;
        }

        return null;
    }
}
