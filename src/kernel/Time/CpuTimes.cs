// Where the time of one processor went, by sampling at each tick, as /proc/stat shows it.
//
// Only its own processor writes; others read word by word, so a sum over the fields may be a tick off.
using System.Threading;
using Commence.Sched;

namespace Commence.Time;

/// <summary>What the tick interrupted.</summary>
public enum InterruptedMode
{
    User,
    Kernel,
}

/// <summary>Ticks of one processor by use.</summary>
public struct CpuTimes
{
    private ulong _user;
    private ulong _nice;
    private ulong _system;
    private ulong _idle;

    /// <summary>User mode at nice 0 or below.</summary>
    public readonly ulong UserTicks => Volatile.Read(in _user);

    /// <summary>User mode at nice above 0.</summary>
    public readonly ulong NiceTicks => Volatile.Read(in _nice);

    /// <summary>Kernel mode.</summary>
    public readonly ulong SystemTicks => Volatile.Read(in _system);

    /// <summary>Nothing to do.</summary>
    public readonly ulong IdleTicks => Volatile.Read(in _idle);

    /// <summary>Idle time without ticks.</summary>
    internal void AddIdle(ulong ticks) => Volatile.Write(ref _idle, _idle + ticks);

    internal void Account(Task task, InterruptedMode mode)
    {
        if (mode == InterruptedMode.User)
        {
            task.UserTicks++;
            if (task.Nice > 0)
                Count(ref _nice);
            else
                Count(ref _user);
            return;
        }

        task.SystemTicks++;
        if (task.IsIdle)
            Count(ref _idle);
        else
            Count(ref _system);
    }

    private static void Count(ref ulong ticks) => Volatile.Write(ref ticks, ticks + 1);
}
