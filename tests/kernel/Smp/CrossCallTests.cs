// Functions that processors run for each other, from all of them at once, and what is built on them.
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Arch;
using Commence.Arch.X64;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Smp;

namespace Commence.Testing;

internal static class CrossCallTests
{
    private const int Rounds = 100;
    private const int Remaps = 60;

    [InlineArray(Limits.CpuCountMax)]
    private struct Counts
    {
        private int _first;
    }

    private static Counts s_hits;         // by processor: calls that it ran
    private static int s_wrongPlaces;     // calls run with interrupts on
    private static VirtAddr s_page;
    private static int s_round;           // what the page says at least
    private static int s_seen;            // readers that have seen this round's contents
    private static int s_stale;

    private sealed class Hit : CrossCall
    {
        internal int Count;

        protected override void Run()
        {
            if (LocalInterrupts.AreEnabled)
                Interlocked.Increment(ref s_wrongPlaces);
            Interlocked.Increment(ref s_hits[PerCpuArea.Id.Value]);
            Interlocked.Increment(ref Count);
        }
    }

    private sealed class Calling : Work
    {
        internal int Lost;

        internal override void Run(int index)
        {
            Hit call = new();
            int others = Processors.OnlineCount - 1;
            for (int i = 1; i <= Rounds; i++)
            {
                using (Preempt.Guard guard = Preempt.Disable())
                {
                    CpuMask all = Processors.Online;
                    CrossCalls.Run(in all, call, guard.Pinned);
                }

                // All have run it when Run returns, not some time later.
                if (Volatile.Read(ref call.Count) != i * others)
                    Interlocked.Increment(ref Lost);
            }

            Kmem.Free(call);
        }
    }

    [KernelTest(Cpus = 2)]
    internal static void AllMayCallAllAtOnce()
    {
        for (int i = 0; i < Processors.Count; i++)
            s_hits[i] = 0;
        s_wrongPlaces = 0;
        Calling work = new();
        Crew.RunOnEachCpu(work);
        Check.Equal(0, work.Lost);
        Check.Equal(0, s_wrongPlaces);
        for (int i = 0; i < Processors.Count; i++)
            Check.Equal(Rounds * (Processors.OnlineCount - 1), s_hits[i]);
        Kmem.Free(work);
    }

    // Reads the page all the time, so that its translation is remembered, and says when it has seen the newest contents.
    private sealed class Reading : Work
    {
        internal override void Run(int index)
        {
            int last = 0;
            while (last < Remaps)
            {
                int atLeast = Volatile.Read(ref s_round); // published after the flush
                int seen = ReadPage();
                if (seen < atLeast)
                    Interlocked.Increment(ref s_stale);
                if (seen <= last)
                {
                    Cpu.Relax();
                    continue;
                }

                last = seen;
                Interlocked.Increment(ref s_seen);
            }
        }

        private static int ReadPage()
        {
            // SAFETY: the page stays mapped, to one frame or another, until all readers have ended.
            unsafe
            {
                return Volatile.Read(ref *(int*)s_page.Value);
            }
        }
    }

    [KernelTest(Cpus = 2)]
    internal static void ARemappedPageIsSeenByAll()
    {
        Check.That(KernelMemory.Vmalloc.TryAllocate(Limits.PageSizeBytes, out VirtualBuffer buffer));
        Check.That(KernelMemory.Pages.TryAllocate(AllocationFlags.Zero, out Pfn other));
        s_page = buffer.Address;
        s_round = 0;
        s_seen = 0;
        s_stale = 0;
        int readers = Processors.OnlineCount;
        Crew crew = Crew.StartOnEachCpu(new Reading());
        for (int round = 1; round <= Remaps; round++)
        {
            DirectMap.Words(other)[0] = (ulong)round;
            Check.That(TryReplace(buffer.Address, other, out Pfn old));
            KernelTlb.FlushRange(buffer.Address, Limits.PageSizeBytes);
            Volatile.Write(ref s_round, round);
            other = old;
            while (Volatile.Read(ref s_seen) < round * readers)
                Sched.Scheduler.Yield();
        }

        crew.Join();
        Check.Equal(0, s_stale);
        KernelMemory.Vmalloc.Free(buffer);
        KernelMemory.Pages.Free(other);
    }

    private sealed class Computing : Work
    {
        internal int Stop;
        internal int Wrong;

        internal override void Run(int index)
        {
            while (Volatile.Read(ref Stop) == 0)
            {
                if (SimdRegisters.Hold(0x0123_4567_89AB_CDEF + (ulong)index, 100) != 0)
                    Interlocked.Increment(ref Wrong);
            }
        }
    }

    // A non-maskable interrupt nobody expects is said, and disturbs nothing: no register, no GS base.
    [KernelTest(Cpus = 2)]
    internal static void UnexpectedNmisDisturbNothing()
    {
        Computing work = new();
        Crew crew = Crew.StartOnEachCpu(work);
        for (int round = 0; round < 10; round++)
        {
            for (int i = 0; i < Processors.Count; i++)
            {
                using LocalIrq.Guard irq = LocalIrq.Disable();
                X64LocalApic.SendNmi(Processors.Get(new CpuId(i)).HardwareId);
            }

            Sched.Scheduler.Sleep(new Nanoseconds(1_000_000));
        }

        Volatile.Write(ref work.Stop, 1);
        crew.Join();
        Check.Equal(0, work.Wrong);
        Kmem.Free(work);
    }

    private static bool TryReplace(VirtAddr address, Pfn page, out Pfn old)
    {
        bool isReplaced = KernelMemory.Table.TryReplace(address, page.Address, PageProtection.Write | PageProtection.Global, out PageMapping mapping);
        old = mapping.Frame;
        return isReplaced;
    }
}
