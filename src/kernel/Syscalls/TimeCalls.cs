// Clocks, sleeping and alarms.
using Commence.Abi;
using Commence.Locking;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;
using Commence.Signals;
using Commence.Time;

namespace Commence.Syscalls;

/// <summary>System calls on time.</summary>
internal static class TimeCalls
{
    [Syscall("clock_gettime", x64: 228, arm64: 113)]
    internal static Errno GetClock(ClockId clock, UserPtr<Timespec> result)
    {
        if (!Deadlines.TryRead(clock, out Nanoseconds time))
            return Errno.EINVAL;
        return result.TryWrite(Timespec.From(time)) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("clock_getres", x64: 229, arm64: 114)]
    internal static Errno GetResolution(ClockId clock, UserPtr<Timespec> result)
    {
        if (!Deadlines.TryRead(clock, out _))
            return Errno.EINVAL;
        if (result.IsNull)
            return Errno.None;

        ulong resolution = clock is ClockId.RealtimeCoarse or ClockId.MonotonicCoarse ? Limits.TickNanoseconds : 1;
        return result.TryWrite(Timespec.From(new Nanoseconds(resolution))) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("clock_settime", x64: 227, arm64: 112)]
    internal static Errno SetClock(ClockId clock, UserPtr<Timespec> wanted)
    {
        if (!wanted.TryRead(out Timespec time))
            return Errno.EFAULT;
        if (clock != ClockId.Realtime || !time.IsValid)
            return Errno.EINVAL;
        return SetRealtime(in time);
    }

    [Syscall("gettimeofday", x64: 96, arm64: 169)]
    internal static Errno GetTimeOfDay(UserPtr<Timeval> result, UserPtr<ulong> zone)
    {
        if (!result.IsNull && !result.TryWrite(Timeval.From(Clock.Realtime())))
            return Errno.EFAULT;
        return zone.IsNull || zone.TryWrite(0) ? Errno.None : Errno.EFAULT; // two zero integers: UTC
    }

    [Syscall("settimeofday", x64: 164, arm64: 170)]
    internal static Errno SetTimeOfDay(UserPtr<Timeval> wanted, UserAddr zone)
    {
        if (wanted.IsNull)
            return zone.IsNull ? Errno.None : Errno.ENOSYS;
        if (!wanted.TryRead(out Timeval time))
            return Errno.EFAULT;
        return time.IsValid ? SetRealtime(time.ToTimespec()) : Errno.EINVAL;
    }

    [Syscall("time", x64: 201)]
    internal static Result<long> GetTime(UserPtr<long> result)
    {
        long seconds = (long)Clock.Realtime().Seconds;
        return result.IsNull || result.TryWrite(seconds) ? seconds : Errno.EFAULT;
    }

    [Syscall("nanosleep", x64: 35, arm64: 101)]
    internal static Errno Sleep(UserPtr<Timespec> wanted, UserPtr<Timespec> left) =>
        SleepBy(ClockId.Monotonic, 0, wanted, left);

    [Syscall("clock_nanosleep", x64: 230, arm64: 115)]
    internal static Errno SleepBy(ClockId clock, int flags, UserPtr<Timespec> wanted, UserPtr<Timespec> left)
    {
        const int Absolute = 1;
        if (!wanted.TryRead(out Timespec time))
            return Errno.EFAULT;
        if (!time.IsValid || (flags & ~Absolute) != 0)
            return Errno.EINVAL;
        if (!Deadlines.CanSleepBy(clock))
            return Deadlines.TryRead(clock, out _) ? Errno.EOPNOTSUPP : Errno.EINVAL;

        if (flags == Absolute)
        {
            Nanoseconds deadline = Deadlines.At(clock, time.ToNanoseconds());
            return Scheduler.SleepInterruptible(deadline) == WaitResult.TimedOut ? Errno.None : Restart.NoHandler;
        }

        return SleepUntil(Deadlines.After(time.ToNanoseconds()), left.Address);
    }

    [Syscall("restart_syscall", x64: 219, arm64: 128)]
    internal static Result<long> Continue()
    {
        RestartBlock block = UserThread.Current.Restart;
        UserThread.Current.Restart = default;
        switch (block.Kind)
        {
            case RestartKind.Sleep:
                return Result.From(SleepUntil(block.Deadline, block.Address));
            case RestartKind.Poll:
                Result<int> polled = PollCalls.PollUntil(new UserPtr<PollDescriptor>(block.Address), block.Value, block.Deadline);
                return polled.IsOk ? polled.Value : polled.Error;
            case RestartKind.Futex:
                return Result.From(FutexCalls.WaitUntil(block.Address, block.Value, block.Mask, block.IsPrivate, block.Deadline));
            default:
                return Errno.EINTR;
        }
    }

