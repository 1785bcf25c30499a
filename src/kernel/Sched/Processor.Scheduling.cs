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

    /// <summary>What it runs when nothing else wants to (pid 0).</summary>
    public Task IdleTask => RunQueue.Idle;

    internal void SetScheduling(RunQueue runQueue, TimerQueue timers)
    {
        Bug.On(_runQueue is not null); // once
        _runQueue = runQueue;
        _timers = timers;
    }
}
