// A task: one thread of control, of the kernel's own or of a user process (Linux: task_struct).
//
// Fields stand together by what protects them:
//   fixed        written before the task is visible to anybody else
//   self         written by the task itself
//   WakeLock     wake-ups and affinity
//   queue lock   the lock of the run queue of Cpu (Scheduler.LockQueueOf)
//   atomic       by Interlocked or Volatile, with the order said there
// Fields of the process that the task belongs to are in kernel/Process/Task.Process.cs.
//
// Lifetime: one reference for the scheduler (dropped when the task was switched away from for the last time), one for the
// task table, one for each that looked it up. Its memory is type-stable: a stale reference still points to some task.
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Arch;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Time;

namespace Commence.Sched;

/// <summary>A thread of control (Linux: <c>task_struct</c>).</summary>
public sealed partial class Task
{
    // ---- fixed -------------------------------------------------------------------------------------------------------

    /// <summary>Its number (Linux: <c>pid</c>; what user space calls a thread id). 0: an idle task.</summary>
    public int Pid { get; internal set; }

    /// <summary>Number of the process (Linux: <c>tgid</c>; what user space calls a process id).</summary>
    public int Tgid { get; set; }

    /// <summary>When it was made, on the monotonic clock.</summary>
    public Nanoseconds StartTime { get; internal set; }

    /// <summary>What it runs first, in the kernel.</summary>
    internal KernelThreadBody? Body;

    /// <summary>Its stack in the kernel; none for the idle task of the boot processor, which stays on the boot stack.</summary>
    public KernelStack Stack { get; internal set; }

    /// <summary>What its maker may stop and join, for a kernel thread.</summary>
    internal KernelThread? Thread;

    internal TaskWaiter Waiter = null!;       // its place in a wait queue
    internal SleepTimer SleepTimer = null!;   // ends a sleep with a time limit

    // ---- self --------------------------------------------------------------------------------------------------------

    private TaskName _name;
    private TaskFlags _flags;
    internal int HeldLockCount; // sleeping locks that it holds; see ContextCheck

    /// <summary>Registers, while it does not run; the rest of the architecture's state of it always.</summary>
    public ThreadContext Context;

    // ---- atomic ------------------------------------------------------------------------------------------------------

    private int _state;         // TaskState; see SetState and Scheduler.WakeUp
    private int _onCpu;         // 1: a processor uses its stack and registers; see IsOnCpu
    private int _work;          // TaskWork
    private int _references;

    /// <summary>Status for whoever waits for it; written once, before it becomes a zombie.</summary>
    public int ExitCode { get; internal set; }

    // ---- WakeLock ----------------------------------------------------------------------------------------------------

    internal IrqSpinLock WakeLock;   // serialises wake-ups (Linux: pi_lock); taken before any run queue's lock
    internal CpuMask AllowedCpus;    // where it may run; read under WakeLock or its queue lock, written under both

    // ---- queue lock --------------------------------------------------------------------------------------------------

    private int _cpu;                // its run queue; written under that queue's lock, or under WakeLock while in no queue
    private int _queueState;         // QueueState
    internal SchedulingPolicy PolicyField;
    internal int NiceField;
    internal int RealTimePriorityField;
    internal FairEntity Fair;
    internal ListLink<Task> RealTimeLink;
    internal ulong RealTimeSliceLeftNs;
    internal bool ContributesToLoad; // its sleep is counted in some queue's UninterruptibleCount
    internal ulong ExecStartNs;      // run-queue clock when RuntimeNs was last brought up to date
    internal ulong PickedAtRuntimeNs; // RuntimeNs when it was last picked

    // ---- accounting: written on the CPU that runs it, read by anybody without lock -------------------------------------

    internal ulong RuntimeNsField;
    internal ulong UserTicks;
    internal ulong SystemTicks;
    internal ulong VoluntarySwitchesField;
    internal ulong InvoluntarySwitchesField;

