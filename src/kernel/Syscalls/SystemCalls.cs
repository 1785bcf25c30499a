// What the system is, and who asks.
using System;
using Commence.Abi;
using Commence.Fs;
using Commence.Init;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;
using Commence.Time;

namespace Commence.Syscalls;

/// <summary>System calls on the machine and on limits.</summary>
internal static class SystemCalls
{
    [Syscall("uname", x64: 63, arm64: 160)]
    internal static Errno GetNames(UserPtr<UtsName> result)
    {
        SystemNames.Read(out UtsName names);
        return result.TryWrite(in names) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("sethostname", x64: 170, arm64: 161)]
    internal static Errno SetHostName(UserAddr name, int length) => SetName(name, length, isDomain: false);

    [Syscall("setdomainname", x64: 171, arm64: 162)]
    internal static Errno SetDomainName(UserAddr name, int length) => SetName(name, length, isDomain: true);

    [Syscall("sysinfo", x64: 99, arm64: 179)]
    internal static Errno GetInformation(UserPtr<SystemInformation> result)
    {
        const int ToLoadShift = 16 - LoadAverage.FractionBits;
        PageStatistics pages = KernelMemory.Pages.ReadStatistics();
        SystemInformation information = new()
        {
            UptimeSeconds = (long)Clock.Monotonic().Seconds,
            Load1 = Scheduler.Load.OneMinute << ToLoadShift,
            Load5 = Scheduler.Load.FiveMinutes << ToLoadShift,
            Load15 = Scheduler.Load.FifteenMinutes << ToLoadShift,
            RamTotal = pages.ManagedPages << Limits.PageShift,
            RamFree = pages.FreePages << Limits.PageShift,
            Processes = (ushort)TaskTable.Count,
            Unit = 1,
        };
        return result.TryWrite(in information) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("getrandom", x64: 318, arm64: 278)]
    internal static Result<long> GetRandom(UserAddr buffer, ulong count, uint flags)
    {
        const uint Allowed = 7; // GRND_NONBLOCK, GRND_RANDOM, GRND_INSECURE: there is one pool, and it never waits
        if ((flags & ~Allowed) != 0)
            return Errno.EINVAL;

        IoBuffer destination = IoBuffer.OfUser(buffer, count);
        Span<byte> piece = stackalloc byte[256];
        long done = 0;
        while (destination.Remaining > 0 && !destination.HasFaulted)
        {
            Span<byte> part = piece[..(int)Math.Min(piece.Length, destination.Remaining)];
            RandomPool.Fill(part);
            done += destination.Put(part);
        }

        return done == 0 && destination.HasFaulted ? Errno.EFAULT : done;
    }

    [Syscall("prlimit64", x64: 302, arm64: 261)]
    internal static Errno LimitResource(int number, ResourceKind kind, UserPtr<ResourceLimit> wanted, UserPtr<ResourceLimit> before)
    {
        if ((uint)kind >= ResourceLimits.Count)
            return Errno.EINVAL;
        Result<Process> found = ProcessGroups.Find(number);
        if (!found.IsOk)
            return found.Error;

        Errno error = LimitResource(found.Value, kind, wanted, before);
        found.Value.Put();
        return error;
    }

    [Syscall("getrlimit", x64: 97, arm64: 163)]
    internal static Errno GetLimit(ResourceKind kind, UserPtr<ResourceLimit> result) => LimitResource(0, kind, default, result);

    [Syscall("setrlimit", x64: 160, arm64: 164)]
    internal static Errno SetLimit(ResourceKind kind, UserPtr<ResourceLimit> wanted) =>
        wanted.IsNull ? Errno.EFAULT : LimitResource(0, kind, wanted, default);

