// A queue of work with a limit of its own (Linux: struct workqueue_struct).
//
//   Queue ──▶ the pool of this processor (or of the one named, or the one of none) ──▶ a worker ──▶ Work.Run
//
// Work of one queue on one processor begins in the order of its queueing, MaxActive at a time at most. An unbound queue with
// MaxActive 1 is *ordered*: one work after the other.
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;
using Commence.Smp;
using Commence.Time;

namespace Commence.Workqueues;

/// <summary>How a workqueue's work runs (Linux: <c>WQ_…</c>).</summary>
[System.Flags]
public enum WorkqueueFlags
{
    None = 0,

    /// <summary>Anywhere, each work as soon as there is a worker (<c>WQ_UNBOUND</c>).</summary>
    Unbound = 1 << 1,

    /// <summary>By workers of nice −20 (<c>WQ_HIGHPRI</c>).</summary>
    HighPriority = 1 << 4,

    /// <summary>It computes for long: other work of its processor need not wait for it (<c>WQ_CPU_INTENSIVE</c>).</summary>
    CpuIntensive = 1 << 5,
}

/// <summary>A workqueue.</summary>
public sealed partial class Workqueue
{
    /// <summary>Works of one queue that run at a time on one processor, if nothing else is said (<c>WQ_DFL_ACTIVE</c>).</summary>
    public const int DefaultActive = 256;

    private const int ChunkLength = 32;

    private TaskName _name;
    private WorkqueueFlags _flags;
    private Chunks _parts;         // a part for each processor; an unbound queue has the first only
    private int _drainers;         // how many drain it now: only its own work may queue more
    private Mutex _flushMutex;     // one flush at a time
    private Completion _partsFlushed;
    private int _partsLeft;        // parts of which old work is in flight, and one for the flusher itself

    /// <summary>Its name, up to 15 bytes.</summary>
    public System.ReadOnlySpan<byte> Name => _name.Text;

    /// <summary>Works that run at a time on one processor; of an unbound queue: at all.</summary>
    public int MaxActive { get; private set; }

    internal bool IsCpuIntensive => (_flags & WorkqueueFlags.CpuIntensive) != 0;

    private bool IsUnbound => (_flags & WorkqueueFlags.Unbound) != 0;

    private int PartCount => IsUnbound ? 1 : Processors.Count;

    /// <summary>Makes a workqueue (Linux: <c>alloc_workqueue</c>).</summary>
    /// <param name="name">A short name for messages.</param>
    /// <param name="flags">How its work runs.</param>
    /// <param name="maxActive">Works that run at a time; 0: <see cref="DefaultActive"/>.</param>
    /// <returns>ENOMEM.</returns>
    /// <remarks>Context: thread, boot after <see cref="SystemWorkqueues.InitEarly"/>.</remarks>
    public static Result<Workqueue> TryCreate(System.ReadOnlySpan<byte> name, WorkqueueFlags flags, int maxActive = 0)
    {
        Bug.On(maxActive < 0);
        if (!Kmem.TryNew(out Workqueue made))
            return Errno.ENOMEM;

        made._name.Set(name);
        made._flags = flags;
        made.MaxActive = maxActive == 0 ? DefaultActive : maxActive;
        for (int i = 0; i < made.PartCount; i++)
        {
            if (!made.TryAddPart(i))
            {
                made.FreeMemory();
                return Errno.ENOMEM;
            }
        }

        return made;
    }

    /// <summary>Queues a work on this processor (Linux: <c>queue_work</c>).</summary>
    /// <returns>False if it is pending already, or is being cancelled.</returns>
    /// <remarks>Context: any. What the caller did before is seen when the work runs, also if this returns false.</remarks>
    public bool Queue(Work work)
    {
        using LocalIrq.Guard irq = LocalIrq.Disable();
        return TryQueue(work, irq.IrqOff.Cpu);
    }

    /// <summary>Queues a work on a processor (Linux: <c>queue_work_on</c>); the number means nothing to an unbound queue.</summary>
    /// <inheritdoc cref="Queue"/>
    public bool QueueOn(CpuId cpu, Work work)
    {
        using LocalIrq.Guard irq = LocalIrq.Disable();
        return TryQueue(work, cpu);
    }

    /// <summary>Queues a work when a time has passed (Linux: <c>queue_delayed_work</c>).</summary>
    /// <inheritdoc cref="Queue"/>
    public bool QueueDelayed(DelayedWork work, Nanoseconds delay)
    {
        using LocalIrq.Guard irq = LocalIrq.Disable();
        return TryQueueDelayed(work, irq.IrqOff.Cpu, delay);
    }

