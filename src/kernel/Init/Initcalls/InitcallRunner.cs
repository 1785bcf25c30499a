// Runs initcalls: pid 1 alone, as long as each gives way to the next soon; with helpers, when one keeps others waiting.
//
//   pid 1:    TryTake ─▶ Run ─▶ Complete ─▶ … idle while nothing is ready and somebody still runs
//   helper:   TryTake ─▶ Run ─▶ Complete ─▶ … ends when nothing is ready
//
// A call that could begin waits for a runner: pid 1 if it is idle, else a helper, which is work of the unbound workqueue.
// Runners are called
//   at once                     when a call falls asleep while others are ready (SleepNotice): it waits for a device, say
//   after the runner's patience when nothing was begun for so long while calls were ready: one computes, or polls a device
// So calls that wait do so at the same time, on one processor too, and one that never ends keeps back nothing but what needs it;
// short ones wake nobody: on an emulator, waking a processor that halts costs more than all of them together.
//
// What a call finds depends only on what it has declared, since it starts after its dependencies and may run beside any other; with
// `initcall.parallel=0` the order is that of the table.
//
// Lock: _lock protects the schedule and what is said below to be under it. Under it: the wake-up of pid 1. Calls run without it.
using System;
using System.Threading;
using Commence.Debug;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;
using Commence.Smp;
using Commence.Time;
using Commence.Workqueues;

namespace Commence.Init;

/// <summary>The running of initcalls (Linux: <c>do_initcalls</c>, <c>do_one_initcall</c>).</summary>
internal sealed class InitcallRunner
{
    private readonly InitcallSet _set;
    private InitcallOptions _options;     // set before the first call runs
    private readonly InitcallSchedule _schedule;
    private readonly InitcallWatch _watch;
    private readonly InitcallSleepNotice _sleepNotice;
    private IrqSpinLock _lock;
    private WaitQueue _progress;          // pid 1
    private bool _isFirstIdle;            // pid 1 waits; under the lock, as what follows
    private bool _isHelpCalled;           // and nobody has taken a call since
    private ulong _lastMoveNs;            // when a call was taken, or help called

    internal InitcallRunner(InitcallSet set, in InitcallOptions options)
    {
        _set = set;
        _options = options;
        _schedule = new InitcallSchedule(set);
        _watch = new InitcallWatch(this);
        _sleepNotice = new InitcallSleepNotice(this);
    }

    /// <summary>Says how they are run; before the first one is.</summary>
    internal void Configure(in InitcallOptions options) => _options = options;

    /// <summary>Makes a call one that is passed over (Linux: <c>initcall_blacklist=</c>).</summary>
    /// <returns>False if there is none of that name.</returns>
    internal bool TryBlacklist(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < _set.Count; i++)
        {
            if (!_set.Name(i).SequenceEqual(name))
                continue;
            _schedule.Blacklist(i);
            return true;
        }