    [Syscall("getrusage", x64: 98, arm64: 165)]
    internal static Errno GetUsage(int who, UserPtr<ResourceUsage> result)
    {
        const int Self = 0;
        const int Children = -1;
        const int Thread = 1;
        UserThread self = UserThread.Current;
        UsedResources used = default;
        switch (who)
        {
            case Self:
                used = Accounting.Used(self.Process);
                break;
            case Children:
                used = Accounting.Children(self.Process);
                break;
            case Thread:
                used.Add(self.Task);
                break;
            default:
                return Errno.EINVAL;
        }

        return result.TryWrite(used.ToUsage()) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("getcpu", x64: 309, arm64: 168)]
    internal static Errno GetCpu(UserPtr<int> cpu, UserPtr<int> node)
    {
        if (!cpu.IsNull && !cpu.TryWrite(PerCpuArea.Id.Value))
            return Errno.EFAULT;
        return node.IsNull || node.TryWrite(0) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("personality", x64: 135, arm64: 92)]
    internal static Result<long> SetPersonality(uint wanted)
    {
        const uint Query = uint.MaxValue;
        return wanted is Query or 0 ? Result.Zero : Errno.EINVAL; // Linux is the only one
    }

    [Syscall("reboot", x64: 169, arm64: 142)]
    internal static Errno Reboot(uint magic1, uint magic2, uint command, UserAddr argument)
    {
        // Source: reboot(2); Linux UAPI, linux/reboot.h.
        const uint Magic1 = 0xFEE1_DEAD;
        if (!UserThread.Current.Credentials.IsPrivileged)
            return Errno.EPERM;
        if (magic1 != Magic1 || magic2 is not (672274793 or 85072278 or 369367448 or 537993216))
            return Errno.EINVAL;

        switch (command)
        {
            case 0x0123_4567:
                MachineEnd.Reboot();
                break;
            case 0x4321_FEDC:
                MachineEnd.PowerOff();
                break;
            case 0xCDEF_0123:
                MachineEnd.Halt();
                break;
            case 0x89AB_CDEF or 0:
                return Errno.None; // what Ctrl-Alt-Del does: there is no such key on a serial line
            case 0xA1B2_C3D4:
                return RebootWithCommand(argument);
            default:
                return Errno.EINVAL; // there is no hibernation, and no second kernel to start
        }

        return Errno.None;
    }

    private static Errno RebootWithCommand(UserAddr command)
    {
        const int CommandMax = 255;
        System.Span<byte> text = stackalloc byte[CommandMax];
        if (!UserMemory.TryCopyString(command, text, out int length))
            return Errno.EFAULT;

        MachineEnd.Reboot(text[..length]);
        return Errno.None;
    }

    private static Errno SetName(UserAddr name, int length, bool isDomain)
    {
        Span<byte> text = stackalloc byte[UtsField.SizeBytes];
        if (!UserThread.Current.Credentials.IsPrivileged)
            return Errno.EPERM;
        if (length < 0 || length >= UtsField.SizeBytes)
            return Errno.EINVAL;
        if (!UserMemory.TryCopyIn(name, text[..length]))
            return Errno.EFAULT;

        SystemNames.Set(text[..length], isDomain);
        return Errno.None;
    }

    private static Errno LimitResource(Process process, ResourceKind kind, UserPtr<ResourceLimit> wanted, UserPtr<ResourceLimit> before)
    {
        UserThread self = UserThread.Current;
        if (process != self.Process && !self.Credentials.IsPrivileged && self.Credentials.UserId != process.Leader.Credentials.UserId)
            return Errno.EPERM;

        ResourceLimit limit = default;
        if (!wanted.IsNull && !wanted.TryRead(out limit))
            return Errno.EFAULT;

        ResourceLimit old;
        using (process.SignalLock.Lock())
        {
            old = process.Limits[(int)kind];
            if (!wanted.IsNull)
            {
                Errno error = process.Limits.CheckChange(kind, in limit, in self.Credentials);
                if (error != Errno.None)
                    return error;
                process.Limits[(int)kind] = limit;
            }
        }

        if (!wanted.IsNull)
            TellMemory(process, kind, limit.Soft);
        return before.IsNull || before.TryWrite(in old) ? Errno.None : Errno.EFAULT;
    }

    private static void TellMemory(Process process, ResourceKind kind, ulong limit)
    {
        Mm.AddressSpace? memory = process.GetMemory();
        if (memory is null)
            return;

        if (kind == ResourceKind.Stack)
            memory.StackLimitBytes = limit;
        else if (kind == ResourceKind.AddressSpace)
            memory.SizeLimitBytes = limit;
        else if (kind == ResourceKind.Data)
            memory.DataLimitBytes = limit;
        memory.PutReference();
    }
}
