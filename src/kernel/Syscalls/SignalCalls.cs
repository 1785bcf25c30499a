// Sending, blocking, catching and awaiting signals.
using Commence.Abi;
using Commence.Locking;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;
using Commence.Signals;
using Commence.Time;

namespace Commence.Syscalls;

/// <summary>System calls on signals.</summary>
internal static class SignalCalls
{
    private enum MaskChange
    {
        Block = 0,
        Unblock = 1,
        Set = 2,
    }

    [Syscall("rt_sigaction", x64: 13, arm64: 134)]
    internal static Errno Action(Signal signal, UserPtr<SignalAction> action, UserPtr<SignalAction> before, ulong setSize)
    {
        if (setSize != SignalSet.SizeBytes || !signal.IsValid())
            return Errno.EINVAL;
        if (!action.IsNull && signal.IsUnblockable())
            return Errno.EINVAL;

        Process process = UserThread.Current.Process;
        SignalAction old;
        if (action.IsNull)
        {
            old = process.Handlers.Get(signal);
        }
        else
        {
            if (!action.TryRead(out SignalAction wanted))
                return Errno.EFAULT;

            wanted.Mask = wanted.Mask.Except(SignalSet.Unblockable);
            old = Install(process, signal, in wanted);
        }

        return before.IsNull || before.TryWrite(in old) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("rt_sigprocmask", x64: 14, arm64: 135)]
    internal static Errno Mask(int how, UserPtr<SignalSet> set, UserPtr<SignalSet> before, ulong setSize)
    {
        if (setSize != SignalSet.SizeBytes)
            return Errno.EINVAL;

        SignalSet old = UserThread.Current.Blocked;
        if (!set.IsNull)
        {
            if (!set.TryRead(out SignalSet change))
                return Errno.EFAULT;

            change = change.Except(SignalSet.Unblockable);
            switch ((MaskChange)how)
            {
                case MaskChange.Block:
                    SignalDelivery.SetBlocked(old.Union(change));
                    break;
                case MaskChange.Unblock:
                    SignalDelivery.SetBlocked(old.Except(change));
                    break;
                case MaskChange.Set:
                    SignalDelivery.SetBlocked(change);
                    break;
                default:
                    return Errno.EINVAL;
            }
        }

        return before.IsNull || before.TryWrite(in old) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("rt_sigpending", x64: 127, arm64: 136)]
    internal static Errno Pending(UserPtr<SignalSet> result, ulong setSize)
    {
        if (setSize > SignalSet.SizeBytes)
            return Errno.EINVAL;

        UserThread self = UserThread.Current;
        SignalSet pending;
        using (self.Process.SignalLock.Lock())
            pending = self.Pending.Set.Union(self.Process.Shared.Set).Intersect(self.Blocked);
        return result.TryWrite(in pending) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("rt_sigsuspend", x64: 130, arm64: 133)]
    internal static Errno Suspend(UserPtr<SignalSet> set, ulong setSize)
    {
        if (setSize != SignalSet.SizeBytes)
            return Errno.EINVAL;
        if (!set.TryRead(out SignalSet blocked))
            return Errno.EFAULT;

        SignalDelivery.SuspendBlocked(blocked);
        return WaitForHandler();
    }

    [Syscall("pause", x64: 34)]
    internal static Errno Pause() => WaitForHandler();

    [Syscall("rt_sigtimedwait", x64: 128, arm64: 137)]
    internal static Result<int> TimedWait(UserPtr<SignalSet> set, UserPtr<SignalInfo> result, UserPtr<Timespec> timeout, ulong setSize)
    {
        if (setSize != SignalSet.SizeBytes)
            return Errno.EINVAL;
        if (!set.TryRead(out SignalSet awaited))
            return Errno.EFAULT;

        Nanoseconds deadline = Nanoseconds.MaxValue;
        if (!timeout.IsNull)
        {
            if (!timeout.TryRead(out Timespec limit))
                return Errno.EFAULT;
            if (!limit.IsValid)
                return Errno.EINVAL;
            deadline = Deadlines.After(limit.ToNanoseconds());
        }

        Errno error = SignalWait.Wait(awaited.Except(SignalSet.Unblockable), deadline, out SignalInfo info);
        if (error != Errno.None)
            return error;
        return result.IsNull || result.TryWrite(in info) ? (int)info.Signal : Errno.EFAULT;
    }

