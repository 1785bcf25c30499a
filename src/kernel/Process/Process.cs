// A process: threads that share memory, signals, limits and a number (Linux: signal_struct and what hangs on a thread group).
//
//              first thread made      last thread ends         parent waited, or does not want to know
//   (TryMake) ──────────────▶ Live ──────────────────▶ Zombie ───────────────────────────────────────▶ Reaped
//
// | what                                            | protected by                        |
// |-------------------------------------------------|-------------------------------------|
// | Parent, children, Group, state, wait results    | ProcessTree.Lock                    |
// | Threads, ThreadCount                            | changed under both; read under either |
// | Shared, stop and exit state, limits             | SignalLock                          |
// | Memory, Handlers                                | changed by execve, when there is one thread; under SignalLock |
// | Pid                                             | fixed                               |
//
// One use for each thread, and one for being in the tree, which ends when the process is reaped.
using System.Threading;
using Commence.Abi;
using Commence.Fs;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Mm;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Processes;

/// <summary>A process.</summary>
public sealed partial class Process
{
    // ---- fixed -----------------------------------------------------------------------------------------------------------

    /// <summary>Its number (Linux: <c>tgid</c>).</summary>
    public int Pid { get; internal set; }

    /// <summary>When it was made, on the monotonic clock.</summary>
    internal Nanoseconds StartTime;

    // ---- ProcessTree.Lock --------------------------------------------------------------------------------------------------

    internal Process? Parent;
    internal ListLink<Process> SiblingLink;
    internal IntrusiveList<Process, InSiblings> Children;
    internal ListLink<Process> GroupLink;
    internal ProcessGroup Group = null!;
    internal UserThread Leader = null!;      // the thread whose number is Pid; a use of its task, until the process is reaped
    internal bool HasLeftTerminal;           // TIOCNOTTY: it has no controlling terminal although its session does
    internal bool IsZombie;
    internal bool IsReaped;
    internal bool HasExecuted;               // since it was made: setpgid on it is refused
    internal int ExitStatus;                 // as wait reports it
    internal Signal ExitSignal;              // what the parent gets; none for no signal
    internal bool IsStopUnreported;          // wait has not told the parent yet
    internal bool IsContinueUnreported;
    internal bool IsSubreaper;               // adopts the orphans among its descendants (PR_SET_CHILD_SUBREAPER)

    // ---- both (see above) ----------------------------------------------------------------------------------------------------

    internal IntrusiveList<UserThread, UserThread.InProcess> Threads;

    // ---- SignalLock ----------------------------------------------------------------------------------------------------------

    internal IrqSpinLock SignalLock;
    internal PendingSignals Shared;
    internal SignalHandlers Handlers = null!;
    internal bool IsExiting;                 // all threads are to end with ExitCode
    internal int ExitCode;                   // as wait reports it
    internal bool IsStopping;                // all threads are to stop, or have
    internal Signal StopSignal;
    internal int StoppedCount;               // threads that have
    internal bool IsStopDequeued;            // a stop signal was taken and may stop the process, unless SIGCONT comes first
    internal bool IsContinueUnnotified;      // a thread has yet to tell the parent that it goes on
    internal UserThread? ExecThread;         // the thread that waits in execve for the others to end
    internal bool IsUnkillable;              // process 1: signals without a handler do nothing
    internal ResourceLimits Limits;
    internal ArgumentArea Arguments;
    internal bool HasNoNewPrivileges;        // set-user-id programs do nothing (PR_SET_NO_NEW_PRIVS); written once
    internal AddressSpace? Memory;           // null from when the last thread gave it up

    // ---- own locks -----------------------------------------------------------------------------------------------------------

    /// <summary>Threads that wait for a child.</summary>
    internal WaitQueue ChildQueue;

    /// <summary>The thread in execve that waits for the others to end.</summary>
    internal WaitQueue ThreadQueue;

    internal uint ChildEvents;               // children that ended, stopped or went on; Volatile
    internal RealTimer? AlarmTimer;          // under SignalLock to make it; then its own

    // ---- accounting: SignalLock ------------------------------------------------------------------------------------------------

    internal UsedResources Ended;            // threads that have ended
    internal UsedResources Waited;           // children that were waited for

    private int _references;
    private File? _program;                  // /proc/PID/exe; SignalLock

    /// <summary>Whether all its threads have stopped.</summary>
    internal bool IsStopped => IsStopping && StoppedCount == Threads.Count && !Threads.IsEmpty;

    /// <summary>Makes a process without threads, with one use: that of the tree.</summary>
    /// <param name="handlers">Its dispositions, of which it takes over the caller's use.</param>
    /// <param name="memory">Its memory, of which it takes over the caller's use.</param>
    /// <returns>Null if there is no memory; the caller keeps its uses then.</returns>
    internal static Process? TryMake(SignalHandlers handlers, AddressSpace? memory)
    {
        if (!Kmem.TryNew(out Process process))
            return null;

        process._references = 1;
        process.Handlers = handlers;
        process.Memory = memory;
        process.StartTime = Time.Clock.Monotonic();
        return process;
    }

    /// <summary>Counts one more user.</summary>
    internal void Get()
    {
        int count = Interlocked.Increment(ref _references);
        Bug.On(count <= 1);
    }

    /// <summary>Ends one use; the last one frees the process.</summary>
    /// <remarks>Context: thread.</remarks>
    internal void Put()
    {
        int count = Interlocked.Decrement(ref _references);
        Bug.On(count < 0);
        if (count > 0)
            return;

        Bug.On(!Threads.IsEmpty);
        Shared.Discard(SignalSet.All);
        Handlers.Put();
        if (Memory is not null)
            Memory.PutReference();
        _program?.Put();
        if (AlarmTimer is not null)
            Kmem.Free(AlarmTimer);
        Kmem.Free(this);
    }

    /// <summary>The program's file, with a use for the caller; null if there is none.</summary>
    internal File? GetProgram()
    {
        using IrqSpinLock.Guard guard = SignalLock.Lock();
        _program?.Get();
        return _program;
    }

    /// <summary>Says which program it runs; takes over the caller's use of the file.</summary>
    internal void SetProgram(File? program)
    {
        File? before;
        using (SignalLock.Lock())
        {
            before = _program;
            _program = program;
        }

        before?.Put();
    }

    /// <summary>Its memory, with a use for the caller; null if it has none (any more).</summary>
    internal AddressSpace? GetMemory()
    {
        using IrqSpinLock.Guard guard = SignalLock.Lock();
        Memory?.GetReference();
        return Memory;
    }

    /// <summary>A limit that counts now.</summary>
    internal ulong Limit(ResourceKind kind) => Limits.Soft(kind);

    internal readonly struct InSiblings : ILinked<Process>
    {
        public static ref ListLink<Process> Link(Process item) => ref item.SiblingLink;
    }

    internal readonly struct InGroup : ILinked<Process>
    {
        public static ref ListLink<Process> Link(Process item) => ref item.GroupLink;
    }
}
