// Tells a parent that its child stopped, went on, or ended.
using System.Threading;
using Commence.Abi;
using Commence.Locking;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Signals;

/// <summary>SIGCHLD, and waking whoever waits for children.</summary>
internal static class ParentNotice
{
    /// <summary>Tells that a process stopped or went on.</summary>
    /// <remarks>Context: thread. Locks: ProcessTree.Lock.</remarks>
    internal static void Send(Process child, SignalCode code, int status)
    {
        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        Process? parent = child.Parent;
        child.IsStopUnreported = code == SignalCode.CLD_STOPPED;
        child.IsContinueUnreported = code == SignalCode.CLD_CONTINUED;
        if (parent is null)
            return;

        SignalAction action = parent.Handlers.Get(Signal.SIGCHLD);
        if (!action.IsIgnore && !action.Has(SignalFlags.SA_NOCLDSTOP))
            SendLocked(parent, child, Signal.SIGCHLD, code, status);
        Wake(parent);
    }

    /// <summary>Tells that a process ended. Under ProcessTree.Lock.</summary>
    /// <returns>False if the parent does not want to wait for it: nobody will.</returns>
    /// <remarks>Source: sigaction(2), SA_NOCLDWAIT; POSIX.1-2017, "Consequences of Process Termination".</remarks>
    internal static bool SendEndLocked(Process child)
    {
        Process? parent = child.Parent;
        if (parent is null)
            return false;

        bool isWanted = true;
        if (child.ExitSignal == Signal.SIGCHLD)
        {
            SignalAction action = parent.Handlers.Get(Signal.SIGCHLD);
            isWanted = !action.IsIgnore && !action.Has(SignalFlags.SA_NOCLDWAIT);
        }

        if (child.ExitSignal.IsValid())
        {
            WaitStatus status = new(child.ExitStatus);
            SendLocked(parent, child, child.ExitSignal, status.Code, status.Value);
        }

        Wake(parent);
        return isWanted;
    }

    private static void SendLocked(Process parent, Process child, Signal signal, SignalCode code, int status)
    {
        SignalInfo info = SignalInfo.FromChild(
            code, child.Pid, child.Leader.Credentials.UserId, status, child.Ended.UserTicks, child.Ended.SystemTicks);
        info.Signal = signal;
        _ = SignalSender.SendToProcess(parent, in info); // a lost one is looked for by wait all the same
    }

    private static void Wake(Process parent)
    {
        Volatile.Write(ref parent.ChildEvents, parent.ChildEvents + 1);
        parent.ChildQueue.WakeAll();
    }
}
