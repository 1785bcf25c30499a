// Making, ending and waiting for processes, and who they are.
using System;
using Commence.Abi;
using Commence.Fs;
using Commence.Locking;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Syscalls;

/// <summary>System calls on processes.</summary>
internal static class ProcessCalls
{
    [Syscall("fork", x64: 57)]
    internal static Result<int> Fork() => ProcessCreation.Clone(new CloneRequest { ExitSignal = Signal.SIGCHLD }, in ThreadContext.UserRegisters);

    [Syscall("vfork", x64: 58)]
    internal static Result<int> Vfork() => ProcessCreation.Clone(
        new CloneRequest { Flags = CloneFlags.CLONE_VM | CloneFlags.CLONE_VFORK, ExitSignal = Signal.SIGCHLD },
        in ThreadContext.UserRegisters);

    // The order of the last two arguments differs on arm64: there the method has to be another one.
    [Syscall("clone", x64: 56)]
    internal static Result<int> Clone(CloneFlags flags, UserAddr stack, UserAddr parentTid, UserAddr childTid, ulong tls) =>
        ProcessCreation.Clone(
            new CloneRequest
            {
                Flags = flags & ~CloneFlags.SignalMask,
                ExitSignal = (Signal)(flags & CloneFlags.SignalMask),
                StackPointer = stack,
                ParentTid = parentTid,
                ChildTid = childTid,
                Tls = tls,
            },
            in ThreadContext.UserRegisters);

    [Syscall("clone3", x64: 435, arm64: 435)]
    internal static Result<int> Clone3(UserPtr<CloneArguments> arguments, ulong size)
    {
        // Programs compiled for a later kernel pass a longer structure: what is beyond ours must then be zero.
        if (size < CloneArguments.SizeBytesMin)
            return Errno.EINVAL;
        if (size > CloneArguments.SizeBytes)
            return Errno.E2BIG;
        if (size < CloneArguments.SizeBytes)
            return Errno.ENOSYS;
        if (!arguments.TryRead(out CloneArguments wanted))
            return Errno.EFAULT;

        CloneFlags flags = (CloneFlags)wanted.Flags;
        bool hasStack = !wanted.Stack.IsNull;
        if ((flags & CloneFlags.SignalMask) != 0 || hasStack != (wanted.StackSize != 0) || wanted.ExitSignal > (ulong)Signal.Last)
            return Errno.EINVAL;
        if (wanted.SetTidCount != 0)
            return Errno.ENOSYS;
        return ProcessCreation.Clone(
            new CloneRequest
            {
                Flags = flags,
                ExitSignal = (Signal)wanted.ExitSignal,
                StackPointer = hasStack ? wanted.Stack + wanted.StackSize : default,
                ParentTid = wanted.ParentTid,
                ChildTid = wanted.ChildTid,
                Tls = wanted.Tls,
            },
            in ThreadContext.UserRegisters);
    }

    [Syscall("execve", x64: 59, arm64: 221)]
    internal static Errno Execute(UserAddr path, UserPtr<UserAddr> arguments, UserPtr<UserAddr> environment) =>
        ExecuteAt(DescriptorNumber.CurrentDirectory, path, arguments, environment, AtFlags.None);

    [Syscall("execveat", x64: 322, arm64: 281)]
    internal static Errno ExecuteAt(
        int directory, UserAddr path, UserPtr<UserAddr> arguments, UserPtr<UserAddr> environment, AtFlags flags)
    {
        if ((flags & ~(AtFlags.AT_SYMLINK_NOFOLLOW | AtFlags.AT_EMPTY_PATH)) != 0)
            return Errno.EINVAL;

        Errno error = PathCall.Begin(directory, path, out UserPath text, out Path start);
        if (error == Errno.None)
        {
            UserStrings argumentList = new(arguments);
            UserStrings environmentList = new(environment);
            error = Exec.Run(
                PathCall.View, start, text.Text, PathCall.ToWalkFlags(flags), in argumentList, in environmentList, ref ThreadContext.UserRegisters);
        }

        text.Dispose();
        return error;
    }

    [Syscall("exit", x64: 60, arm64: 93)]
    internal static void Exit(int status) => ProcessExit.EndThread(WaitStatus.OfExit(status).Raw);

    [Syscall("exit_group", x64: 231, arm64: 94)]
    internal static void ExitGroup(int status) => ProcessExit.EndProcess(WaitStatus.OfExit(status));

    [Syscall("wait4", x64: 61, arm64: 260)]
    internal static Result<int> Wait(int number, UserPtr<int> status, WaitOptions options, UserPtr<ResourceUsage> usage)
    {
        const WaitOptions Allowed = WaitOptions.WNOHANG | WaitOptions.WUNTRACED | WaitOptions.WCONTINUED
            | WaitOptions.__WALL | WaitOptions.__WCLONE | WaitOptions.__WNOTHREAD;
        if ((options & ~Allowed) != 0)
            return Errno.EINVAL;
        if (number == int.MinValue)
            return Errno.ESRCH;

        WaitRequest request = new()
        {
            Type = number == -1 ? WaitIdType.All : number > 0 ? WaitIdType.Process : WaitIdType.ProcessGroup,
            Number = number > 0 ? number : number == 0 ? GroupNumber(UserThread.Current.Process) : -number,
            Options = options | WaitOptions.WEXITED,
        };
        Result<bool> found = ProcessWait.Wait(in request, out WaitOutcome outcome);
        if (!found.IsOk)
            return found.Error;
        if (!found.Value)
            return 0;
        if (!status.IsNull && !status.TryWrite(outcome.Status))
            return Errno.EFAULT;
        if (!usage.IsNull && !usage.TryWrite(outcome.Used.ToUsage()))
            return Errno.EFAULT;
        return outcome.Pid;
    }

