// The user side of a task: what Linux keeps in task_struct besides scheduling.
//
// | what                                     | protected by                                                   |
// |------------------------------------------|----------------------------------------------------------------|
// | Credentials, tid addresses, registers    | self: the thread itself                                        |
// | Files, FileSystemView                    | changed by the thread under Lock; others read under Lock       |
// | Blocked, Pending, Alternate stack        | the process's SignalLock (Blocked is changed by the thread only) |
// | Process, Task                            | fixed                                                          |
//
// It lives as long as its task.
using System.Diagnostics.CodeAnalysis;
using Commence.Abi;
using Commence.Fs;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Processes;

/// <summary>A thread of a process.</summary>
public sealed class UserThread : KernelThreadBody
{
    private const int FpuAlignment = 64;

    // ---- fixed -----------------------------------------------------------------------------------------------------------

    internal Task Task = null!;
    internal Process Process = null!;       // one use
    internal ListLink<UserThread> ProcessLink; // see Process.Threads

    // ---- self --------------------------------------------------------------------------------------------------------------

    internal Credentials Credentials;
    internal UserAccount Account = null!;   // of the real user; counts this thread
    internal UserAddr ClearTid;             // zeroed, and its futex woken, when the thread ends
    internal UserAddr SetTid;               // where the new thread writes its number before it runs
    internal UserAddr RobustList;
    internal ulong FaultAddress;            // of the last page fault that became a signal
    internal RestartBlock Restart;
    internal VforkWait? Vfork;              // the parent waits for it to let go of its memory
    internal bool IsExiting;
    internal TrapFrame Start;               // with which it enters user mode for the first time
    private KBuffer _fpuArea;

    internal WaitQueue Suspended;           // it alone waits here, for signals

    // ---- Lock --------------------------------------------------------------------------------------------------------------

    internal SpinLock Lock;
    internal FileTable? Files;
    internal FsContext? FileSystemView;

    // ---- SignalLock of the process -----------------------------------------------------------------------------------------

    internal SignalSet Blocked;
    internal SignalSet BlockedAfterSuspend;  // what Blocked goes back to when sigsuspend and the like are over
    internal bool HasBlockedAfterSuspend;
    internal SignalSet Awaited;              // what sigtimedwait waits for, although blocked
    internal PendingSignals Pending;
    internal AlternateStack AlternateStack;
    internal bool IsStopped;                 // counted in Process.StoppedCount
    internal bool HasEnded;                  // no signal is for it any more

    /// <summary>The thread that runs the caller.</summary>
    /// <remarks>Context: a system call or fault of a user thread.</remarks>
    public static UserThread Current => Task.Current.User!;

    /// <summary>Its number (Linux: <c>tid</c>).</summary>
    public int Tid => Task.Pid;

    /// <summary>Makes the user side of a task that does not run yet.</summary>
    /// <param name="process">Its process; takes a use.</param>
    /// <returns>Null if there is no memory.</returns>
    internal static UserThread? TryMake(Process process)
    {
        if (!Kmem.TryNew(out UserThread thread))
            return null;

        if (!TryAllocateFpuArea(out thread._fpuArea))
        {
            Kmem.Free(thread);
            return null;
        }

        process.Get();
        thread.Process = process;
        thread.AlternateStack.Flags = AlternateStack.SS_DISABLE;
        return thread;
    }

    /// <summary>Connects it with its task.</summary>
    internal void Attach(Task task)
    {
        Task = task;
        task.User = this;
        bool isReady = task.Context.TryPrepareUser(FpuArea());
        Bug.On(!isReady); // the area was made large enough, and aligned
    }

    /// <summary>Frees one whose task is gone, or was never made.</summary>
    internal void Free()
    {
        Bug.On(Files is not null || FileSystemView is not null); // given up when the thread ended
        Pending.Discard(SignalSet.All);
        _fpuArea.Free();
        Account.RemoveTask();
        Process process = Process;
        Kmem.Free(this);
        process.Put();
    }

    /// <summary>Counts it for another user.</summary>
    /// <returns>False if there is no memory; it counts for the one before then.</returns>
    internal bool TryMoveTo(uint userId)
    {
        UserAccount? account = UserAccount.TryEnter(userId);
        if (account is null)
            return false;

        Account.RemoveTask();
        Account = account;
        return true;
    }

    /// <summary>The file of a descriptor, with a use for the caller; null: EBADF.</summary>
    internal File? GetFile(int descriptor) => Files!.Get(descriptor);

    /// <summary>The table of descriptors, with a use for the caller; null if the thread has ended.</summary>
    internal FileTable? GetFiles()
    {
        using SpinLock.Guard guard = Lock.Lock();
        Files?.Get();
        return Files;
    }

    /// <summary>The place in the tree of files, with a use for the caller; null if the thread has ended.</summary>
    internal FsContext? GetFileSystemView()
    {
        using SpinLock.Guard guard = Lock.Lock();
        FileSystemView?.Get();
        return FileSystemView;
    }

    /// <summary>Starts in user mode: a new task's first function.</summary>
    protected internal override int Run()
    {
        if (!SetTid.IsNull)
            _ = new UserPtr<int>(SetTid).TryWrite(Tid); // Linux too lets this fail silently
        EnterUser();
        return Bug.Unreachable<int>();
    }

    /// <summary>Goes to user mode for good, with the registers that <see cref="Start"/> holds.</summary>
    [DoesNotReturn]
    internal void EnterUser()
    {
        // The registers do not lie on the kernel stack yet, whose top this very call chain uses.
        LocalInterrupts.Disable();
        SignalDelivery.OnReturnToUser(ref Start);
        ThreadContext.EnterUser(in Start);
        Bug.Unreachable();
    }

    // The processor wants 64-byte alignment, which slab debugging may spoil: hence the room to move.
    private static bool TryAllocateFpuArea(out KBuffer buffer) =>
        Kmalloc.TryAllocate(ThreadContext.FpuAreaSizeBytes + FpuAlignment, out buffer);

    private System.Span<byte> FpuArea()
    {
        int offset = (int)(_fpuArea.Address.AlignUp(FpuAlignment) - _fpuArea.Address);
        return _fpuArea.Span.Slice(offset, ThreadContext.FpuAreaSizeBytes);
    }

    internal readonly struct InProcess : ILinked<UserThread>
    {
        public static ref ListLink<UserThread> Link(UserThread item) => ref item.ProcessLink;
    }
}
