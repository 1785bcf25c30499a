// Do the processors' counters agree? One against many, all at the same time.
//
//   boot processor                             each other processor, on its way online
//   for each slot, over and over:              for a short while:
//     sees the slot's sample                     sees the boot processor's sample
//     reads its own counter ─ less: it is ahead  reads its own counter ─ less: it is behind
//     publishes its own                          publishes its own in its slot
//
// A sample that was written before a counter was read, and is greater than it, proves that the two disagree by at least the
// difference. Each looks while the other writes every few hundred nanoseconds, so a greater disagreement than that is seen.
// A processor waits for nobody here: it looks twenty times and goes on. Where virtual processors outnumber real ones, that is
// the difference between microseconds and seconds. But there the boot processor may not have looked meanwhile, and what was
// compared is old: who has not seen two new samples is called once more when all are online, one after the other, and then the
// boot processor looks at it alone.
//
// Orderings: samples are read (acquire) before the counter, whose read waits for all loads before it.
// The slots: TscSlot.cs.
using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Time;

namespace Commence.Smp;

/// <summary>The comparison at bring-up (Linux: <c>check_tsc_sync_source</c>, <c>check_tsc_sync_target</c>).</summary>
internal static class TscCheck
{
    private const int Turns = 20; // some 2 µs of a real processor

    // For a meeting: the boot processor is looking, or will be once its own real processor runs it again.
    private const int MeetingTurnsMax = 2_000;

    private static ulong s_bootSample; // written by the processor that brings up the others
    private static Meeting? s_meeting; // under the lock of bring-up

    private sealed class Meeting : CrossCall
    {
        internal CpuMask Other;

        protected internal override void Run()
        {
            Processor self = Processor.Current;
            for (int turn = 0; turn < Turns || (turn < MeetingTurnsMax && !self.Tsc.HasMet); turn++)
                self.Tsc.Look(ref s_bootSample, default(Counter));
        }

        internal override void WhileWaiting() => LookAt(in Other);
    }

    private readonly struct Counter : ITscCounter
    {
        public ulong Read() => Cpu.ReadCyclesOrdered();
    }

    /// <summary>The part of a processor that comes up.</summary>
    /// <remarks>Context: AP call-in. IRQs: off.</remarks>
    internal static void RunOnSecondary(Processor self)
    {
        if (TimeParameters.IsCycleCounterReliable)
            return;
        for (int turn = 0; turn < Turns; turn++)
            self.Tsc.Look(ref s_bootSample, default(Counter));
    }

    /// <summary>One turn of the processor that brings them up: a look at each slot.</summary>
    /// <remarks>Context: thread.</remarks>
    internal static void LookAt(in CpuMask processors)
    {
        foreach (CpuId cpu in processors)
            Processors.Get(cpu).Tsc.LookFromBoot(ref s_bootSample, default(Counter));
    }

    /// <summary>Compares those once more that were alone when they looked.</summary>
    /// <remarks>Context: thread, after all are online. IRQs: on.</remarks>
    internal static void Meet(in CpuMask processors)
    {
        if (TimeParameters.IsCycleCounterReliable)
            return;
        foreach (CpuId cpu in processors)
        {
            if (!Processors.Get(cpu).Tsc.HasMet)
                Meet(cpu);
        }
    }

    private static void Meet(CpuId cpu)
    {
        Meeting? meeting = s_meeting;
        if (meeting is null)
        {
            if (!Kmem.TryNew(out Meeting made))
                return; // what has been compared stands
            meeting = s_meeting = made;
        }

        meeting.Other = CpuMask.Of(cpu);
        using Preempt.Guard guard = Preempt.Disable();
        CrossCalls.Run(in meeting.Other, meeting, guard.Pinned);
    }

    /// <summary>Says what was found, and takes the counter out of the clock if it cannot be relied on.</summary>
    /// <remarks>Context: thread, after all are online.</remarks>
    internal static void Conclude(in CpuMask processors)
    {
        ulong worst = 0;
        foreach (CpuId cpu in processors)
        {
            TscOffset.Report(Processors.Get(cpu));
            ulong warp = Processors.Get(cpu).Tsc.WarpMax;
            if (warp == 0)
                continue;
            Printk.Warning($"TSC synchronization check of CPU{cpu}: {warp} cycles apart from the boot processor's");
            worst = System.Math.Max(worst, warp);
        }

        if (worst != 0)
            ClockSources.MarkCycleCounterUnstable("check_tsc_sync_source failed"u8);
    }
}
