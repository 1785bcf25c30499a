// Where and how tasks run.
//
// Source: sched_setaffinity(2), sched_setscheduler(2), getpriority(2), sched(7).
using System;
using Commence.Abi;
using Commence.Fs;
using Commence.Lib;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;
using Commence.Smp;

namespace Commence.Syscalls;

/// <summary>System calls on scheduling.</summary>
internal static class SchedulingCalls
{
    private const int WordBits = 64;
    private const int PriorityMax = 99;
    private const uint ResetOnForkFlag = 0x4000_0000;

    [Syscall("sched_yield", x64: 24, arm64: 124)]
    internal static void Yield() => Scheduler.Yield();

    [Syscall("sched_getaffinity", x64: 204, arm64: 123)]
    internal static Result<int> GetAffinity(int number, uint size, UserPtr<ulong> mask)
    {
        // Masks are whole words, and long enough for all processors that there can be here.
        int bytes = (Processors.Count + WordBits - 1) / WordBits * sizeof(ulong);
        if (size < (uint)bytes || size % sizeof(ulong) != 0)
            return Errno.EINVAL;
        Result<Task> found = Find(number);
        if (!found.IsOk)
            return found.Error;

        found.Value.GetAffinity(out CpuMask cpus);
        found.Value.Put();
        CpuMask online = Processors.Online;
        cpus.IntersectWith(in online);
        for (int word = 0; word < bytes / sizeof(ulong); word++)
        {
            if (!mask.TryWrite((ulong)word, WordOf(in cpus, word)))
                return Errno.EFAULT;
        }

        return bytes;
    }

    [Syscall("sched_setaffinity", x64: 203, arm64: 122)]
    internal static Errno SetAffinity(int number, uint size, UserPtr<ulong> mask)
    {
        CpuMask cpus = default;
        int words = (int)Math.Min(size / sizeof(ulong), CpuMask.Capacity / WordBits);
        for (int word = 0; word < words; word++)
        {
            if (!mask.TryRead((ulong)word, out ulong bits))
                return Errno.EFAULT;
            AddWord(ref cpus, word, bits);
        }

        Result<Task> found = Find(number);
        if (!found.IsOk)
            return found.Error;

        Errno error = (found.Value.Flags & TaskFlags.FixedAffinity) != 0 ? Errno.EINVAL
            : !MayChange(found.Value) ? Errno.EPERM
            : Scheduler.SetAffinity(found.Value, in cpus);
        found.Value.Put();
        return error;
    }

    [Syscall("sched_getscheduler", x64: 145, arm64: 120)]
    internal static Result<int> GetPolicy(int number)
    {
        Result<Task> found = Find(number);
        if (!found.IsOk)
            return found.Error;

        int policy = (int)found.Value.Policy;
        found.Value.Put();
        return policy;
    }

    [Syscall("sched_setscheduler", x64: 144, arm64: 119)]
    internal static Errno SetPolicy(int number, uint policy, UserPtr<int> parameter)
    {
        if ((policy & ResetOnForkFlag) != 0)
            return Errno.ENOSYS;
        if (!parameter.TryRead(out int priority))
            return Errno.EFAULT;
        return SetPolicy(number, (SchedulingPolicy)policy, priority);
    }

    [Syscall("sched_getparam", x64: 143, arm64: 121)]
    internal static Errno GetParameter(int number, UserPtr<int> parameter)
    {
        Result<Task> found = Find(number);
        if (!found.IsOk)
            return found.Error;

        int priority = found.Value.RealTimePriority;
        found.Value.Put();
        return parameter.TryWrite(priority) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("sched_setparam", x64: 142, arm64: 118)]
    internal static Errno SetParameter(int number, UserPtr<int> parameter)
    {
        if (!parameter.TryRead(out int priority))
            return Errno.EFAULT;
        Result<int> policy = GetPolicy(number);
        return policy.IsOk ? SetPolicy(number, (SchedulingPolicy)policy.Value, priority) : policy.Error;
    }

    [Syscall("sched_get_priority_max", x64: 146, arm64: 125)]
    internal static Result<int> GetPriorityMax(SchedulingPolicy policy) =>
        !IsPolicy(policy) ? Errno.EINVAL : IsRealTime(policy) ? PriorityMax : 0;

