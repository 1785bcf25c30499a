// Which initcall may begin next. Only decides: it runs nothing, waits for nothing and has no lock; its owner does that.
//
//   Open(level) ─▶ TryTake ─▶ (the owner runs the call) ─▶ Complete ─▶ … until IsLevelDone ─▶ Open(next level)
//
//   Waiting ── dependencies done, level open ──▶ ready ── TryTake ──▶ Running ── Complete ──▶ Done
//
// Among the ready calls the first of the table comes next; so with one runner the order is the table's.
using System.Runtime.CompilerServices;

namespace Commence.Init;

/// <summary>The state of all initcalls.</summary>
/// <remarks>Owner: whoever made it. Locks: the owner's, around every call.</remarks>
internal sealed class InitcallSchedule
{
    /// <summary>Initcalls that a kernel may have.</summary>
    internal const int CountMax = 256;

    private enum State : byte
    {
        Waiting,
        Running,
        Done,
    }

    private struct Call
    {
        internal State State;
        internal bool IsBlacklisted;
        internal ushort WaitsFor; // calls of its level that have not ended yet
        internal CpuId Cpu;
        internal ulong StartNs;
        internal ulong ReportNs;  // when to say (again) that it still runs
    }

    [InlineArray(CountMax)]
    private struct Calls
    {
        private Call _call0;
    }

    private readonly InitcallSet _set;
    private Calls _calls;
    private int _first;      // the open level: calls from here
    private int _end;        // to before here
    private int _leftCount;  // of the level, not done

    /// <summary>Nothing has run, and no level is open.</summary>
    internal InitcallSchedule(InitcallSet set)
    {
        Bug.On(set.Count > CountMax);
        _set = set;
    }

    /// <summary>Calls of the open level that could begin now.</summary>
    internal int ReadyCount { get; private set; }

    /// <summary>Whether all calls of the open level have ended.</summary>
    internal bool IsLevelDone => _leftCount == 0;

    /// <summary>Makes a call one that is passed over.</summary>
    internal void Blacklist(int index) => _calls[index].IsBlacklisted = true;

    internal bool IsBlacklisted(int index) => _calls[index].IsBlacklisted;

    /// <summary>Opens a level, after the one before it is done: that is the barrier between them.</summary>
    internal void Open(InitcallLevel level)
    {
        Bug.On(!IsLevelDone);
        _first = _set.FirstOf(level);
        _end = _set.FirstOf(level + 1);
        _leftCount = _end - _first;
        ReadyCount = 0;
        for (int i = _first; i < _end; i++)
        {
            Bug.On(_calls[i].State != State.Waiting); // each level once
            _calls[i].WaitsFor = (ushort)_set.Dependencies(i).Length;
            if (_calls[i].WaitsFor == 0)
                ReadyCount++;
        }
    }

    /// <summary>Takes the first call that is ready.</summary>
    /// <returns>False if none is.</returns>
    internal bool TryTake(CpuId cpu, ulong nowNs, ulong boundNs, out int index)
    {
        index = -1;
        if (ReadyCount == 0)
            return false;

        for (index = _first; !IsReady(in _calls[index]); index++)
        {
            // One is ready, so this ends before _end.
        }

        ref Call call = ref _calls[index];
        call.State = State.Running;
        call.Cpu = cpu;
        call.StartNs = nowNs;
        call.ReportNs = nowNs + boundNs;
        ReadyCount--;
        return true;
    }

    /// <summary>A call has ended: those that waited for it alone are ready.</summary>
    internal void Complete(int index)
    {
        Bug.On(_calls[index].State != State.Running);
        _calls[index].State = State.Done;
        _leftCount--;
        for (int i = index + 1; i < _end; i++) // dependencies stand before those that have them
        {
            if (!Waits(i, index))
                continue;
            _calls[i].WaitsFor--;
            if (_calls[i].WaitsFor == 0)
                ReadyCount++;
        }
    }

    /// <summary>Finds a call that has been running for too long; the same one is found again after twice the time.</summary>
    internal bool TryFindOverdue(ulong nowNs, out int index, out CpuId cpu, out ulong runningNs)
    {
        for (index = _first; index < _end; index++)
        {
            ref Call call = ref _calls[index];
            if (call.State != State.Running || nowNs < call.ReportNs)
                continue;
            cpu = call.Cpu;
            runningNs = nowNs - call.StartNs;
            call.ReportNs = nowNs + runningNs;
            return true;
        }

        cpu = default;
        runningNs = 0;
        return false;
    }

    private static bool IsReady(in Call call) => call.State == State.Waiting && call.WaitsFor == 0;

    private bool Waits(int waiter, int waited)
    {
        foreach (ushort dependency in _set.Dependencies(waiter))
        {
            if (dependency == waited)
                return true;
        }

        return false;
    }
}
