// Waiting for children: wait4 and waitid.
//
// Source: wait(2); POSIX.1-2017, waitid().
using System.Threading;
using Commence.Abi;
using Commence.Lib;
using Commence.Locking;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Processes;

/// <summary>Which children, and what of them.</summary>
internal readonly struct WaitRequest
{
    internal WaitIdType Type { get; init; }

    /// <summary>The process's or group's number.</summary>
    internal int Number { get; init; }

    internal WaitOptions Options { get; init; }

    internal bool Has(WaitOptions option) => (Options & option) != 0;
}

/// <summary>What became of a child.</summary>
internal struct WaitOutcome
{
    internal int Pid;
    internal uint UserId;
    internal SignalCode Code;

    /// <summary>As wait4 reports it.</summary>
    internal int Status;

    /// <summary>As waitid reports it: exit code or signal.</summary>
    internal int Value;

    internal UsedResources Used;
}

/// <summary>Waits for children.</summary>
internal static class ProcessWait
{
    /// <summary>Waits until a child has something to report.</summary>
    /// <returns>True if one had; false if none has and WNOHANG forbids waiting; ECHILD; ERESTARTSYS.</returns>
    internal static Result<bool> Wait(in WaitRequest request, out WaitOutcome outcome)
    {
        Process self = UserThread.Current.Process;
        while (true)
        {
            uint events = Volatile.Read(ref self.ChildEvents);
            Errno error = Look(self, in request, out Process? dead, out outcome);
            if (error == Errno.None)
            {
                if (dead is not null)
                    ProcessExit.Reap(dead);
                return true;
            }

            if (error != Errno.EAGAIN)
                return error;
            if (request.Has(WaitOptions.WNOHANG))
                return false;

            SomethingNew condition = new(self, events);
            if (self.ChildQueue.WaitInterruptible(ref condition) != WaitResult.Met)
                return Restart.System;
        }
    }

    // None: the outcome is set, and `dead` is a child to reap. EAGAIN: nothing yet. ECHILD: no such child.
    private static Errno Look(Process self, in WaitRequest request, out Process? dead, out WaitOutcome outcome)
    {
        dead = null;
        outcome = default;
        bool hasCandidate = false;
        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        foreach (Process child in self.Children)
        {
            if (!IsMeant(child, in request) || child.IsReaped)
                continue;

            hasCandidate = true;
            if (!TryTake(child, in request, out outcome))
                continue;

            if (child.IsReaped)
            {
                dead = child;
                self.Waited.Add(in child.Ended);
                self.Waited.Add(in child.Waited);
            }

            return Errno.None;
        }

        return hasCandidate ? Errno.EAGAIN : Errno.ECHILD;
    }

    private static bool IsMeant(Process child, in WaitRequest request)
    {
        bool isNumber = request.Type switch
        {
            WaitIdType.Process => child.Pid == request.Number,
            WaitIdType.ProcessGroup => child.Group.Number == request.Number,
            _ => true,
        };

        // A "clone" child is one that ends with another signal than SIGCHLD, or none.
        bool isClone = child.ExitSignal != Signal.SIGCHLD;
        return isNumber && (request.Has(WaitOptions.__WALL) || isClone == request.Has(WaitOptions.__WCLONE));
    }

    private static bool TryTake(Process child, in WaitRequest request, out WaitOutcome outcome)
    {
        outcome = new WaitOutcome { Pid = child.Pid, UserId = child.Leader.Credentials.UserId };
        bool keeps = request.Has(WaitOptions.WNOWAIT);
        if (child.IsZombie && request.Has(WaitOptions.WEXITED))
        {
            WaitStatus status = new(child.ExitStatus);
            outcome.Status = status.Raw;
            outcome.Code = status.Code;
            outcome.Value = status.Value;
            outcome.Used = child.Ended;
            outcome.Used.Add(in child.Waited);
            child.IsReaped = !keeps;
            return true;
        }

        if (child.IsStopUnreported && request.Has(WaitOptions.WSTOPPED))
        {
            outcome.Status = WaitStatus.OfStop(child.StopSignal).Raw;
            outcome.Code = SignalCode.CLD_STOPPED;
            outcome.Value = (int)child.StopSignal;
            child.IsStopUnreported = keeps;
            return true;
        }

        if (child.IsContinueUnreported && request.Has(WaitOptions.WCONTINUED))
        {
            outcome.Status = WaitStatus.Continued;
            outcome.Code = SignalCode.CLD_CONTINUED;
            outcome.Value = (int)Signal.SIGCONT;
            child.IsContinueUnreported = keeps;
            return true;
        }

        return false;
    }

    private readonly struct SomethingNew(Process process, uint eventsBefore) : IWaitCondition
    {
        public bool IsMet() => Volatile.Read(ref process.ChildEvents) != eventsBefore;
    }
}
