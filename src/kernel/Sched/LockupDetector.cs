// Soft lockups: a processor that takes interrupts, but does not schedule, since some code in the kernel does not let go of it.
//
// The tick asks for a reschedule now and then, even if nobody else wants to run. Whoever can be preempted passes through the choice
// of the next task then, which counts (RunQueue.PickCount). If the count stands still for twice the threshold, while ticks come, what
// the tick interrupts is named. (Linux wakes a thread of the highest priority instead; the question is the same.)
//
// Ticks that do not come count for nothing: a machine that was stopped by its host is not stuck. So a processor with its
// interrupts off for ever is not seen: that takes an NMI.
//
// Each processor's tick writes its own LockupWatch.
using System.Threading;
using Commence.Debug;
using Commence.Lib;
using Commence.Smp;
using Commence.Time;

namespace Commence.Sched;

/// <summary>What the detector remembers of a processor.</summary>
internal struct LockupWatch
{
    internal ulong PickCount; // as it was seen to change last
    internal ulong SinceNs;   // when that was
    internal ulong TickNs;    // the last tick
    internal ulong ProbeNs;   // when to ask for the next reschedule
    internal ulong ReportNs;  // when to say (again) that it is stuck
}

/// <summary>The detector (Linux: <c>kernel/watchdog.c</c>).</summary>
public static class LockupDetector
{
    private const int ProbesPerLimit = 5;
    private const ulong NsPerSecond = 1_000_000_000;

    private static ulong s_limitNs; // 0: not started

    /// <summary>Half of what a processor may be stuck.</summary>
    [KernelParameter("watchdog_thresh", Min = 0, Max = 60, Unit = "seconds", Help = "half of the time after which a processor that does not schedule is reported; 0 is as nowatchdog")]
    [KernelParameter("nowatchdog", Value = 0, Help = "do not look for processors that do not schedule")]
    [KernelParameter("nosoftlockup", Value = 0, Help = "as nowatchdog")]
    internal static int ThresholdSeconds { get; set; } = 10;

    /// <summary>A lockup is fatal.</summary>
    [KernelParameter("softlockup_panic", Help = "panic when a processor does not schedule")]
    internal static bool IsPanicWanted { get; set; }

    /// <summary>Starts it (Linux: <c>lockup_detector_init</c>).</summary>
    /// <remarks>Context: pid 1.</remarks>
    public static void Init() => Volatile.Write(ref s_limitNs, 2 * (ulong)ThresholdSeconds * NsPerSecond);

    /// <summary>Looks after the calling processor.</summary>
    /// <remarks>Context: the tick. IRQs: off.</remarks>
    public static void OnTick(ref TrapFrame frame)
    {
        ulong limit = Volatile.Read(ref s_limitNs);
        if (limit == 0)
            return;

        Processor here = Processor.Current;
        ref LockupWatch watch = ref here.LockupWatch;
        ulong now = Clock.Monotonic().Value;
        ulong picks = here.RunQueue.PickCount;
        bool hasGap = now - watch.TickNs > limit / 2;
        watch.TickNs = now;
        if (picks != watch.PickCount || hasGap)
        {
            watch.PickCount = picks;
            watch.SinceNs = now;
            watch.ProbeNs = now + (limit / ProbesPerLimit);
            watch.ReportNs = now + limit;
            return;
        }

        if (now >= watch.ProbeNs)
        {
            watch.ProbeNs = now + (limit / ProbesPerLimit);
            Scheduler.RequestChoice(here.RunQueue);
        }

        if (now >= watch.ReportNs)
        {
            watch.ReportNs = now + limit;
            Report(now - watch.SinceNs, ref frame);
        }
    }

    private static void Report(ulong stuckNs, ref TrapFrame frame)
    {
        Task task = Task.Current;
        Printk.Emergency($"watchdog: BUG: soft lockup - CPU#{PerCpuArea.Id} stuck for {stuckNs / NsPerSecond}s! [{task.Name}:{task.Pid}]");
        StackTrace.Print(LogLevel.Emergency, ref frame);
        if (IsPanicWanted)
            Panic.Now($"softlockup: hung tasks");
    }
}
