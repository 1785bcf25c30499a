// How many workers a pool has.
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;
using Commence.Time;

namespace Commence.Workqueues;

internal sealed partial class WorkerPool
{
    internal ListLink<WorkerPool> ManagerLink; // these two under the manager's lock
    internal ListLink<WorkerPool> CullLink;

    /// <summary>Whether it must get another worker. Racy: a request that comes too late comes again.</summary>
    internal bool NeedsIdleWorker
    {
        get
        {
            using IrqSpinLock.Guard guard = Lock.Lock();
            return _idle.IsEmpty;
        }
    }

    // Two idle workers, and one for each four that work, are no luxury (Linux: too_many_workers).
    private bool HasTooManyIdle => _idle.Count > 2 && (_idle.Count - 2) * 4 >= _all.Count - _idle.Count;

    /// <summary>Makes a worker. It is idle: its processor is woken for it when there is work, now or later.</summary>
    /// <returns>ENOMEM; EAGAIN if there is no free task number.</returns>
    /// <remarks>Context: thread; only pid 1 before the manager's first, then only the manager: two at a time would take one number.</remarks>
    internal Errno TryAddWorker()
    {
        if (!Kmem.TryNew(out Worker worker))
            return Errno.ENOMEM;

        worker.Pool = this;
        Worker? before;
        using (Lock.Lock())
            worker.Number = FirstFreeNumber(out before);

        System.Span<byte> name = stackalloc byte[TaskName.CapacityBytes];
        Result<KernelThread> thread = KernelThread.TryCreate(worker, FormatName(name, worker.Number));
        if (!thread.IsOk)
        {
            Kmem.Free(worker);
            return thread.Error;
        }

        worker.Task = thread.Value.Task;
        worker.Task.AddFlags(TaskFlags.FixedAffinity);
        if (!IsUnbound)
            Scheduler.SetInitialAffinity(worker.Task, CpuMask.Of(Cpu));
        if (Nice != 0)
            Scheduler.SetNice(worker.Task, Nice);
        thread.Value.StartAsleep();
        thread.Value.Detach();
        using IrqSpinLock.Guard guard = Lock.Lock();
        if (before is null)
            _all.AddFirst(worker);
        else
            _all.AddAfter(before, worker);
        AddIdle(worker);
        Kick();
        return Errno.None;
    }

    /// <summary>Ends the workers that have been idle for too long, as long as there are too many.</summary>
    /// <returns>True if there are still too many.</returns>
    internal bool Cull(Nanoseconds idleMax)
    {
        ulong now = Clock.Monotonic().Value;
        using IrqSpinLock.Guard guard = Lock.Lock();
        while (HasTooManyIdle)
        {
            Worker oldest = _idle.Last!;
            if (now - oldest.IdleSince.Value < idleMax.Value)
                return true;

            _idle.Remove(oldest);
            _all.Remove(oldest);
            oldest.IsIdle = false;
            oldest.MustEnd = true;
            _ = Scheduler.WakeUp(oldest.Task, TaskState.Normal); // false: it is awake, and sees it
        }

        return false;
    }

    // Numbers of workers that have ended are used again.
    private int FirstFreeNumber(out Worker? before)
    {
        before = null;
        int number = 0;
        foreach (Worker worker in _all)
        {
            if (worker.Number != number)
                break;
            number++;
            before = worker;
        }

        return number;
    }

    // kworker/1:0, kworker/1:0H, kworker/u8:0
    private System.ReadOnlySpan<byte> FormatName(System.Span<byte> buffer, int number)
    {
        TextWriter text = new(buffer);
        text.Append("kworker/"u8);
        if (IsUnbound)
            text.Append((byte)'u');
        text.Append(IsUnbound ? Number : Cpu.Value);
        text.Append((byte)':');
        text.Append(number);
        if (Nice < 0 && !IsUnbound)
            text.Append((byte)'H');
        return text.Text;
    }

    internal readonly struct ManagerLinked : ILinked<WorkerPool>
    {
        public static ref ListLink<WorkerPool> Link(WorkerPool item) => ref item.ManagerLink;
    }

    internal readonly struct CullLinked : ILinked<WorkerPool>
    {
        public static ref ListLink<WorkerPool> Link(WorkerPool item) => ref item.CullLink;
    }
}