    // ---- the lock of a sleeping lock that it waits for -----------------------------------------------------------------

    internal ListLink<Task> LockLink;
    internal LockRequest LockRequest;
    internal bool IsLockGranted;

    // ---- the lock of the task table ------------------------------------------------------------------------------------

    internal ForwardLink<Task> TableLink;

    /// <summary>The task that runs the caller.</summary>
    /// <remarks>Context: any after <see cref="Scheduler.Init"/>. In an interrupt handler: the interrupted task.</remarks>
    public static Task Current
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (Task)PerCpuArea.CurrentTask!;
    }

    /// <summary>Counts a sleeping lock that the caller has taken or given up.</summary>
    internal static void CountLock(int change)
    {
        if (PerCpuArea.CurrentTask is not null) // before the scheduler starts there is no task, and nobody asks
            Current.HeldLockCount += change;
    }

    /// <summary>The short name.</summary>
    public ReadOnlySpan<byte> Name => _name.Text;

    /// <summary>Sets the short name; what exceeds 15 bytes is cut off.</summary>
    public void SetName(ReadOnlySpan<byte> name) => _name.Set(name);

    /// <summary>Kind bits.</summary>
    public TaskFlags Flags => _flags;

    /// <summary>Adds kind bits. Only the task itself, or its maker.</summary>
    public void AddFlags(TaskFlags flags) => _flags |= flags;

    /// <summary>Removes kind bits. Only the task itself, or its maker.</summary>
    public void RemoveFlags(TaskFlags flags) => _flags &= ~flags;

    /// <summary>Whether it is the idle task of a processor.</summary>
    public bool IsIdle => (_flags & TaskFlags.Idle) != 0;

    /// <summary>Whether it has no user memory.</summary>
    public bool IsKernelThread => (_flags & TaskFlags.KernelThread) != 0;

    /// <summary>What it does; read with acquire order.</summary>
    public TaskState State => (TaskState)Volatile.Read(ref _state);

    /// <summary>Says what the caller is about to do; only for itself (Linux: <c>set_current_state</c>).</summary>
    /// <remarks>Context: thread. A full barrier (<c>xchg</c>): the new state is visible before the condition is read, so that
    /// a waker who makes the condition true either is seen by that read, or sees the state and wakes.</remarks>
    public void SetState(TaskState state) => Interlocked.Exchange(ref _state, (int)state);

    /// <summary>A processor uses its stack. Set before the switch to it; cleared, with release order, after the switch away
    /// from it, by whoever runs next there. Who reads "no" with acquire order sees all that it did.</summary>
    public bool IsOnCpu => Volatile.Read(ref _onCpu) != 0;

    /// <summary>Where it runs or ran last. A snapshot unless the caller holds the lock of its run queue.</summary>
    public CpuId Cpu => new(Volatile.Read(ref _cpu));

    /// <summary>What waits for it on the way to user mode.</summary>
    public TaskWork Work => (TaskWork)Volatile.Read(ref _work);

    /// <summary>Adds work. Follow it with <see cref="Scheduler.WakeUp(Task, TaskState)"/> or <see cref="Scheduler.Kick"/>.</summary>
    /// <remarks>Context: any. A full barrier.</remarks>
    public void AddWork(TaskWork work) => Interlocked.Or(ref _work, (int)work);

    /// <summary>Removes work; only the task itself, under the lock that protects the cause.</summary>
    public void RemoveWork(TaskWork work) => Interlocked.And(ref _work, ~(int)work);

    /// <summary>Whether a signal ends a sleep in this state.</summary>
    public bool IsInterrupted(TaskState state)
    {
        TaskWork work = Work;
        if ((state & TaskState.Interruptible) != 0 && (work & TaskWork.Signal) != 0)
            return true;
        return (state & TaskState.WakeKill) != 0 && (work & TaskWork.FatalSignal) != 0;
    }

    /// <summary>Policy; a snapshot.</summary>
    public SchedulingPolicy Policy => PolicyField;

    /// <summary>Nice value, -20 to 19; a snapshot.</summary>
    public int Nice => NiceField;

    /// <summary>Real-time priority, 1 to 99, higher first; 0 for the other policies. A snapshot.</summary>
    public int RealTimePriority => RealTimePriorityField;

    /// <summary>Whether a real-time policy rules it.</summary>
    public bool IsRealTime => PolicyField is SchedulingPolicy.Fifo or SchedulingPolicy.RoundRobin;

    /// <summary>Processor time used. A snapshot; up to one tick behind for a running task.</summary>
    public Nanoseconds Runtime => new(Volatile.Read(ref RuntimeNsField));

    /// <summary>Processor time in user mode, by ticks.</summary>
    public Nanoseconds UserTime => new(UserTicks * Limits.TickNanoseconds);

    /// <summary>Processor time in the kernel, by ticks.</summary>
    public Nanoseconds SystemTime => new(SystemTicks * Limits.TickNanoseconds);

    /// <summary>How often it gave the processor up by itself.</summary>
    public ulong VoluntarySwitches => VoluntarySwitchesField;

    /// <summary>How often it lost the processor to another task.</summary>
    public ulong InvoluntarySwitches => InvoluntarySwitchesField;

    /// <summary>Copies the set of processors where it may run.</summary>
    /// <remarks>Locks: <c>WakeLock</c>.</remarks>
    public void GetAffinity(out CpuMask cpus)
    {
        using IrqSpinLock.Guard guard = WakeLock.Lock();
        cpus = AllowedCpus;
    }

    /// <summary>Takes one more reference. The caller has one, or holds the lock of a table that has.</summary>
    /// <remarks>Context: any.</remarks>
    public void Get()
    {
        int count = Interlocked.Increment(ref _references);
        Bug.On(count <= 1); // it was being freed
    }

    /// <summary>Gives one reference back; the last one frees the task.</summary>
    /// <remarks>Context: thread. Full barrier: what any holder did comes before the memory is used again.</remarks>
    public void Put()
    {
        int count = Interlocked.Decrement(ref _references);
        Bug.On(count < 0);
        if (count == 0)
            Release();
    }

    // Kernel/Process gives the body: the page table of the next task is loaded. A task without memory of its own keeps what is loaded.
    static partial void OnSwitchMemory(Task previous, Task next);

    // Kernel/Process gives the body: what it added to the task is freed with it.
    partial void OnRelease();

    internal static void SwitchMemory(Task previous, Task next) => OnSwitchMemory(previous, next);

    // ---- for the scheduler ---------------------------------------------------------------------------------------------

    internal QueueState QueueState
    {
        get => (QueueState)Volatile.Read(ref _queueState);
        set => Volatile.Write(ref _queueState, (int)value);
    }

    internal void SetCpu(CpuId cpu) => Volatile.Write(ref _cpu, cpu.Value);

    internal void SetOnCpu(bool isOnCpu) => Volatile.Write(ref _onCpu, isOnCpu ? 1 : 0);

    // Wakers write the state with release order under WakeLock; the task itself uses SetState.
    internal void SetStateByWaker(TaskState state) => Volatile.Write(ref _state, (int)state);

    /// <summary>This task's place in the list of a sleeping lock's waiters.</summary>
    internal readonly struct LockLinked : ILinked<Task>
    {
        public static ref ListLink<Task> Link(Task item) => ref item.LockLink;
    }

    /// <summary>This task's place in the list of a real-time priority.</summary>
    internal readonly struct RealTimeLinked : ILinked<Task>
    {
        public static ref ListLink<Task> Link(Task item) => ref item.RealTimeLink;
    }
}

/// <summary>How a task wants a sleeping lock.</summary>
internal enum LockRequest
{
    Exclusive,
    Shared,
}