    [Syscall("alarm", x64: 37)]
    internal static Result<uint> SetAlarm(uint seconds)
    {
        RealTimer? timer = AlarmTimer();
        if (timer is null)
            return Errno.ENOMEM;

        timer.Set(Nanoseconds.FromSeconds(seconds), default, out Nanoseconds left, out _);
        const ulong Half = Nanoseconds.PerSecond / 2;
        ulong rounded = (left.Value + Half) / Nanoseconds.PerSecond;
        return left.Value != 0 && rounded == 0 ? 1 : (uint)rounded; // never "not set" for one that was
    }

    [Syscall("setitimer", x64: 38, arm64: 103)]
    internal static Errno SetIntervalTimer(int which, UserPtr<IntervalTimerValue> wanted, UserPtr<IntervalTimerValue> before)
    {
        Errno error = CheckTimer(which);
        if (error != Errno.None)
            return error;
        if (!wanted.TryRead(out IntervalTimerValue value))
            return Errno.EFAULT;
        if (!value.Value.IsValid || !value.Interval.IsValid)
            return Errno.EINVAL;

        RealTimer? timer = AlarmTimer();
        if (timer is null)
            return Errno.ENOMEM;

        timer.Set(
            value.Value.ToTimespec().ToNanoseconds(), value.Interval.ToTimespec().ToNanoseconds(), out Nanoseconds left, out Nanoseconds interval);
        IntervalTimerValue old = new() { Value = Timeval.From(left), Interval = Timeval.From(interval) };
        return before.IsNull || before.TryWrite(in old) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("getitimer", x64: 36, arm64: 102)]
    internal static Errno GetIntervalTimer(int which, UserPtr<IntervalTimerValue> result)
    {
        Errno error = CheckTimer(which);
        if (error != Errno.None)
            return error;

        RealTimer? timer = AlarmTimer();
        if (timer is null)
            return Errno.ENOMEM;

        timer.Read(out Nanoseconds left, out Nanoseconds interval);
        IntervalTimerValue value = new() { Value = Timeval.From(left), Interval = Timeval.From(interval) };
        return result.TryWrite(in value) ? Errno.None : Errno.EFAULT;
    }

    [Syscall("times", x64: 100, arm64: 153)]
    internal static Result<long> GetTimes(UserPtr<ProcessTimes> result)
    {
        Process process = UserThread.Current.Process;
        UsedResources own = Accounting.Used(process);
        UsedResources children = Accounting.Children(process);
        ProcessTimes times = new()
        {
            User = own.UserTicks,
            System = own.SystemTicks,
            ChildrenUser = children.UserTicks,
            ChildrenSystem = children.SystemTicks,
        };
        if (!result.IsNull && !result.TryWrite(in times))
            return Errno.EFAULT;
        return (long)(Clock.Monotonic().Value / UsedResources.TickNs);
    }

    private static Errno SleepUntil(Nanoseconds deadline, UserAddr left)
    {
        if (Scheduler.SleepInterruptible(deadline) == WaitResult.TimedOut)
            return Errno.None;

        Nanoseconds now = Clock.Monotonic();
        Nanoseconds rest = deadline > now ? deadline - now : default;
        if (!left.IsNull && !new UserPtr<Timespec>(left).TryWrite(Timespec.From(rest)))
            return Errno.EFAULT;

        RestartBlock block = new() { Kind = RestartKind.Sleep, Deadline = deadline, Address = left };
        return RestartBlock.Save(in block);
    }

    private static Errno SetRealtime(in Timespec time)
    {
        if (!UserThread.Current.Credentials.IsPrivileged)
            return Errno.EPERM;

        Clock.SetRealtime(time.ToNanoseconds());
        return Errno.None;
    }

    private static Errno CheckTimer(int which)
    {
        const int Real = 0;
        const int Profiling = 2;
        return which == Real ? Errno.None : which is > Real and <= Profiling ? Errno.ENOSYS : Errno.EINVAL;
    }

    private static RealTimer? AlarmTimer()
    {
        Process process = UserThread.Current.Process;
        if (process.AlarmTimer is not null)
            return process.AlarmTimer;
        if (!Kmem.TryNew(out RealTimer timer))
            return null;

        timer.Attach(process);
        RealTimer? made = null;
        using (process.SignalLock.Lock())
        {
            if (process.AlarmTimer is null)
                process.AlarmTimer = timer;
            made = process.AlarmTimer;
        }

        if (made != timer)
            Kmem.Free(timer);
        return made;
    }
}
