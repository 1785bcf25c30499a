using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Arch.Hosted;
using Commence.Lib;
using Commence.Memory;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Memory;

public class PageAllocatorTests
{
    private const ulong MiB = TestMemory.MiB;

    [Fact]
    public void AMachineOf16MiBHasNearlyAllOfIt()
    {
        PageAllocator pages = TestMemory.Pages((0, 640 << 10), (MiB, 15 * MiB));
        PageStatistics statistics = pages.ReadStatistics();
        Assert.InRange(statistics.ManagedPages, 3900ul, 4000ul);
        Assert.Equal(statistics.ManagedPages, statistics.FreePages);
        Assert.True(pages.TryAllocate(AllocationFlags.Dma, out Pfn page));
        Assert.NotEqual(0ul, page.Value);
        pages.Free(page);
        Assert.Equal(statistics.FreePages, pages.ReadStatistics().FreePages);
    }

    [Fact]
    public void SectionsSleepUntilTheyAreNeeded()
    {
        PageAllocator pages = TestMemory.Pages((MiB, (2048 - 1) * MiB));
        ulong all = pages.ReadStatistics().FreePages;
        Assert.Equal(all, pages.ReadZone(MemoryZone.Dma).FreePages + pages.ReadZone(MemoryZone.Dma32).FreePages);
        Assert.True(pages.TryAllocate(PageAllocator.OrderMax, AllocationFlags.None, out Pfn block));
        Assert.True(pages.ReadZone(MemoryZone.Dma32).DormantPages > all * 9 / 10);
        pages.Free(block);

        // All of it can be had, and nothing is counted twice or lost.
        PageChain taken = TestMemory.Exhaust(pages);
        Assert.Equal(0ul, pages.ReadStatistics().FreePages);
        taken.FreeAll(pages);
        Assert.Equal(all, pages.ReadStatistics().FreePages);
        Assert.Equal(all, pages.ReadStatistics().ManagedPages);
    }

    [Fact]
    public void WhatIsNotMappedYetIsNotUsed()
    {
        Memblock memory = default;
        HostedMemory.Clear();
        Assert.True(memory.TryAddMemory(new PhysAddr(MiB), 255 * MiB));
        PageAllocator pages = new();
        Assert.True(pages.TryInitialise(ref memory, new PhysAddr(64 * MiB)));
        PageChain taken = TestMemory.Exhaust(pages);
        Assert.True(pages.ReadStatistics().FreePages > 180 * 256);
        Assert.False(pages.TryAllocate(AllocationFlags.Reserve, out _));
        pages.ExtendMapped(new PhysAddr(256 * MiB));
        Assert.True(pages.TryAllocate(AllocationFlags.None, out Pfn page));
        Assert.True(page.Address.Value >= 64 * MiB);
        pages.Free(page);
        taken.FreeAll(pages);
    }

    [Fact]
    public void ZonesKeepTheirLimits()
    {
        PageAllocator pages = TestMemory.Pages((MiB, 127 * MiB));
        for (int i = 0; i < 100; i++)
        {
            Assert.True(pages.TryAllocate(3, AllocationFlags.Dma, out Pfn low));
            Assert.True((low + 8) <= PageAllocator.DmaEnd);
            Assert.True(pages.TryAllocate(3, AllocationFlags.None, out Pfn any));
            Assert.True(any >= PageAllocator.DmaEnd); // the low ones are spared
        }
    }

    [Fact]
    public void TheReserveIsForTheKernel()
    {
        PageAllocator pages = TestMemory.Pages((MiB, 15 * MiB));
        int ordinary = 0;
        while (pages.TryAllocate(AllocationFlags.None, out _))
            ordinary++;
        ulong left = pages.ReadStatistics().FreePages;
        Assert.Equal(pages.ReadStatistics().ReservePages, left);
        Assert.Equal(1ul, pages.ReadStatistics().Failures);
        for (ulong i = 0; i < left; i++)
            Assert.True(pages.TryAllocate(AllocationFlags.Reserve, out _));
        Assert.False(pages.TryAllocate(AllocationFlags.Reserve, out _));
        Assert.True(ordinary > 3000);
    }

    [Fact]
    public void PagesAreZeroedOnRequest()
    {
        PageAllocator pages = TestMemory.Pages((MiB, 15 * MiB));
        for (int i = 0; i < 50; i++)
        {
            Assert.True(pages.TryAllocate(2, AllocationFlags.Zero, out Pfn block));
            Assert.False(DirectMap.Span(block, 2).ContainsAnyExcept((byte)0));
            DirectMap.Span(block, 2).Fill(0xEE);
            pages.Free(block);
        }
    }

    [Fact]
    public void ReferencesKeepABlock()
    {
        PageAllocator pages = TestMemory.Pages((MiB, 15 * MiB));
        ulong free = pages.ReadStatistics().FreePages;
        Assert.True(pages.TryAllocate(1, AllocationFlags.None, out Pfn block));
        pages.Get(block);
        Assert.Equal(2, pages.ReferenceCount(block));
        Assert.Throws<KernelPanicException>(() => pages.Free(block));
        Assert.False(pages.Put(block));
        Assert.True(pages.Put(block));
        Assert.Equal(free, pages.ReadStatistics().FreePages);
        Assert.Throws<KernelPanicException>(() => pages.Get(block));
        Assert.Throws<KernelPanicException>(() => pages.Put(block));
    }