        return false;
    }

    /// <summary>Runs all calls from one level to another, with a barrier after each.</summary>
    /// <remarks>Context: thread (pid 1). Sleeps: as long as the calls take; one that takes too long is named while it runs.</remarks>
    internal void Run(InitcallLevel first, InitcallLevel last)
    {
        _watch.Start();
        for (InitcallLevel level = first; level <= last; level++)
        {
            using (_lock.Lock())
                _schedule.Open(level);
            HasNext condition = new(this);
            while (true)
            {
                _progress.Wait(ref condition);
                if (condition.Index < 0)
                    break; // the level is done
                RunOne(condition.Index);
            }
        }

        _watch.Stop();
    }

    /// <summary>What a helper does.</summary>
    internal void Help()
    {
        while (TryTake(out int index))
            RunOne(index);
    }

    /// <summary>A call sleeps: others that are ready need not wait for it.</summary>
    /// <remarks>Context: as <see cref="SleepNotice.OnSleeping"/>.</remarks>
    internal void OnSleeping()
    {
        bool isHelperWanted;
        using (_lock.Lock())
            isHelperWanted = _schedule.ReadyCount != 0 && !_isHelpCalled && !TryWakeFirst(Clock.Monotonic().Value);
        if (isHelperWanted)
            SendHelper();
    }

    /// <summary>Calls for help if nothing has been begun for too long, and names the calls that have been running for longer than the
    /// bound.</summary>
    /// <remarks>Context: hard IRQ.</remarks>
    internal void OnTick()
    {
        ulong now = Clock.Monotonic().Value;
        bool isHelperWanted;
        using (_lock.Lock())
        {
            // Even if help was called before: the processor that it was sent to may be the one that is stuck.
            isHelperWanted = _schedule.ReadyCount != 0 && now - _lastMoveNs >= _options.PatienceNs && !TryWakeFirst(now);
        }

        if (isHelperWanted)
            SendHelper();
        while (TryFindOverdue(now, out int index, out CpuId cpu, out ulong runningNs))
            Printk.Error($"initcall {_set.Name(index)} has not returned for {runningNs / 1_000_000_000} s on CPU {cpu} (bound: {_options.BoundNs / 1_000_000_000} s)");
    }

    private bool TryFindOverdue(ulong now, out int index, out CpuId cpu, out ulong runningNs)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        return _schedule.TryFindOverdue(now, out index, out cpu, out runningNs);
    }

    private bool TryTake(out int index)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        return TryTakeLocked(out index);
    }

    private bool TryTakeLocked(out int index)
    {
        ulong now = Clock.Monotonic().Value;
        if (!_schedule.TryTake(PerCpuArea.Id, now, _options.BoundNs, out index))
            return false;
        _isHelpCalled = false;
        _lastMoveNs = now;
        return true;
    }

    // For pid 1: if there is nothing to take, it is idle from now on.
    private bool TryTakeOrEnd(out int index)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        _isFirstIdle = false;
        if (TryTakeLocked(out index))
            return true;
        index = -1;
        _isFirstIdle = !_schedule.IsLevelDone;
        return !_isFirstIdle;
    }

    // Under the lock, when help is called: the first to help is pid 1, if it has nothing to do. True as well if nobody may help.
    private bool TryWakeFirst(ulong nowNs)
    {
        if (!_options.IsParallel)
            return true;

        _isHelpCalled = true;
        _lastMoveNs = nowNs;
        if (!_isFirstIdle)
            return false;
        _isFirstIdle = false;
        _ = _progress.WakeOne(); // it is awake already: then it looks before it sleeps
        return true;
    }

    private void SendHelper()
    {
        if (!Kmem.TryNew(out InitcallHelper helper))
            return; // whoever runs now goes on with the next

        helper.Runner = this;
        bool isQueued = SystemWorkqueues.Unbound.Queue(helper);
        Bug.On(!isQueued); // it is new
    }

    private void RunOne(int index)
    {
        ReadOnlySpan<byte> name = _set.Name(index);
        if (_schedule.IsBlacklisted(index))
            Printk.Info($"initcall {name} blacklisted");
        else
            Invoke(index, name);

        using IrqSpinLock.Guard guard = _lock.Lock();
        _schedule.Complete(index); // the caller takes one of those that are ready now, if any is
        if (_schedule.IsLevelDone && _isFirstIdle)
            _ = _progress.WakeOne(); // it is awake already: then it looks before it sleeps
    }

    private void Invoke(int index, ReadOnlySpan<byte> name)
    {
        if (_options.IsDebug)
            Printk.Debug($"calling  {name} @ {Task.Current.Pid} on CPU {PerCpuArea.Id}");

        ContextCheck before = ContextCheck.Now();
        ulong start = LogClock.Now; // as all records
        ulong begin = Clock.Monotonic().Value;
        Task.Current.SleepNotice = _sleepNotice;
        Errno error = _set.Invoke(index);
        Task.Current.SleepNotice = null;
        ulong duration = Clock.Monotonic().Value - begin;
        CpuId cpu = PerCpuArea.Id;
        ContextLeak leak = before.Repair();

        if (_options.IsDebug)
            Printk.Debug($"initcall {name} returned {-(int)error} after {duration / 1000} usecs on CPU {cpu}");
        if (error is not (Errno.None or Errno.ENODEV)) // that a device is not there is no failure
            Printk.Warning($"initcall {name} failed: error {-(int)error} ({error.Name()})");
        if (leak != ContextLeak.None)
            Printk.Warning($"initcall {name} returned with {leak.Describe()}");
        if (duration >= _options.BoundNs)
            Printk.Warning($"initcall {name} returned after {duration / 1_000_000_000} s (bound: {_options.BoundNs / 1_000_000_000} s)");
        Report(index, name, cpu, start, error);
    }

    private void Report(int index, ReadOnlySpan<byte> name, CpuId cpu, ulong start, Errno error)
    {
        Record record = new("initcall"u8);
        record.Add("name"u8, name);
        record.Add("level"u8, Initcalls.NameOf(_set.Level(index)));
        record.Add("cpu"u8, cpu.Value);
        record.Add("start"u8, (long)start);
        record.Add("end"u8, (long)LogClock.Now);
        record.Add("result"u8, -(int)error);
        record.Send();
    }

    // A struct that remembers what it took: TryTake takes.
    private struct HasNext(InitcallRunner runner) : IWaitCondition
    {
        internal int Index;

        public bool IsMet() => runner.TryTakeOrEnd(out Index);
    }
}
