// What the scheduler and the clock keep for each processor.
using System.Threading;
using Commence.Sched;
using Commence.Time;

namespace Commence.Smp;

public sealed partial class Processor
{
    private RunQueue? _runQueue;
    private TimerQueue? _timers;
    private ulong _tickCount;

    /// <summary>Its runnable tasks.</summary>
    /// <remarks>Context: any after <see cref="Scheduler.TryAddProcessor"/>.</remarks>
    public RunQueue RunQueue => _runQueue!;

    /// <summary>Its timers.</summary>
    public TimerQueue Timers => _timers!;

    /// <summary>Where its time went. Written by its own tick.</summary>
    public CpuTimes Times;

    /// <summary>Ticks of its timer so far. Written by its own tick.</summary>
    public ulong TickCount
    {
        get => Volatile.Read(ref _tickCount);
        internal set => Volatile.Write(ref _tickCount, value);
    }

    /// <summary>When its tick was stopped; 0 while it ticks. Written by itself with interrupts off; others read it.</summary>
    internal ulong TickStoppedNs;

    /// <summary>When a stretched tick comes; all ones if none does. Only for itself.</summary>
    internal ulong TickWakeNs;

    /// <summary>Its idle time in ticks, that without ticks included.</summary>
    /// <remarks>Context: any, NMI excluded. A snapshot: a tick or so off.</remarks>
    public ulong IdleTicks
    {
        get
        {
            ulong stoppedNs = Volatile.Read(ref TickStoppedNs);
            ulong now = Clock.Monotonic().Value;
            return Times.IdleTicks + (stoppedNs == 0 || stoppedNs > now ? 0 : (now - stoppedNs) / Limits.TickNanoseconds);
        }
    }

    internal LockupWatch LockupWatch; // its own tick's

    /// <summary>What it runs when nothing else wants to (pid 0).</summary>
    public Task IdleTask => RunQueue.Idle;

    internal void SetScheduling(RunQueue runQueue, TimerQueue timers)
    {
        Bug.On(_runQueue is not null); // once
        _runQueue = runQueue;
        _timers = timers;
    }
}
