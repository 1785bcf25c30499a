// The way back to user mode: takes pending signals and does what they ask for.
//
//   OnReturnToUser ─┬▶ reschedule
//                   └▶ Deliver ─▶ Next ─▶ a handler: its frame is put on the user's stack, user mode goes on in it
//                                  │  └▶ nothing: an interrupted system call is restarted
//                                  ├▶ stop: sleeps here until SIGCONT or SIGKILL
//                                  └▶ end: ProcessExit, never returns
//
// Source: POSIX.1-2017 §2.4 "Signal Concepts"; Linux signal(7).
using Commence.Arch;
using Commence.Locking;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Signals;

/// <summary>Delivers signals to the calling thread.</summary>
public static class SignalDelivery
{
    private enum Step
    {
        /// <summary>No signal is left.</summary>
        Nothing,

        /// <summary>A handler is to run.</summary>
        Handle,

        /// <summary>A signal was taken that does nothing, or something changed: look again.</summary>
        Again,

        /// <summary>The thread must end.</summary>
        End,

        /// <summary>The process stops.</summary>
        Stop,

        /// <summary>A stop signal was taken; whether it stops anything depends on the group.</summary>
        ConsiderStop,

        /// <summary>The process goes on, and this thread tells its parent.</summary>
        TellContinued,
    }

    /// <summary>Does all that is to be done before user mode goes on.</summary>
    /// <param name="registers">With which it goes on.</param>
    /// <remarks>Context: end of a system call, trap or interrupt from user mode, holding nothing. IRQs: off at entry and at
    /// return. Sleeps: may. Does not return if the thread must end.</remarks>
    public static void OnReturnToUser(ref TrapFrame registers)
    {
        while (true)
        {
            Scheduler.OnReturnToUser();
            if (Task.Current.Work == TaskWork.None)
                return;

            LocalInterrupts.Enable();
            Deliver(ref registers);
            LocalInterrupts.Disable();
        }
    }

    /// <summary>Sets the blocked signals of the calling thread.</summary>
    /// <remarks>Context: thread.</remarks>
    internal static void SetBlocked(SignalSet blocked)
    {
        UserThread self = UserThread.Current;
        using IrqSpinLock.Guard guard = self.Process.SignalLock.Lock();
        SetBlockedLocked(self, blocked);
    }

    /// <summary>As <see cref="SetBlocked"/>, under SignalLock.</summary>
    internal static void SetBlockedLocked(UserThread self, SignalSet blocked)
    {
        self.Blocked = blocked.Except(SignalSet.Unblockable);
        UpdateWork(self);
    }

    /// <summary>Blocks other signals for the time of a wait (sigsuspend, ppoll).</summary>
    internal static void SuspendBlocked(SignalSet blocked)
    {
        UserThread self = UserThread.Current;
        using IrqSpinLock.Guard guard = self.Process.SignalLock.Lock();
        self.BlockedAfterSuspend = self.Blocked;
        self.HasBlockedAfterSuspend = true;
        SetBlockedLocked(self, blocked);
        if (self.HasBlockedAfterSuspend)
            self.Task.AddWork(TaskWork.NotifyResume); // the old set comes back on the way to user mode
    }

    /// <summary>Ends a wait that <see cref="SuspendBlocked"/> began and that no signal interrupted.</summary>
    internal static void EndSuspension() => RestoreBlocked(UserThread.Current);

    private static void Deliver(ref TrapFrame registers)
    {
        UserThread self = UserThread.Current;
        self.Task.RemoveWork(TaskWork.NotifyResume);
        while (true)
        {
            switch (Next(self, out SignalInfo info, out SignalAction action))
            {
                case Step.Handle:
                    Handle(self, ref registers, in info, in action);
                    return;
                case Step.Nothing:
                    ContinueCall(ref registers);
                    RestoreBlocked(self);
                    return;
                case Step.End:
                    ProcessExit.EndThread(self.Process.ExitCode);
                    break;
                case Step.Stop:
                    Stop(self);
                    break;
                case Step.ConsiderStop:
                    ConsiderStop(self.Process, info.Signal);
                    break;
                case Step.TellContinued:
                    ParentNotice.Send(self.Process, SignalCode.CLD_CONTINUED, (int)Signal.SIGCONT);
                    break;
                default:
                    break;
            }
        }
    }

    private static Step Next(UserThread self, out SignalInfo info, out SignalAction action)
    {
        Process process = self.Process;
        info = default;
        action = default;
        using IrqSpinLock.Guard guard = process.SignalLock.Lock();
        if (process.IsExiting || (process.ExecThread is not null && process.ExecThread != self))
            return Step.End;
        if (process.IsContinueUnnotified)
        {
            process.IsContinueUnnotified = false;
            return Step.TellContinued;
        }

        if (process.IsStopping)
            return Step.Stop;
        if (!self.Pending.TryTake(self.Blocked, out info) && !process.Shared.TryTake(self.Blocked, out info))
        {
            UpdateWork(self);
            return Step.Nothing;
        }

        action = process.Handlers.Take(info.Signal);
        return Judge(process, info.Signal, in action);
    }

