using System.Threading;
using Commence.Time;

namespace Commence.Sched;

/// <summary>Looks for hung tasks now and then (Linux: <c>khungtaskd</c>).</summary>
public sealed class HungTaskThread : KernelThreadBody
{
    private static WaitQueue s_changed;
    private static int s_changes; // of the settings; Interlocked

    /// <summary>Starts it (Linux: <c>hung_task_init</c>).</summary>
    /// <remarks>Context: initcall.</remarks>
    [Initcall(InitcallLevel.Subsys)]
    internal static Errno Start()
    {
        Result<KernelThread> made = KernelThread.TryCreate(new HungTaskThread(), "khungtaskd"u8);
        if (!made.IsOk)
            return made.Error;
        made.Value.Start();
        made.Value.Detach();
        return Errno.None;
    }

    /// <summary>Has it look at the settings.</summary>
    /// <remarks>Context: any; after the change.</remarks>
    internal static void OnSettingsChanged()
    {
        Interlocked.Increment(ref s_changes);
        _ = s_changed.WakeOne(); // it is awake: then it looks before it sleeps
    }

    /// <inheritdoc/>
    protected internal override int Run()
    {
        Nanoseconds checkedAt = Clock.Monotonic();
        while (true)
        {
            HasChanged condition = new(Volatile.Read(ref s_changes));
            int timeoutSeconds = HungTasks.TimeoutSeconds;
            if (s_changed.WaitIdle(ref condition, NextCheck(checkedAt, timeoutSeconds)) != WaitResult.TimedOut)
                continue; // the time counts anew, from the last check

            HungTasks.Check(Nanoseconds.FromSeconds((ulong)timeoutSeconds));
            checkedAt = Clock.Monotonic();
        }
    }

    private static Nanoseconds NextCheck(Nanoseconds checkedAt, int timeoutSeconds)
    {
        if (timeoutSeconds == 0)
            return Nanoseconds.MaxValue;
        int period = HungTasks.PeriodSeconds;
        return checkedAt + Nanoseconds.FromSeconds((ulong)(period == 0 ? timeoutSeconds : System.Math.Min(period, timeoutSeconds)));
    }

    private readonly struct HasChanged(int seen) : IWaitCondition
    {
        public bool IsMet() => Volatile.Read(ref s_changes) != seen;
    }
}