    [Fact]
    public void BadFreesAreFound()
    {
        PageAllocator pages = TestMemory.Pages((MiB, 15 * MiB));
        Assert.True(pages.TryAllocate(2, AllocationFlags.None, out Pfn block));
        Assert.Throws<KernelPanicException>(() => pages.Free(block + 1));
        pages.Free(block);
        Assert.Throws<KernelPanicException>(() => pages.Free(block));
        Assert.Throws<KernelPanicException>(() => pages.Free(new Pfn(10)));
        Assert.Throws<KernelPanicException>(() => pages.Free(new Pfn(1 << 20)));
        Assert.Throws<KernelPanicException>(() => pages.Free(new Pfn(1ul << 40)));
    }

    [Fact]
    public void ReservedMemoryCanBeHandedOverLater()
    {
        Memblock memory = default;
        HostedMemory.Clear();
        Assert.True(memory.TryAddMemory(new PhysAddr(MiB), 127 * MiB));
        // A whole section, so that it has no room for its own descriptors.
        Assert.True(memory.TryReserve(new PhysAddr(64 * MiB), 32 * MiB));
        PageAllocator pages = TestMemory.Pages(ref memory);
        ulong before = pages.ReadStatistics().FreePages;
        pages.AddReserved(new MemoryRegion(new PhysAddr((64 * MiB) + 100), new PhysAddr(96 * MiB)));
        ulong gained = pages.ReadStatistics().FreePages - before;
        Assert.InRange(gained, 8191ul - 200, 8191ul);
        PageChain taken = TestMemory.Exhaust(pages);
        taken.FreeAll(pages);
        Assert.Equal(before + gained, pages.ReadStatistics().FreePages);
        Assert.Throws<KernelPanicException>(() => pages.AddReserved(new MemoryRegion(new PhysAddr(70 * MiB), new PhysAddr(71 * MiB))));
    }

    [Fact]
    public void ProcessorsDoNotGetTheSamePage()
    {
        PageAllocator pages = TestMemory.Pages((MiB, 63 * MiB));
        ulong free = pages.ReadStatistics().FreePages;
        using HostedMachine machine = new(4);
        machine.Run(cpu =>
        {
            Random random = new(cpu.Value);
            List<(Pfn Block, int Order)> held = [];
            for (int i = 0; i < 3000; i++)
            {
                if (held.Count > 0 && random.Next(2) == 0)
                {
                    int at = random.Next(held.Count);
                    (Pfn block, int order) = held[at];
                    held.RemoveAt(at);
                    Assert.False(DirectMap.Span(block, order).ContainsAnyExcept((byte)cpu.Value)); // nobody else wrote there
                    pages.Free(block);
                }
                else if (pages.TryAllocate(i % 3, AllocationFlags.None, out Pfn block))
                {
                    DirectMap.Span(block, i % 3).Fill((byte)cpu.Value);
                    held.Add((block, i % 3));
                }
            }

            foreach ((Pfn block, _) in held)
                pages.Free(block);
        });
        Assert.Equal(free, pages.ReadStatistics().FreePages);
    }

    private sealed record Step(bool IsFree, int Order, int Which);

    private static Gen<Step> Steps { get; } =
        from isFree in Gen.Frequency((5, Gen.Constant(false)), (4, Gen.Constant(true)))
        from order in Gen.Choose(0, PageAllocator.OrderMax)
        from which in Gen.Choose(0, 1000)
        select new Step(isFree, Math.Min(order, which % (PageAllocator.OrderMax + 1)), which);

    // Memory with holes: some small regions at odd places.
    private static Gen<(ulong, ulong)[]> Memories { get; } =
        from count in Gen.Choose(1, 6)
        from starts in Gen.ArrayOf(Gen.Choose(1, 16000), count)
        from sizes in Gen.ArrayOf(Gen.Choose(300, 3000), count)
        select starts.Zip(sizes, (s, z) => ((ulong)s << 12, (ulong)z << 12)).ToArray();

    [Fact]
    public void BlocksNeverOverlapAndAllComesBack() =>
        Prop.ForAll(Memories.Zip(Steps.ListOf(80)).ToArbitrary(), input => Follows(input.Item1, input.Item2.ToList())).Holds(150);

    private static bool Follows((ulong Start, ulong Size)[] regions, List<Step> steps)
    {
        Memblock memory = default;
        foreach ((ulong start, ulong size) in regions)
            Assert.True(memory.TryAddMemory(new PhysAddr(start), size));
        Memblock whole = memory;
        PageAllocator pages = TestMemory.Pages(ref memory);
        ulong free = pages.ReadStatistics().FreePages;
        List<(Pfn Block, int Order)> held = [];
        HashSet<ulong> used = [];
        foreach (Step step in steps)
        {
            if (step.IsFree && held.Count > 0)
            {
                (Pfn block, int order) = held[step.Which % held.Count];
                held.RemoveAt(step.Which % held.Count);
                pages.Free(block);
                for (ulong i = 0; i < 1ul << order; i++)
                    Assert.True(used.Remove(block.Value + i));
            }
            else if (!step.IsFree && pages.TryAllocate(step.Order, AllocationFlags.None, out Pfn block))
            {
                Assert.Equal(0ul, block.Value & ((1ul << step.Order) - 1));
                for (ulong i = 0; i < 1ul << step.Order; i++)
                {
                    Assert.True(used.Add(block.Value + i));
                    Assert.True(IsMemory(in whole, block + i));
                }

                held.Add((block, step.Order));
            }

            Assert.Equal(free - (ulong)used.Count, pages.ReadStatistics().FreePages);
        }

        foreach ((Pfn block, _) in held)
            pages.Free(block);
        Assert.Equal(free, pages.ReadStatistics().FreePages);
        return true;
    }

    private static bool IsMemory(in Memblock memory, Pfn page)
    {
        for (int i = 0; i < memory.MemoryCount; i++)
        {
            if (memory.Memory(i).Start <= page.Address && page.Address + 4096 <= memory.Memory(i).End)
                return true;
        }

        return false;
    }
}
