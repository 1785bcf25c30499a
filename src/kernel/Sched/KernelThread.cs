// Threads of the kernel's own.
//
//   KernelThread thread = KernelThread.Run(new Flusher(), "flush"u8);      … later: thread.Stop();
//
// A handle has two owners, the thread itself and its maker; the maker's share ends with Stop, Join or Detach. All kernel threads
// are children of kthreadd (pid 2), which also buries them.
using System;
using System.Threading;
using Commence.Memory;

namespace Commence.Sched;

/// <summary>A kernel thread, as its maker holds it (Linux: <c>kthread</c>).</summary>
public sealed class KernelThread
{
    private Completion _exited;
    private int _exitCode;      // written before _exited is completed
    private int _stopWanted;    // 1 after Stop
    private int _owners;

    /// <summary>The task. Valid until the maker gives the handle up.</summary>
    public Task Task { get; private set; } = null!;

    /// <summary>Whether the calling kernel thread was asked to end; a long-running body looks now and then.</summary>
    /// <remarks>Context: kernel thread. A sleeper is woken when it is asked, and looks at this in its wait condition.</remarks>
    public static bool ShouldStop => Volatile.Read(ref Task.Current.Thread!._stopWanted) != 0;

    /// <summary>Makes a kernel thread that does not run yet; <see cref="Start"/> makes it.</summary>
    /// <param name="body">What it does; it must live until the thread has ended.</param>
    /// <param name="name">Short name.</param>
    /// <returns>ENOMEM; EAGAIN if there is no free number.</returns>
    /// <remarks>Context: thread, boot.</remarks>
    public static Result<KernelThread> TryCreate(KernelThreadBody body, ReadOnlySpan<byte> name)
    {
        if (!Kmem.TryNew(out KernelThread thread))
            return Errno.ENOMEM;

        Errno error = Task.TryCreate(name, body, out Task task);
        if (error != Errno.None)
        {
            Kmem.Free(thread);
            return error;
        }

        task.AddFlags(TaskFlags.KernelThread);
        task.Get();
        task.Thread = thread;
        thread.Task = task;
        thread._owners = 2;
        return thread;
    }

    /// <summary>As <see cref="TryCreate"/>, for threads without which the kernel cannot go on.</summary>
    /// <remarks>Context: thread, boot. Fails: stops the machine if there is no memory.</remarks>
    public static KernelThread Create(KernelThreadBody body, ReadOnlySpan<byte> name)
    {
        Result<KernelThread> result = TryCreate(body, name);
        Bug.On(!result.IsOk);
        return result.Value;
    }

    /// <summary>Makes a kernel thread and starts it (Linux: <c>kthread_run</c>).</summary>
    /// <inheritdoc cref="Create"/>
    public static KernelThread Run(KernelThreadBody body, ReadOnlySpan<byte> name)
    {
        KernelThread thread = Create(body, name);
        thread.Start();
        return thread;
    }

    /// <summary>Makes a thread that runs on one processor only (Linux: <c>kthread_create_on_cpu</c>).</summary>
    /// <inheritdoc cref="Create"/>
    public static KernelThread CreateOn(CpuId cpu, KernelThreadBody body, ReadOnlySpan<byte> name)
    {
        KernelThread thread = Create(body, name);
        thread.Task.AddFlags(TaskFlags.FixedAffinity);
        Scheduler.SetInitialAffinity(thread.Task, Lib.CpuMask.Of(cpu));
        return thread;
    }

    /// <summary>Makes and starts a thread that runs on one processor only.</summary>
    /// <inheritdoc cref="Create"/>
    public static KernelThread RunOn(CpuId cpu, KernelThreadBody body, ReadOnlySpan<byte> name)
    {
        KernelThread thread = CreateOn(cpu, body, name);
        thread.Start();
        return thread;
    }

    /// <summary>Makes it run, once.</summary>
    /// <remarks>Context: any.</remarks>
    public void Start() => Scheduler.WakeUpNew(Task);

    /// <summary>Makes it run when it is woken for the first time (<see cref="Scheduler.WakeUp"/>), as if it had gone to sleep already.</summary>
    /// <remarks>Context: any.</remarks>
    public void StartAsleep() => Scheduler.SleepNew(Task);

    /// <summary>Asks it to end, waits until it has, and gives the handle up.</summary>
    /// <returns>What its body returned.</returns>
    /// <remarks>Context: thread. Sleeps: as long as the body takes to look at <see cref="ShouldStop"/>.</remarks>
    public int Stop()
    {
        Interlocked.Exchange(ref _stopWanted, 1);             // full barrier: visible before the state is read
        _ = Scheduler.WakeUp(Task, TaskState.Normal);         // false: it runs, and looks by itself
        return Join();
    }

    /// <summary>Waits until it has ended, and gives the handle up.</summary>
    /// <returns>What its body returned.</returns>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public int Join()
    {
        _exited.Wait();
        int code = _exitCode;
        Detach();
        return code;
    }

    /// <summary>Gives the handle up: the thread runs on for itself.</summary>
    /// <remarks>Context: thread.</remarks>
    public void Detach() => DropOwner();

    internal void OnExit(int code)
    {
        _exitCode = code;
        _exited.CompleteAll();
        DropOwner();
    }

    private void DropOwner()
    {
        int left = Interlocked.Decrement(ref _owners);
        Bug.On(left < 0); // given up twice
        if (left != 0)
            return;

        Task.Put();
        Kmem.Free(this);
    }
}
