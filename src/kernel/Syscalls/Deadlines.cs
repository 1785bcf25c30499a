// From what programs say of time to the monotonic clock.
using Commence.Abi;
using Commence.Time;

namespace Commence.Syscalls;

/// <summary>Deadlines.</summary>
internal static class Deadlines
{
    /// <summary>The moment that lies a duration ahead; never if that is beyond the clock's range.</summary>
    internal static Nanoseconds After(Nanoseconds duration)
    {
        ulong now = Clock.Monotonic().Value;
        return duration.Value >= ulong.MaxValue - now ? Nanoseconds.MaxValue : new Nanoseconds(now + duration.Value);
    }

    /// <summary>The monotonic time of a moment on another clock.</summary>
    internal static Nanoseconds At(ClockId clock, Nanoseconds moment)
    {
        if (clock is not (ClockId.Realtime or ClockId.RealtimeCoarse))
            return moment;

        ulong now = Clock.Realtime().Value;
        return moment.Value <= now ? default : After(new Nanoseconds(moment.Value - now));
    }

    /// <summary>The time on a clock.</summary>
    /// <returns>False if there is no such clock.</returns>
    internal static bool TryRead(ClockId clock, out Nanoseconds time)
    {
        switch (clock)
        {
            case ClockId.Realtime or ClockId.RealtimeCoarse:
                time = Clock.Realtime();
                return true;
            case ClockId.Monotonic or ClockId.MonotonicRaw or ClockId.MonotonicCoarse or ClockId.BootTime:
                time = Clock.Monotonic();
                return true;
            case ClockId.ProcessCpuTime:
                time = Accounting.ProcessTime(Processes.UserThread.Current.Process);
                return true;
            case ClockId.ThreadCpuTime:
                time = Sched.Task.Current.Runtime;
                return true;
            default:
                time = default;
                return false;
        }
    }

    /// <summary>Whether one can sleep by a clock.</summary>
    internal static bool CanSleepBy(ClockId clock) => clock is ClockId.Realtime or ClockId.Monotonic or ClockId.BootTime;
}
