// Runs initcalls: pid 1, and with it as many helpers as there are calls that could run beside one another.
//
//   pid 1:    TryTake ─▶ Run ─▶ Complete ─▶ … sleeps while nothing is ready and somebody still runs
//   helper:   TryTake ─▶ Run ─▶ Complete ─▶ … ends when nothing is ready
//
// Helpers are work of the unbound workqueue. Who takes a call and leaves another one ready starts one more helper; so as many
// processors take part as have something to do, and a level of one call wakes nobody. What a call finds depends only on what it
// has declared, since it starts after its dependencies and runs beside any other: on one processor, or with `initcall.parallel=0`,
// the order is that of the table.
//
// Lock: _lock protects the schedule and the helpers' list. Under it: the wake-up of pid 1. Calls run without it.
using System;
using System.Threading;
using Commence.Debug;
using Commence.Lib;
using Commence.Locking;
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
    private IrqSpinLock _lock;
    private WaitQueue _progress;          // pid 1
    private IntrusiveList<InitcallHelper, InitcallHelper.Linked> _freeHelpers;
    private int _helperCount;             // made so far

    internal InitcallRunner(InitcallSet set, in InitcallOptions options)
    {
        _set = set;
        _options = options;
        _schedule = new InitcallSchedule(set);
        _watch = new InitcallWatch(this);
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
    internal void Help(InitcallHelper helper)
    {
        while (TryTake(out int index))
            RunOne(index);
        using IrqSpinLock.Guard guard = _lock.Lock();
        _freeHelpers.AddLast(helper);
    }

    /// <summary>Names the calls that have been running for longer than the bound.</summary>
    /// <remarks>Context: hard IRQ.</remarks>
    internal void ReportOverdue()
    {
        ulong now = Clock.Monotonic().Value;
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
        bool isTaken;
        InitcallHelper? helper = null;
        using (_lock.Lock())
        {
            isTaken = _schedule.TryTake(PerCpuArea.Id, Clock.Monotonic().Value, _options.BoundNs, out index);
            if (isTaken && _schedule.ReadyCount != 0)
                helper = TakeHelper();
        }

        if (helper is not null)
            _ = SystemWorkqueues.Unbound.Queue(helper); // its last run may just be ending: then it sees what is ready
        return isTaken;
    }

    // Under the lock.
    private InitcallHelper? TakeHelper()
    {
        if (_freeHelpers.RemoveFirst() is InitcallHelper free)
            return free;
        if (!_options.IsParallel || _helperCount >= Scheduler.ActiveCpus.Count - 1 || !Memory.Kmem.TryNew(out InitcallHelper made))
            return null;
        _helperCount++;
        made.Runner = this;
        return made;
    }

    private void RunOne(int index)
    {
        ReadOnlySpan<byte> name = _set.Name(index);
        if (_schedule.IsBlacklisted(index))
            Printk.Info($"initcall {name} blacklisted");
        else
            Invoke(index, name);

        using IrqSpinLock.Guard guard = _lock.Lock();
        _schedule.Complete(index);
        if (_schedule.IsLevelDone || _schedule.ReadyCount != 0)
            _ = _progress.WakeOne(); // pid 1 may be running calls itself
    }

    private void Invoke(int index, ReadOnlySpan<byte> name)
    {
        if (_options.IsDebug)
            Printk.Debug($"calling  {name} @ {Task.Current.Pid} on CPU {PerCpuArea.Id}");

        ContextCheck before = ContextCheck.Now();
        ulong start = LogClock.Now; // as all records
        ulong begin = Clock.Monotonic().Value;
        Errno error = _set.Invoke(index);
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

        public bool IsMet()
        {
            if (runner.TryTake(out Index))
                return true;
            Index = -1;
            using IrqSpinLock.Guard guard = runner._lock.Lock();
            return runner._schedule.IsLevelDone;
        }
    }
}
