// Address spaces on several processors at once.
using System.Threading;
using Commence.Arch;
using Commence.Locking;
using Commence.Memory;
using Commence.Mm;

namespace Commence.Testing;

internal static class AddressSpaceTests
{
    private const ulong PageBytes = LoadedSpace.PageBytes;
    private const ulong Start = 0x40_0000;

    // Counts in user memory, atomically.
    private sealed class Counting : Work
    {
        internal const int Rounds = 500;

        internal AddressSpace Space = null!;

        internal override void Run(int index)
        {
            for (int i = 0; i < Rounds; i++)
            {
                while (!TryIncrement())
                    Cpu.Relax();
            }
        }

        private bool TryIncrement()
        {
            using Preempt.Guard guard = Preempt.Disable();
            LoadedSpace.Load(Space);
            UserAddr counter = new(Start + 64);
            return new UserPtr<uint>(counter).TryRead(out uint value)
                && UserMemory.TryCompareExchange(counter, value, value + 1, out uint old)
                && old == value;
        }
    }

    [KernelTest(Cpus = 2)]
    internal static void AllProcessorsUseTheSameMemory()
    {
        AddressSpace space = LoadedSpace.Create();
        LoadedSpace.Map(space, Start, 1);
        Counting work = new() { Space = space };
        Crew.RunOnEachCpu(work);
        uint total = 0;
        using (Preempt.Disable())
        {
            LoadedSpace.Load(space);
            Check.That(new UserPtr<uint>(Start + 64).TryRead(out total));
        }

        Check.Equal((ulong)(Counting.Rounds * Smp.Processors.OnlineCount), total);
        space.PutReference();
        Kmem.Free(work);
    }

    // Reads a page over and over. What it must find, the phase tells, if it was the same before and after:
    //   0 not mapped   1 changing   2 mapped   3 changing   4 not mapped …
    private sealed class Reading : Work
    {
        internal AddressSpace Space = null!;
        internal int Phase;
        internal int Readers;   // that have found the page in this round
        internal bool IsOver;

        internal override void Run(int index)
        {
            int found = 0;
            while (!Volatile.Read(ref IsOver))
            {
                int before = Volatile.Read(ref Phase);
                bool isRead = LoadedSpace.TryRead(Space, Start, out byte value);
                if (Volatile.Read(ref Phase) != before)
                    continue;
                if (before % 4 == 0)
                    Check.That(!isRead);
                if (before % 4 != 2)
                    continue;
                Check.That(isRead);
                Check.Equal(0xEE, value);
                if (found != before)
                    Interlocked.Increment(ref Readers);
                found = before;
            }
        }
    }

    [KernelTest(Cpus = 2)]
    internal static void UnmappingReachesEveryProcessor()
    {
        Reading work = new() { Space = LoadedSpace.Create() };
        Crew crew = Crew.StartOnEachCpu(work);
        for (int round = 0; round < 20; round++)
        {
            Volatile.Write(ref work.Phase, (round * 4) + 1);
            LoadedSpace.Map(work.Space, Start, 1);
            LoadedSpace.Write(work.Space, Start, 0xEE);
            Volatile.Write(ref work.Readers, 0);
            Volatile.Write(ref work.Phase, (round * 4) + 2);
            while (Volatile.Read(ref work.Readers) < Smp.Processors.OnlineCount)
                Sched.Scheduler.Yield();

            Volatile.Write(ref work.Phase, (round * 4) + 3);
            Check.Equal((long)Errno.None, (long)work.Space.Unmap(new UserAddr(Start), PageBytes));
            Volatile.Write(ref work.Phase, (round * 4) + 4);
            Sched.Scheduler.Sleep(new Nanoseconds(2_000_000)); // the readers look meanwhile
        }

        Volatile.Write(ref work.IsOver, true);
        crew.Join();
        work.Space.PutReference();
        Kmem.Free(work);
    }

    [KernelTest]
    internal static void AForkedSideHasItsOwnCopy()
    {
        ulong free = KernelMemory.Pages.ReadStatistics().FreePages;
        AddressSpace parent = LoadedSpace.Create();
        LoadedSpace.Map(parent, Start, 8);
        for (ulong i = 0; i < 8; i++)
            LoadedSpace.Write(parent, Start + (i * PageBytes), (byte)i);
        bool isForked = parent.TryFork(out AddressSpace child);
        Check.That(isForked);
        for (ulong i = 0; i < 8; i += 2)
            LoadedSpace.Write(parent, Start + (i * PageBytes), 100);
        for (ulong i = 0; i < 8; i += 3)
            LoadedSpace.Write(child, Start + (i * PageBytes), 200);
        for (ulong i = 0; i < 8; i++)
        {
            Check.That(LoadedSpace.TryRead(parent, Start + (i * PageBytes), out byte inParent));
            Check.That(LoadedSpace.TryRead(child, Start + (i * PageBytes), out byte inChild));
            Check.Equal(i % 2 == 0 ? 100ul : i, inParent);
            Check.Equal(i % 3 == 0 ? 200ul : i, inChild);
        }

        parent.PutReference();
        child.PutReference();
        // Slab caches may have taken pages of their own, for their first objects.
        Check.That(KernelMemory.Pages.ReadStatistics().FreePages + 64 > free);
    }

    // Each processor makes, fills, forks and drops address spaces of its own.
    private sealed class Forking : Work
    {
        internal override void Run(int index)
        {
            for (int i = 0; i < 20; i++)
            {
                AddressSpace space = LoadedSpace.Create();
                LoadedSpace.Map(space, Start, 10);
                LoadedSpace.Write(space, Start, (byte)index);
                Check.That(space.TryFork(out AddressSpace child));
                LoadedSpace.Write(space, Start, 255);
                space.PutReference();
                Check.That(LoadedSpace.TryRead(child, Start, out byte value));
                Check.Equal((byte)index, value);
                child.PutReference();
            }
        }
    }

    [KernelTest]
    internal static void AddressSpacesComeAndGoOnAllProcessors()
    {
        Forking work = new();
        Crew.RunOnEachCpu(work);
        Kmem.Free(work);
    }

    [KernelTest]
    internal static void AnAddressSpaceThatGoesIsLoadedNowhere()
    {
        AddressSpace space = LoadedSpace.Create();
        LoadedSpace.Map(space, Start, 1);
        LoadedSpace.Write(space, Start, 1);
        PhysAddr root = space.Root;
        space.PutReference();
        using (Preempt.Disable())
            Check.That(PageTableFormat.ReadRoot() != root);
    }
}