    /// <summary>Queues a work on a processor when a time has passed (Linux: <c>queue_delayed_work_on</c>).</summary>
    /// <inheritdoc cref="Queue"/>
    public bool QueueDelayedOn(CpuId cpu, DelayedWork work, Nanoseconds delay)
    {
        using LocalIrq.Guard irq = LocalIrq.Disable();
        return TryQueueDelayed(work, cpu, delay);
    }

    /// <summary>Sets the time anew, whether the work is pending or not (Linux: <c>mod_delayed_work</c>).</summary>
    /// <returns>True if it was pending.</returns>
    /// <remarks>Context: any.</remarks>
    public bool ModifyDelayed(DelayedWork work, Nanoseconds delay)
    {
        bool wasPending = WorkFlush.TryGrab(work);
        _ = QueueDelayed(work, delay); // false: somebody else was faster, and his time counts
        return wasPending;
    }

    /// <summary>Puts a claimed work onto a list.</summary>
    /// <returns>False, and the work is no longer claimed, if the queue is being drained.</returns>
    /// <remarks>Context: any. IRQs: off.</remarks>
    internal bool Insert(Work work, CpuId cpu)
    {
        if (Volatile.Read(ref _drainers) != 0 && !IsOwnWork())
        {
            work.Unclaim();
            Printk.Error($"workqueue {Name}: work refused: it is being drained");
            return false;
        }

        PoolWorkqueue part = LockPart(work, PartOn(cpu), out IrqSpinLock.Guard guard);
        using (guard)
            part.Add(work);
        return true;
    }

    private bool TryQueue(Work work, CpuId cpu) => work.TryClaim() && Insert(work, cpu);

    private bool TryQueueDelayed(DelayedWork work, CpuId cpu, Nanoseconds delay)
    {
        if (!work.TryClaim())
            return false;
        if (delay.Value == 0)
            return Insert(work, cpu);
        work.StartTimer(this, cpu, Clock.After(delay));
        return true;
    }

    // Where it runs at this moment it must stay, or it could run twice at a time. Only if it was freed and has become work of
    // another queue is it not the same.
    private PoolWorkqueue LockPart(Work work, PoolWorkqueue wanted, out IrqSpinLock.Guard guard)
    {
        WorkerPool? last = work.LastPool;
        if (last is not null && last != wanted.Pool)
        {
            guard = last.Lock.Lock();
            if (last.FindRunning(work)?.CurrentHome is PoolWorkqueue current && current.Workqueue == this)
                return current;
            guard.Dispose();
        }

        guard = wanted.Pool.Lock.Lock();
        return wanted;
    }

    private bool IsOwnWork() =>
        PerCpuArea.InterruptDepth == 0 && Task.Current.Worker?.CurrentHome?.Workqueue == this;

    private PoolWorkqueue PartOn(CpuId cpu) => Part(IsUnbound ? 0 : cpu.Value);

    private PoolWorkqueue Part(int index) => _parts[index / ChunkLength]!.Parts[index % ChunkLength]!;

    private bool TryAddPart(int index)
    {
        if (index % ChunkLength == 0)
        {
            if (!Kmem.TryNew(out Chunk made))
                return false;
            _parts[index / ChunkLength] = made;
        }

        if (!Kmem.TryNew(out PoolWorkqueue part))
            return false;
        part.Workqueue = this;
        part.Pool = SystemWorkqueues.PoolOf(_flags, new CpuId(IsUnbound ? 0 : index));
        _parts[index / ChunkLength]!.Parts[index % ChunkLength] = part;
        return true;
    }

    // As far as it was made.
    private void FreeMemory()
    {
        for (int i = 0; i < Limits.CpuCountMax / ChunkLength; i++)
        {
            if (_parts[i] is not Chunk chunk)
                continue;
            for (int j = 0; j < ChunkLength; j++)
            {
                if (chunk.Parts[j] is PoolWorkqueue part)
                    Kmem.Free(part);
            }

            Kmem.Free(chunk);
        }

        Kmem.Free(this);
    }

    private sealed class Chunk
    {
        internal ChunkParts Parts;
    }

    [InlineArray(ChunkLength)]
    private struct ChunkParts
    {
        private PoolWorkqueue? _part0;
    }

    [InlineArray(Limits.CpuCountMax / ChunkLength)]
    private struct Chunks
    {
        private Chunk? _chunk0;
    }
}