    private static Step Judge(Process process, Signal signal, in SignalAction action)
    {
        if (action.IsCaught)
            return Step.Handle;
        if (action.IsIgnore || process.IsUnkillable)
            return Step.Again;

        switch (signal.DefaultAction())
        {
            case DefaultAction.Ignore or DefaultAction.Continue:
                return Step.Again;
            case DefaultAction.Stop:
                process.IsStopDequeued = true; // SIGCONT takes it back
                return Step.ConsiderStop;
            default:
                SignalSender.BeginExit(process, (int)signal); // no core file is written, so that the core flag stays clear
                return Step.End;
        }
    }

    // Stop signals of a terminal do nothing in a group that nobody could continue. POSIX.1-2017 §2.4.3.
    private static void ConsiderStop(Process process, Signal signal)
    {
        if (signal != Signal.SIGSTOP)
        {
            using IrqSpinLock.Guard tree = ProcessTree.Lock.Lock();
            if (process.Group.IsOrphaned(except: null))
                return;
        }

        using IrqSpinLock.Guard guard = process.SignalLock.Lock();
        if (!process.IsStopDequeued || process.IsExiting)
            return;

        process.IsStopDequeued = false;
        process.IsStopping = true;
        process.StopSignal = signal;
        foreach (UserThread thread in process.Threads)
            SignalSender.Interrupt(thread, isFatal: false);
    }

    private static void Stop(UserThread self)
    {
        Process process = self.Process;
        Signal signal;
        bool isLast;
        using (process.SignalLock.Lock())
        {
            if (!process.IsStopping)
                return;

            self.IsStopped = true;
            process.StoppedCount++;
            isLast = process.IsStopped;
            signal = process.StopSignal;
        }

        if (isLast)
            ParentNotice.Send(process, SignalCode.CLD_STOPPED, (int)signal);
        while (TryPrepareStop(process))
            Scheduler.Schedule();

        using IrqSpinLock.Guard guard = process.SignalLock.Lock();
        self.Task.SetState(TaskState.Running);
        self.IsStopped = false;
        process.StoppedCount--;
    }

    // The state is set under the lock that SIGCONT and SIGKILL are sent under: neither is missed.
    private static bool TryPrepareStop(Process process)
    {
        using IrqSpinLock.Guard guard = process.SignalLock.Lock();
        if (!process.IsStopping || process.IsExiting)
            return false;

        Task.Current.SetState(TaskState.Stopped);
        return true;
    }

    private static void Handle(UserThread self, ref TrapFrame registers, in SignalInfo info, in SignalAction action)
    {
        ContinueCallAround(ref registers, in action);
        if (!HandlerFrame.TryPush(self, ref registers, in info, in action))
        {
            // There is no stack to run a handler on: not even that of SIGSEGV helps if that is what failed.
            ForceSegv(self, info.Signal);
            return;
        }

        using IrqSpinLock.Guard guard = self.Process.SignalLock.Lock();
        SignalSet blocked = self.Blocked.Union(action.Mask);
        if (!action.Has(SignalFlags.SA_NODEFER))
            blocked = blocked.With(info.Signal);
        self.HasBlockedAfterSuspend = false; // the frame has the old set
        SetBlockedLocked(self, blocked);
    }

    /// <summary>Ends a program whose stack or frame is unusable, or lets its handler of SIGSEGV see it.</summary>
    internal static void ForceSegv(UserThread self, Signal failed)
    {
        if (failed == Signal.SIGSEGV)
        {
            SignalAction byDefault = default;
            _ = self.Process.Handlers.Exchange(Signal.SIGSEGV, in byDefault); // it just failed
        }

        SignalSender.Force(SignalInfo.FromKernel(Signal.SIGSEGV));
    }

    // A handler runs: whether the interrupted call is restarted after it is for the handler's flags to say.
    private static void ContinueCallAround(ref TrapFrame registers, in SignalAction action)
    {
        if (!SignalFrame.IsSyscall(in registers))
            return;

        Errno error = (Errno)(-registers.ReturnValue);
        if (error == Restart.System && action.Has(SignalFlags.SA_RESTART))
            SignalFrame.RestartSyscall(ref registers, isContinuation: false);
        else if (error is Restart.System or Restart.NoHandler or Restart.Block)
            registers.ReturnValue = -(long)Errno.EINTR;
    }

    // No handler runs: the call goes on as if nothing had happened.
    private static void ContinueCall(ref TrapFrame registers)
    {
        if (!SignalFrame.IsSyscall(in registers))
            return;

        Errno error = (Errno)(-registers.ReturnValue);
        if (error is Restart.System or Restart.NoHandler or Restart.Block)
            SignalFrame.RestartSyscall(ref registers, isContinuation: error == Restart.Block);
    }

    private static void RestoreBlocked(UserThread self)
    {
        using IrqSpinLock.Guard guard = self.Process.SignalLock.Lock();
        if (!self.HasBlockedAfterSuspend)
            return;

        self.HasBlockedAfterSuspend = false;
        SetBlockedLocked(self, self.BlockedAfterSuspend);
    }

    // Keeps the work bit true to what there is. Under SignalLock; the thread itself.
    private static void UpdateWork(UserThread self)
    {
        Process process = self.Process;
        bool hasSignal = !self.Pending.Set.Union(process.Shared.Set).Except(self.Blocked).IsEmpty;
        if (hasSignal || process.IsStopping || process.IsContinueUnnotified || process.IsExiting || process.ExecThread is not null)
            self.Task.AddWork(TaskWork.Signal);
        else
            self.Task.RemoveWork(TaskWork.Signal);
    }
}
