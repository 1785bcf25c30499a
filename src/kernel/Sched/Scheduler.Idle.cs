// Start of the scheduler on each processor, its idle loop, and its tick.
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using Commence.Arch;
using Commence.Locking;
using Commence.Memory;
using Commence.Smp;
using Commence.Time;

namespace Commence.Sched;

public static partial class Scheduler
{
    private static Preemptor? s_preemptor;
    private static LoadAverage s_load;
    private static ulong s_nextLoadNs;     // only the boot processor's tick

    /// <summary>The load averages.</summary>
    public static ref readonly LoadAverage Load => ref s_load;

    /// <summary>Starts the scheduler: the boot flow becomes the idle task of the boot processor, and is not preempted until it
    /// reaches <see cref="IdleLoop"/>. From here on there is a <see cref="Task.Current"/>, and tasks can be made.</summary>
    /// <param name="boot">The boot processor's object.</param>
    /// <param name="stackTop">End of the boot stack.</param>
    /// <remarks>Context: early boot, after slab and clock. IRQs: off.</remarks>
    public static void Init(Processor boot, VirtAddr stackTop)
    {
        s_preemptor = new Preemptor();
        bool isMade = Task.TryCreateIdle(boot.Id, default, out Task idle);
        Bug.On(!isMade);
        AddQueues(boot, idle);
        Begin(boot, stackTop);
    }

    /// <summary>Makes the run queue, the timers and the idle task with its stack of a processor that is to be started.</summary>
    /// <returns>False if there is no memory: the processor must not be started.</returns>
    /// <remarks>Context: boot, thread.</remarks>
    public static bool TryAddProcessor(Processor processor)
    {
        if (!KernelStack.TryAllocate(out KernelStack stack))
            return false;

        if (!Task.TryCreateIdle(processor.Id, stack, out Task idle))
        {
            stack.Free();
            return false;
        }

        AddQueues(processor, idle);
        return true;
    }

    /// <summary>The calling processor takes part from now on: it stands on its idle task's stack and goes on to <see cref="IdleLoop"/>.</summary>
    /// <remarks>Context: AP call-in. IRQs: off.</remarks>
    public static void InitSecondary(Processor processor)
    {
        IdleTick.BeginStopped(processor);
        Begin(processor, processor.IdleTask.Stack.Top);
    }

    /// <summary>Whether a processor halts, or is about to. A hint: it may be over at once.</summary>
    /// <remarks>Context: any. Locks: none.</remarks>
    public static bool IsIdle(CpuId cpu) => s_idle.Contains(cpu);

    /// <summary>What the idle task does for ever: runs others, and halts when there are none.</summary>
    /// <remarks>Context: idle task. IRQs: any. Never returns.</remarks>
    [DoesNotReturn]
    public static void IdleLoop()
    {
        Bug.On(!Task.Current.IsIdle);
        Bug.On(PerCpuArea.PreemptDepth != 1);
        PreemptHook.Instance = s_preemptor; // the first processor that comes here opens the shop

        CpuId cpu = PerCpuArea.Id;
        Processor here = Processors.Get(cpu);
        while (true)
        {
            // From the look at the wish to the halt interrupts are off, and the halt turns them on: an interrupt that sets the
            // wish ends the halt, whether it comes before or after.
            LocalInterrupts.Disable();
            if (!PerCpuArea.IsRescheduleWanted)
            {
                IdleTick.MindTimers(here);
                if (!s_idle.Contains(cpu))
                    s_idle.AddAtomic(cpu);
                Cpu.Idle();
                continue;
            }

            IdleTick.Resume(here);
            LocalInterrupts.Enable();
            if (s_idle.Contains(cpu))
                s_idle.RemoveAtomic(cpu);
            Switch(SwitchReason.GaveUp);
        }
    }

    /// <summary>The timer's tick on this processor (TrapSink.OnTimer).</summary>
    /// <param name="mode">What it interrupted.</param>
    /// <remarks>Context: hard IRQ. IRQs: off.</remarks>
    public static void Tick(InterruptedMode mode)
    {
        Processor here = Processor.Current;
        RunQueue queue = here.RunQueue;
        ulong now = NowNs();
        here.TickCount++;
        Clock.Accumulate();
        if (!IdleTick.TryCountIdle(here, now))
            here.Times.Account(queue.Current, mode);
        using (queue.Lock.Lock())
        {
            queue.Update(now);
            if (queue.Tick())
                RequestReschedule(queue); // our own: no interrupt to send
        }

        here.Timers.Run(now);
        BalanceInTick(queue, here.TickCount);
        if (here.Id.Value == 0)
            UpdateLoad(now);
        else
            IdleTick.StopIfIdle(here, now);
    }

    /// <summary>Has the calling processor choose again, soon.</summary>
    /// <remarks>Context: hard IRQ. IRQs: off.</remarks>
    internal static void RequestChoice(RunQueue here)
    {
        using IrqSpinLock.Guard guard = here.Lock.Lock();
        RequestReschedule(here); // our own: no interrupt to send
    }

    private static void AddQueues(Processor processor, Task idle) =>
        processor.SetScheduling(new RunQueue(processor.Id, idle), new TimerQueue());

    private static void Begin(Processor processor, VirtAddr stackTop)
    {
        Task idle = processor.IdleTask;
        PerCpuArea.Processor = processor;
        ThreadContext.Adopt(ref idle.Context, stackTop, idle);
        if (PerCpuArea.PreemptDepth == 0)
            PerCpuArea.DisablePreemption();
        s_active.AddAtomic(processor.Id); // last: from here on others queue tasks here
    }

    private static void UpdateLoad(ulong nowNs)
    {
        if (nowNs < s_nextLoadNs)
            return;

        s_nextLoadNs = nowNs + LoadAverage.PeriodNs;
        SchedulerStatistics now = SchedulerStatistics.Read();
        s_load.Update((ulong)(now.RunnableCount + now.UninterruptibleCount));
    }
}