    [Syscall("sched_get_priority_min", x64: 147, arm64: 126)]
    internal static Result<int> GetPriorityMin(SchedulingPolicy policy) =>
        !IsPolicy(policy) ? Errno.EINVAL : IsRealTime(policy) ? 1 : 0;

    [Syscall("getpriority", x64: 140, arm64: 141)]
    internal static Result<int> GetPriority(int kind, int number)
    {
        const int Zero = 20; // the call answers 40 to 1, since negative numbers are errors
        if (kind is < 0 or > 2)
            return Errno.EINVAL;
        if (kind != 0)
            return Errno.ENOSYS; // of a group, of a user

        Result<Task> found = Find(number);
        if (!found.IsOk)
            return found.Error;

        int nice = found.Value.Nice;
        found.Value.Put();
        return Zero - nice;
    }

    [Syscall("setpriority", x64: 141, arm64: 140)]
    internal static Errno SetPriority(int kind, int number, int nice)
    {
        if (kind is < 0 or > 2)
            return Errno.EINVAL;
        if (kind != 0)
            return Errno.ENOSYS;

        nice = Math.Max(Weights.NiceMin, Math.Min(Weights.NiceMax, nice));
        Result<Task> found = Find(number);
        if (!found.IsOk)
            return found.Error;

        Task task = found.Value;
        bool isRaise = nice < task.Nice;
        Errno error = !MayChange(task) ? Errno.EPERM
            : isRaise && !UserThread.Current.Credentials.IsPrivileged ? Errno.EACCES
            : Errno.None;
        if (error == Errno.None)
            Scheduler.SetNice(task, nice);
        task.Put();
        return error;
    }

    private static Errno SetPolicy(int number, SchedulingPolicy policy, int priority)
    {
        bool isRealTime = IsRealTime(policy);
        if (!IsPolicy(policy) || priority < (isRealTime ? 1 : 0) || priority > (isRealTime ? PriorityMax : 0))
            return Errno.EINVAL;
        Result<Task> found = Find(number);
        if (!found.IsOk)
            return found.Error;

        Task task = found.Value;
        bool isAllowed = UserThread.Current.Credentials.IsPrivileged || (!isRealTime && !task.IsRealTime && MayChange(task));
        if (isAllowed)
            Scheduler.SetPolicy(task, policy, task.Nice, priority);
        task.Put();
        return isAllowed ? Errno.None : Errno.EPERM;
    }

    // The task with a use for the caller.
    private static Result<Task> Find(int number)
    {
        if (number < 0)
            return Errno.EINVAL;
        if (number == 0)
        {
            Task.Current.Get();
            return Task.Current;
        }

        return TaskTable.TryFind(number, out Task task) ? task : Errno.ESRCH;
    }

    private static bool MayChange(Task task)
    {
        ref readonly Credentials who = ref UserThread.Current.Credentials;
        if (who.IsPrivileged)
            return true;
        if (task.User is null)
            return false;

        ref readonly Credentials other = ref task.User.Credentials;
        return who.EffectiveUserId == other.UserId || who.EffectiveUserId == other.EffectiveUserId;
    }

    private static bool IsPolicy(SchedulingPolicy policy) =>
        policy is SchedulingPolicy.Normal or SchedulingPolicy.Fifo or SchedulingPolicy.RoundRobin or SchedulingPolicy.Batch or SchedulingPolicy.Idle;

    private static bool IsRealTime(SchedulingPolicy policy) => policy is SchedulingPolicy.Fifo or SchedulingPolicy.RoundRobin;

    private static ulong WordOf(in CpuMask cpus, int word)
    {
        ulong bits = 0;
        for (int bit = 0; bit < WordBits; bit++)
        {
            if (cpus.Contains(new CpuId((word * WordBits) + bit)))
                bits |= 1UL << bit;
        }

        return bits;
    }

    private static void AddWord(ref CpuMask cpus, int word, ulong bits)
    {
        for (int bit = 0; bit < WordBits; bit++)
        {
            if ((bits >> bit & 1) != 0)
                cpus.Add(new CpuId((word * WordBits) + bit));
        }
    }
}
