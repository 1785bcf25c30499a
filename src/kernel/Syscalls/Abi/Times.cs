// Times as system calls carry them.
//
// Source: Linux UAPI, linux/time_types.h (struct __kernel_timespec), linux/time.h (struct timeval, itimerval, itimerspec),
// sys/times.h (struct tms): the 64-bit layouts, which x86-64 and arm64 share.
using System.Runtime.InteropServices;

namespace Commence.Abi;

/// <summary>Seconds and nanoseconds (Linux: <c>struct timespec</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Timespec
{
    public long Seconds;
    public long Nanoseconds;

    private const long PerSecond = 1_000_000_000;

    /// <summary>The same duration or moment as <paramref name="time"/>.</summary>
    public static Timespec From(Nanoseconds time) => new()
    {
        Seconds = (long)time.Seconds,
        Nanoseconds = (long)(time.Value % Commence.Nanoseconds.PerSecond),
    };

    /// <summary>Not negative, and the nanoseconds are a proper fraction of a second.</summary>
    public readonly bool IsValid => Seconds >= 0 && (ulong)Nanoseconds < PerSecond;

    /// <summary>Negative if this moment comes before the other.</summary>
    public readonly int CompareTo(in Timespec other) =>
        Seconds != other.Seconds ? (Seconds < other.Seconds ? -1 : 1)
        : Nanoseconds != other.Nanoseconds ? (Nanoseconds < other.Nanoseconds ? -1 : 1)
        : 0;

    /// <summary>The value as one number; the largest there is when it does not fit (584 years).</summary>
    /// <remarks>Ask <see cref="IsValid"/> first.</remarks>
    public readonly Nanoseconds ToNanoseconds()
    {
        const long SecondsMax = long.MaxValue / PerSecond;
        return Seconds >= SecondsMax
            ? new Nanoseconds(long.MaxValue)
            : new Nanoseconds((ulong)((Seconds * PerSecond) + Nanoseconds));
    }
}

/// <summary>Seconds and microseconds (Linux: <c>struct timeval</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Timeval
{
    public long Seconds;
    public long Microseconds;

    private const long PerSecond = 1_000_000;

    /// <summary>The same duration or moment as <paramref name="time"/>, cut to microseconds.</summary>
    public static Timeval From(Nanoseconds time) => new()
    {
        Seconds = (long)time.Seconds,
        Microseconds = (long)(time.Microseconds % PerSecond),
    };

    /// <summary>Not negative, and the microseconds are a proper fraction of a second.</summary>
    public readonly bool IsValid => Seconds >= 0 && (ulong)Microseconds < PerSecond;

    /// <summary>The same as a <see cref="Timespec"/>.</summary>
    public readonly Timespec ToTimespec() => new() { Seconds = Seconds, Nanoseconds = Microseconds * 1000 };
}

/// <summary>A timer's period and the time until it next expires (Linux: <c>struct itimerval</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IntervalTimerValue
{
    public Timeval Interval;
    public Timeval Value;
}

/// <summary>Processor times in clock ticks of 1/100 s (Linux: <c>struct tms</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ProcessTimes
{
    public long User;
    public long System;
    public long ChildrenUser;
    public long ChildrenSystem;
}

/// <summary>What a process has used (Linux: <c>struct rusage</c>); 144 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ResourceUsage
{
    public Timeval UserTime;
    public Timeval SystemTime;

    /// <summary>Largest resident set, in KiB.</summary>
    public long ResidentMax;
    public long SharedText;
    public long UnsharedData;
    public long UnsharedStack;
    public long MinorFaults;
    public long MajorFaults;
    public long Swaps;
    public long BlocksIn;
    public long BlocksOut;
    public long MessagesSent;
    public long MessagesReceived;
    public long SignalsReceived;
    public long VoluntarySwitches;
    public long InvoluntarySwitches;
}

/// <summary>Clocks of <c>clock_gettime</c> and its kin. Source: linux/time.h.</summary>
public enum ClockId
{
    Realtime = 0,
    Monotonic = 1,
    ProcessCpuTime = 2,
    ThreadCpuTime = 3,
    MonotonicRaw = 4,
    RealtimeCoarse = 5,
    MonotonicCoarse = 6,
    BootTime = 7,
}
