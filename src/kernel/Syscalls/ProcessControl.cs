// prctl: what a process says about itself.
//
// Source: prctl(2); Linux UAPI, linux/prctl.h.
using System;
using Commence.Locking;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Syscalls;

/// <summary>Requests of <c>prctl</c>.</summary>
internal static class ProcessControl
{
    private const int SetParentDeathSignal = 1;
    private const int GetDumpable = 3;
    private const int SetDumpable = 4;
    private const int SetName = 15;
    private const int GetName = 16;
    private const int SetSubreaper = 36;
    private const int GetSubreaper = 37;
    private const int SetNoNewPrivileges = 38;
    private const int GetNoNewPrivileges = 39;

    internal static Result<long> Run(int request, ulong argument, ulong argument3)
    {
        Process process = UserThread.Current.Process;
        switch (request)
        {
            case SetName:
                return SetTaskName(new UserAddr(argument));
            case GetName:
                return GetTaskName(new UserAddr(argument));
            case SetSubreaper:
                using (ProcessTree.Lock.Lock())
                    process.IsSubreaper = argument != 0;
                return 0L;
            case GetSubreaper:
                return new UserPtr<int>(argument).TryWrite(process.IsSubreaper ? 1 : 0) ? Result.Zero : Errno.EFAULT;
            case SetNoNewPrivileges:
                if (argument != 1 || argument3 != 0)
                    return Errno.EINVAL;
                process.HasNoNewPrivileges = true;
                return 0L;
            case GetNoNewPrivileges:
                return process.HasNoNewPrivileges ? 1L : 0L;
            case GetDumpable:
                return 0L; // no core files are written
            case SetDumpable or SetParentDeathSignal:
                return Errno.ENOSYS;
            default:
                return Errno.EINVAL;
        }
    }

    private static Result<long> SetTaskName(UserAddr text)
    {
        Span<byte> name = stackalloc byte[TaskName.CapacityBytes];
        if (!UserMemory.TryCopyString(text, name, out int length))
            return Errno.EFAULT;

        Task.Current.SetName(name[..length]);
        return 0L;
    }

    private static Result<long> GetTaskName(UserAddr text)
    {
        Span<byte> name = stackalloc byte[TaskName.CapacityBytes];
        name.Clear();
        Task.Current.Name.CopyTo(name);
        return UserMemory.TryCopyOut(text, name) ? Result.Zero : Errno.EFAULT;
    }
}
