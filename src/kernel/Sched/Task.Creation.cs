// The beginning and the end of a task's memory.
//
//   TryCreate ── WakeUpNew ──▶ runs … Exit ──▶ last switch ──▶ Reaper: stack freed, scheduler's reference dropped ─┐
//       └────── Discard ──────────────────────────────────────────────────────────────────────────────────────────┴─▶ last Put
//
// Its number is free again when the last reference is gone: whoever needs the number of a dead task (a process group) keeps one.
using System;
using System.Threading;
using Commence.Lib;
using Commence.Memory;
using Commence.Time;

namespace Commence.Sched;

public sealed partial class Task
{
    private const int SchedulerAndTable = 2; // references of a new task

    /// <summary>Makes a task that has not run yet; it is in the task table under a new number.</summary>
    /// <param name="name">Short name.</param>
    /// <param name="body">What it runs first, in the kernel. It must live as long as the task runs.</param>
    /// <param name="task">The task: <see cref="TaskState.New"/>, nice 0, allowed everywhere. Start it with
    /// <see cref="Scheduler.WakeUpNew"/>, or give it up with <see cref="Discard"/>.</param>
    /// <returns>ENOMEM; EAGAIN if there is no free number.</returns>
    /// <remarks>Context: thread.</remarks>
    public static Errno TryCreate(ReadOnlySpan<byte> name, KernelThreadBody body, out Task task)
    {
        if (!TryAllocate(out task))
            return Errno.ENOMEM;

        if (KernelStack.TryAllocate(out KernelStack stack))
        {
            task.Stack = stack;
            task.Body = body;
            task.SetName(name);
            task.Context.Initialise(stack.Top);
            if (TaskTable.TryAdd(task))
                return Errno.None;
            stack.Free();
        }

        Errno error = task.Stack.IsNull ? Errno.ENOMEM : Errno.EAGAIN;
        FreeMemory(task);
        return error;
    }

    /// <summary>Makes the idle task of a processor. It has number 0 and is in no table.</summary>
    /// <param name="cpu">The processor.</param>
    /// <param name="stack">Its stack; none if the processor is on its idle task's stack already.</param>
    internal static bool TryCreateIdle(CpuId cpu, KernelStack stack, out Task task)
    {
        if (!TryAllocate(out task))
            return false;

        task.Stack = stack;
        task._flags = TaskFlags.Idle | TaskFlags.KernelThread | TaskFlags.FixedAffinity;
        task.AllowedCpus = CpuMask.Of(cpu);
        task.SetCpu(cpu);
        task._onCpu = 1;
        task.SetStateByWaker(TaskState.Running);
        Span<byte> name = stackalloc byte[TaskName.CapacityBytes];
        TextWriter text = new(name);
        text.Append("swapper/"u8);
        text.Append(cpu);
        task.SetName(text.Text);
        return true;
    }

    /// <summary>Takes over policy, nice value and affinity of the task that makes this one.</summary>
    /// <remarks>Context: thread, before the task first runs.</remarks>
    public void InheritScheduling(Task from)
    {
        Bug.On(State != TaskState.New);
        from.GetAffinity(out CpuMask cpus);
        AllowedCpus = cpus;
        PolicyField = from.PolicyField;
        NiceField = from.NiceField;
        RealTimePriorityField = from.RealTimePriorityField;
        Fair.Weight = from.Fair.Weight;
    }

    /// <summary>Frees a task that never ran.</summary>
    /// <remarks>Context: thread.</remarks>
    public void Discard()
    {
        Bug.On(State != TaskState.New);
        TaskTable.Remove(this);
        FreeStack();
        Put();
    }

    internal void FreeStack()
    {
        Stack.Free();
        Stack = default;
    }

    private static bool TryAllocate(out Task task)
    {
        if (!Kmem.TryNew(out task))
            return false;

        if (Kmem.TryNew(out TaskWaiter waiter))
        {
            task.Waiter = waiter;
            waiter.Task = task;
            if (Kmem.TryNew(out SleepTimer timer))
            {
                task.SleepTimer = timer;
                timer.Task = task;
                task.Initialise();
                return true;
            }

            Kmem.Free(waiter);
        }

        Kmem.Free(task);
        return false;
    }

    internal void Initialise()
    {
        Volatile.Write(ref _references, SchedulerAndTable);
        _state = (int)TaskState.New;
        Fair.Weight = Weights.Unit;
        AllowedCpus = CpuMask.FirstCpus(CpuMask.Capacity);
        SetCpu(PerCpuArea.Id);
        StartTime = Clock.Monotonic();
    }

    // The last reference is gone.
    private void Release()
    {
        Bug.On(!Stack.IsNull); // the scheduler still has it
        OnRelease();
        TaskTable.FreeNumber(Pid);
        FreeMemory(this);
    }

    private static void FreeMemory(Task task)
    {
        Kmem.Free(task.SleepTimer);
        Kmem.Free(task.Waiter);
        Kmem.Free(task);
    }
}
