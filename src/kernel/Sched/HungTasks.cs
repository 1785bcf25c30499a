// Tasks that sleep for so long, in a sleep that nothing but its event ends, that the event is probably not coming.
//
//   khungtaskd ── each period ──▶ Check: every task in plain uninterruptible sleep
//       it was switched to or from since the last look   remember when this was seen
//       it was not, for longer than the timeout          say so, with its callers; panic if that is wanted
//
// Sleeps that a fatal signal ends, and those of kernel threads that wait for work, are none of its business: they may take for ever.
//
// What is remembered of a task belongs to whoever checks, and there is one at a time: khungtaskd, or a test.
// Source: Linux Documentation/admin-guide/sysctl/kernel.rst, "hung_task_…".
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Debug;
using Commence.Lib;
using Commence.Locking;
using Commence.Time;

namespace Commence.Sched;

public sealed partial class Task
{
    internal ulong SeenSwitches;    // as the last look at it found
    internal ulong SeenSwitchesNs;  // when they were found to have changed
}

/// <summary>The search for hung tasks (Linux: <c>kernel/hung_task.c</c>).</summary>
public static class HungTasks
{
    /// <summary>The longest time that can be set.</summary>
    internal const int SecondsMax = 1_000_000_000;

    private const int CallersMax = 16;
    private const ulong NsPerSecond = 1_000_000_000;
    private const TaskState SleepBits = TaskState.Uninterruptible | TaskState.WakeKill | TaskState.NoLoad;

    [InlineArray(CallersMax)]
    private struct Callers
    {
        private ulong _caller0;
    }

    // What follows may be changed while the machine runs. Volatile.
    private static int s_timeoutSeconds = 120;
    private static int s_periodSeconds;
    private static int s_warningsLeft = 10;
    private static bool s_isPanicWanted;

    /// <summary>Who sleeps for longer is reported; 0: nobody is.</summary>
    [KernelParameter("sysctl.kernel.hung_task_timeout_secs", Min = 0, Max = SecondsMax, Unit = "seconds", Help = "report tasks that sleep uninterruptibly for longer; 0: none")]
    internal static int TimeoutSeconds
    {
        get => Volatile.Read(ref s_timeoutSeconds);
        set => Volatile.Write(ref s_timeoutSeconds, value);
    }

    /// <summary>How often they are looked for; 0: as often as the timeout passes.</summary>
    internal static int PeriodSeconds
    {
        get => Volatile.Read(ref s_periodSeconds);
        set => Volatile.Write(ref s_periodSeconds, value);
    }

    /// <summary>How many more are reported; negative: all.</summary>
    internal static int WarningsLeft
    {
        get => Volatile.Read(ref s_warningsLeft);
        set => Volatile.Write(ref s_warningsLeft, value);
    }

    /// <summary>A hung task is fatal.</summary>
    [KernelParameter("hung_task_panic", Help = "panic when a task sleeps uninterruptibly for too long")]
    internal static bool IsPanicWanted
    {
        get => Volatile.Read(ref s_isPanicWanted);
        set => Volatile.Write(ref s_isPanicWanted, value);
    }

    /// <summary>Looks at all tasks once.</summary>
    /// <param name="timeout">Who has not been switched to or from for so long is reported.</param>
    /// <remarks>Context: thread, one at a time. Sleeps: never. Panics if a hung task is fatal.</remarks>
    internal static void Check(Nanoseconds timeout)
    {
        bool isAnyHung = false;
        int number = 0;
        while (TaskTable.TryFindFrom(number, out Task task))
        {
            number = task.Pid + 1;
            if (IsHung(task, timeout.Value, out ulong sleptNs))
            {
                isAnyHung = true;
                Report(task, sleptNs / NsPerSecond);
            }

            task.Put();
        }

        if (isAnyHung && IsPanicWanted)
            Panic.Now($"hung_task: blocked tasks");
    }

    private static bool IsHung(Task task, ulong timeoutNs, out ulong sleptNs)
    {
        sleptNs = 0;
        if ((task.State & SleepBits) != TaskState.Uninterruptible)
            return false;

        ulong now = Clock.Monotonic().Value;
        ulong switches = task.VoluntarySwitches + task.InvoluntarySwitches;
        if (switches == 0)
            return false; // new, and on its way into its first sleep
        if (switches != task.SeenSwitches)
        {
            task.SeenSwitches = switches;
            task.SeenSwitchesNs = now;
            return false;
        }

        sleptNs = now - task.SeenSwitchesNs;
        return sleptNs >= timeoutNs;
    }

    private static void Report(Task task, ulong seconds)
    {
        int left = WarningsLeft;
        if (left == 0 && !IsPanicWanted)
            return;
        if (left > 0)
            WarningsLeft = left - 1;

        // Before a word is said: the console may be slow, and the task wake up meanwhile.
        Callers callers = default;
        int count = ReadCallers(task, callers);
        Printk.Error($"INFO: task {task.Name}:{task.Pid} blocked for more than {seconds} seconds.");
        Printk.Error($"\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.");
        Printk.Info($"task:{task.Name} state:D pid:{task.Pid} tgid:{task.Tgid} cpu:{task.Cpu}");
        if (count != 0)
            StackTrace.Print(LogLevel.Info, ((ReadOnlySpan<ulong>)callers)[..count]);
        if (left == 1)
            Printk.Info($"Future hung task reports are suppressed, see sysctl kernel.hung_task_warnings");
    }

    // Under WakeLock nobody wakes it; so its stack is there, and stands still.
    private static int ReadCallers(Task task, Span<ulong> callers)
    {
        using IrqSpinLock.Guard guard = task.WakeLock.Lock();
        bool sleeps = (task.State & SleepBits) == TaskState.Uninterruptible && task.QueueState == QueueState.Off && !task.IsOnCpu;
        if (!sleeps || !task.Context.TryReadCaller(out ulong framePointer, out callers[0]))
            return 0;

        int count = 1;
        while (count < callers.Length && StackWalker.TryStep(ref framePointer, out callers[count]))
            count++;
        return count;
    }
}