    [Syscall("sigaltstack", x64: 131, arm64: 132)]
    internal static Errno SetAlternateStack(UserPtr<AlternateStack> wanted, UserPtr<AlternateStack> before)
    {
        UserThread self = UserThread.Current;
        ulong stackPointer = ThreadContext.UserRegisters.StackPointer;
        AlternateStack old = AlternateStacks.Get(self, stackPointer);
        if (!wanted.IsNull)
        {
            if (!wanted.TryRead(out AlternateStack stack))
                return Errno.EFAULT;

            Errno error = AlternateStacks.Set(self, in stack, stackPointer);
            if (error != Errno.None)
                return error;
        }

        return before.IsNull || before.TryWrite(in old) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("rt_sigreturn", x64: 15, arm64: 139)]
    internal static long Return()
    {
        UserThread self = UserThread.Current;
        if (!HandlerFrame.TryPop(self, ref ThreadContext.UserRegisters))
            SignalDelivery.ForceSegv(self, Signal.None);
        return ThreadContext.UserRegisters.ReturnValue; // as it was when the handler was called
    }

    [Syscall("kill", x64: 62, arm64: 129)]
    internal static Errno Kill(int number, Signal signal)
    {
        if (signal != Signal.None && !signal.IsValid())
            return Errno.EINVAL;

        UserThread self = UserThread.Current;
        SignalInfo info = SignalInfo.FromUser(signal, SignalCode.SI_USER, self.Process.Pid, self.Credentials.UserId);
        return SignalTargets.Send(self, number, in info);
    }

    [Syscall("tkill", x64: 200, arm64: 130)]
    internal static Errno KillThread(int thread, Signal signal) => KillThread(0, thread, signal);

    [Syscall("tgkill", x64: 234, arm64: 131)]
    internal static Errno KillThreadOf(int process, int thread, Signal signal) =>
        process <= 0 ? Errno.EINVAL : KillThread(process, thread, signal);

    [Syscall("rt_sigqueueinfo", x64: 129, arm64: 138)]
    internal static Errno Queue(int number, Signal signal, UserPtr<SignalInfo> info)
    {
        if (!info.TryRead(out SignalInfo queued))
            return Errno.EFAULT;

        // Nobody may pretend to be the kernel, or kill(2), to somebody else.
        UserThread self = UserThread.Current;
        if ((queued.Code >= 0 || queued.Code == SignalCode.SI_TKILL) && number != self.Process.Pid)
            return Errno.EPERM;
        if (signal != Signal.None && !signal.IsValid())
            return Errno.EINVAL;

        queued.Signal = signal;
        return number <= 0 ? Errno.ESRCH : SignalTargets.Send(self, number, in queued);
    }

    private static Errno KillThread(int process, int thread, Signal signal)
    {
        if (thread <= 0 || (signal != Signal.None && !signal.IsValid()))
            return Errno.EINVAL;

        UserThread self = UserThread.Current;
        SignalInfo info = SignalInfo.FromUser(signal, SignalCode.SI_TKILL, self.Process.Pid, self.Credentials.UserId);
        return SignalTargets.SendToThread(self, process, thread, in info);
    }

    // A signal that is now ignored is forgotten, wherever it was pending. POSIX.1-2017 §2.4.3.
    private static SignalAction Install(Process process, Signal signal, in SignalAction wanted)
    {
        using IrqSpinLock.Guard guard = process.SignalLock.Lock();
        SignalAction before = process.Handlers.Exchange(signal, in wanted);
        if (!wanted.Discards(signal))
            return before;

        process.Shared.Discard(SignalSet.Of(signal));
        foreach (UserThread thread in process.Threads)
            thread.Pending.Discard(SignalSet.Of(signal));
        return before;
    }

    private static Errno WaitForHandler()
    {
        Never condition = default;
        _ = UserThread.Current.Suspended.WaitInterruptible(ref condition); // only a signal ends it
        return Restart.NoHandler;
    }

    private readonly struct Never : IWaitCondition
    {
        public bool IsMet() => false;
    }
}