    [Syscall("waitid", x64: 247, arm64: 95)]
    internal static Errno WaitId(WaitIdType type, int number, UserPtr<SignalInfo> result, WaitOptions options, UserPtr<ResourceUsage> usage)
    {
        const WaitOptions What = WaitOptions.WEXITED | WaitOptions.WSTOPPED | WaitOptions.WCONTINUED;
        const WaitOptions Allowed = What | WaitOptions.WNOHANG | WaitOptions.WNOWAIT
            | WaitOptions.__WALL | WaitOptions.__WCLONE | WaitOptions.__WNOTHREAD;
        if ((options & ~Allowed) != 0 || (options & What) == 0)
            return Errno.EINVAL;
        if (type == WaitIdType.PidDescriptor)
            return Errno.ENOSYS;
        if (type is < WaitIdType.All or > WaitIdType.PidDescriptor || (type == WaitIdType.Process && number <= 0)
            || (type == WaitIdType.ProcessGroup && number < 0))
            return Errno.EINVAL;

        bool isOwnGroup = type == WaitIdType.ProcessGroup && number == 0;
        WaitRequest request = new()
        {
            Type = type,
            Number = isOwnGroup ? GroupNumber(UserThread.Current.Process) : number,
            Options = options,
        };
        Result<bool> found = ProcessWait.Wait(in request, out WaitOutcome outcome);
        if (!found.IsOk)
            return found.Error;

        SignalInfo info = found.Value
            ? SignalInfo.FromChild(outcome.Code, outcome.Pid, outcome.UserId, outcome.Value, 0, 0)
            : default;
        if (!result.IsNull && !result.TryWrite(in info))
            return Errno.EFAULT;
        return !usage.IsNull && !usage.TryWrite(outcome.Used.ToUsage()) ? Errno.EFAULT : Errno.None;
    }

    [Syscall("getpid", x64: 39, arm64: 172)]
    internal static int GetProcessId() => UserThread.Current.Process.Pid;

    [Syscall("gettid", x64: 186, arm64: 178)]
    internal static int GetThreadId() => UserThread.Current.Tid;

    [Syscall("getppid", x64: 110, arm64: 173)]
    internal static int GetParentId()
    {
        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        return UserThread.Current.Process.Parent?.Pid ?? 0;
    }

    [Syscall("getpgrp", x64: 111)]
    internal static int GetGroup() => GroupNumber(UserThread.Current.Process);

    [Syscall("getpgid", x64: 121, arm64: 155)]
    internal static Result<int> GetGroupOf(int number)
    {
        Result<Process> found = ProcessGroups.Find(number);
        if (!found.IsOk)
            return found.Error;

        int group = GroupNumber(found.Value);
        found.Value.Put();
        return group;
    }

    [Syscall("getsid", x64: 124, arm64: 156)]
    internal static Result<int> GetSession(int number)
    {
        Result<Process> found = ProcessGroups.Find(number);
        if (!found.IsOk)
            return found.Error;

        int session;
        using (ProcessTree.Lock.Lock())
            session = found.Value.Group.Session.Number;
        found.Value.Put();
        return session;
    }

    [Syscall("setpgid", x64: 109, arm64: 154)]
    internal static Errno SetGroup(int number, int group) => ProcessGroups.SetGroup(number, group);

    [Syscall("setsid", x64: 112, arm64: 157)]
    internal static Result<int> SetSession() => ProcessGroups.SetSession();

    [Syscall("set_tid_address", x64: 218, arm64: 96)]
    internal static int SetClearTid(UserAddr address)
    {
        UserThread self = UserThread.Current;
        self.ClearTid = address;
        return self.Tid;
    }

    [Syscall("set_robust_list", x64: 273, arm64: 99)]
    internal static Errno SetRobustList(UserAddr head, ulong size)
    {
        const ulong HeadBytes = 24;
        if (size != HeadBytes)
            return Errno.EINVAL;

        UserThread.Current.RobustList = head;
        return Errno.None;
    }

    [Syscall("get_robust_list", x64: 274, arm64: 100)]
    internal static Errno GetRobustList(int number, UserPtr<UserAddr> head, UserPtr<ulong> size)
    {
        const ulong HeadBytes = 24;
        UserThread self = UserThread.Current;
        if (number != 0 && number != self.Tid)
            return Errno.ENOSYS; // another thread's: debuggers ask for it
        return head.TryWrite(self.RobustList) && size.TryWrite(HeadBytes) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("arch_prctl", x64: 158)]
    internal static Result<long> ArchitectureControl(int request, ulong address)
    {
        const int SetFs = 0x1002;
        const int GetFs = 0x1003;
        ref ThreadContext context = ref Task.Current.Context;
        switch (request)
        {
            case SetFs:
                if (address >= AddressLayout.UserEnd.Value)
                    return Errno.EPERM;
                context.UserThreadPointer = address;
                return 0L;
            case GetFs:
                return new UserPtr<ulong>(address).TryWrite(context.UserThreadPointer) ? Result.Zero : Errno.EFAULT;
            default:
                return Errno.EINVAL;
        }
    }

    [Syscall("prctl", x64: 157, arm64: 167)]
    internal static Result<long> Control(int request, ulong argument2, ulong argument3, ulong argument4, ulong argument5) =>
        ProcessControl.Run(request, argument2, argument3);

    private static int GroupNumber(Process process)
    {
        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        return process.Group.Number;
    }
}
