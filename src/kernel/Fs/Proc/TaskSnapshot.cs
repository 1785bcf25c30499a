// What the files of a process say of it, gathered at one moment.
using System;
using Commence.Abi;
using Commence.Lib;
using Commence.Locking;
using Commence.Mm;
using Commence.Processes;
using Commence.Sched;
using Commence.Signals;
using Commence.Syscalls;
using Commence.Terminals;

namespace Commence.Fs;

/// <summary>A process or a thread at one moment.</summary>
internal struct TaskSnapshot
{
    private const int KernelThreadParent = 2; // kthreadd

    internal byte State;              // the letter
    internal int ParentPid;
    internal int GroupNumber;
    internal int SessionNumber;
    internal uint TerminalDevice;
    internal int ForegroundGroup;     // -1: no terminal
    internal int ThreadCount;
    internal int ExitSignal;
    internal int ExitStatus;
    internal UsedResources Used;
    internal UsedResources Children;
    internal ulong ResidentLimit;
    internal ulong QueuedLimit;
    internal int QueuedCount;
    internal ulong Pending;
    internal ulong SharedPending;
    internal ulong Blocked;
    internal ulong Ignored;
    internal ulong Caught;
    internal ArgumentArea Arguments;
    internal bool HasMemory;
    internal VmStatistics Memory;
    internal bool HasNoNewPrivileges;

    /// <summary>Gathers it.</summary>
    /// <param name="task">The task, in use.</param>
    /// <param name="isThread">The task alone, not its process.</param>
    internal static void Take(Task task, bool isThread, out TaskSnapshot snapshot)
    {
        snapshot = default;
        snapshot.ForegroundGroup = -1;
        snapshot.ThreadCount = 1;
        if (task.User is UserThread thread)
            snapshot.TakeProcess(thread, isThread);
        else
            snapshot.TakeKernelThread(task);
        snapshot.State = StateOf(task, ref snapshot);
    }

    /// <summary>The state in words.</summary>
    internal static ReadOnlySpan<byte> StateName(byte letter) => letter switch
    {
        (byte)'R' => "R (running)"u8,
        (byte)'S' => "S (sleeping)"u8,
        (byte)'D' => "D (disk sleep)"u8,
        (byte)'T' => "T (stopped)"u8,
        (byte)'t' => "t (tracing stop)"u8,
        (byte)'Z' => "Z (zombie)"u8,
        (byte)'I' => "I (idle)"u8,
        _ => "X (dead)"u8,
    };

    private static byte StateOf(Task task, ref TaskSnapshot snapshot)
    {
        if (snapshot.State != 0)
            return snapshot.State;

        TaskState state = task.State;
        if ((state & TaskState.Dead) != 0)
            return (byte)'X';
        if ((state & TaskState.Stopped) != 0)
            return (byte)'T';
        if ((state & TaskState.Traced) != 0)
            return (byte)'t';
        if ((state & TaskState.Idle) == TaskState.Idle)
            return (byte)'I';
        if ((state & TaskState.Uninterruptible) != 0)
            return (byte)'D';
        return (state & TaskState.Interruptible) != 0 ? (byte)'S' : (byte)'R';
    }

    private void TakeKernelThread(Task task)
    {
        ParentPid = task.Pid == KernelThreadParent ? 0 : KernelThreadParent;
        Used.Add(task);
    }

    private void TakeProcess(UserThread thread, bool isThread)
    {
        Process process = thread.Process;
        Tty? terminal;
        using (ProcessTree.Lock.Lock())
            terminal = TakeFamily(thread);
        if (terminal is not null)
        {
            TerminalDevice = terminal.Device.Encoded;
            ForegroundGroup = terminal.ForegroundNumber; // takes the lock itself
        }

        using (process.SignalLock.Lock())
            TakeSignals(thread);

        Children = Accounting.Children(process);
        if (isThread)
            Used.Add(thread.Task);
        else
            Used = Accounting.Used(process);

        AddressSpace? memory = process.GetMemory();
        if (memory is null)
            return;

        HasMemory = true;
        Memory = memory.ReadStatistics();
        memory.PutReference();
    }

    // Returns the controlling terminal: terminals are never freed.
    private Tty? TakeFamily(UserThread thread)
    {
        Process process = thread.Process;
        ParentPid = process.Parent?.Pid ?? 0;
        GroupNumber = process.Group.Number;
        SessionNumber = process.Group.Session.Number;
        ExitSignal = (int)process.ExitSignal;
        ThreadCount = process.Threads.Count;
        // The first thread of a process may have ended while others run: then too it is called a zombie.
        if (process.IsZombie || (thread.HasEnded && thread == process.Leader))
        {
            State = (byte)'Z';
            ExitStatus = process.ExitStatus;
        }

        return process.HasLeftTerminal ? null : process.Group.Session.Terminal;
    }

    private void TakeSignals(UserThread thread)
    {
        Process process = thread.Process;
        Pending = thread.Pending.Set.Value;
        SharedPending = process.Shared.Set.Value;
        Blocked = thread.Blocked.Value;
        QueuedCount = thread.Pending.Count + process.Shared.Count;
        QueuedLimit = process.Limits.Soft(ResourceKind.PendingSignals);
        ResidentLimit = process.Limits.Soft(ResourceKind.ResidentSet);
        Arguments = process.Arguments;
        HasNoNewPrivileges = process.HasNoNewPrivileges;
        for (int number = 1; number <= 64; number++)
        {
            SignalAction action = process.Handlers.Get((Signal)number);
            if (action.IsIgnore)
                Ignored |= 1UL << (number - 1);
            else if (!action.IsDefault)
                Caught |= 1UL << (number - 1);
        }
    }
}
