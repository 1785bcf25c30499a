// The page allocator from all processors at once: no page has two owners, and what was given back can be had again.
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Commence.Memory;

namespace Commence.Testing;

internal static class PageAllocatorTests
{
    private const int HeldMax = 24;
    private const int OrderLimit = 5;
    private const int Rounds = 2000;

    private struct Block
    {
        internal Pfn First;
        internal int Order;
        internal ulong Mark; // 0: none
    }

    [InlineArray(HeldMax)]
    private struct Blocks
    {
        private Block _first;
    }

    // Each thread writes its own mark at both ends of every page that it holds, and finds it there when it gives the page back.
    private sealed class Churn : Work
    {
        internal override void Run(int index)
        {
            Dice dice = new(index);
            Blocks held = default;
            for (int i = 0; i < Rounds; i++)
            {
                ref Block block = ref held[dice.Roll(HeldMax)];
                if (block.Mark == 0)
                    Take(ref block, dice.Roll(OrderLimit), ((ulong)index << 32) + (ulong)i + 1);
                else
                    GiveBack(ref block);
            }

            for (int i = 0; i < HeldMax; i++)
            {
                if (held[i].Mark != 0)
                    GiveBack(ref held[i]);
            }
        }

        private static void Take(ref Block block, int order, ulong mark)
        {
            if (!KernelMemory.Pages.TryAllocate(order, AllocationFlags.None, out Pfn first))
                return; // the others have it all
            Check.Equal(0, (long)(first.Value & ((1ul << order) - 1)));
            block = new Block { First = first, Order = order, Mark = mark };
            for (int page = 0; page < 1 << order; page++)
            {
                Span<ulong> words = DirectMap.Words(new Pfn(first.Value + (ulong)page));
                words[0] = mark;
                words[^1] = ~mark;
            }
        }

        private static void GiveBack(ref Block block)
        {
            for (int page = 0; page < 1 << block.Order; page++)
            {
                Span<ulong> words = DirectMap.Words(new Pfn(block.First.Value + (ulong)page));
                Check.Equal(block.Mark, words[0]);
                Check.Equal(~block.Mark, words[^1]);
            }

            KernelMemory.Pages.Free(block.First);
            block.Mark = 0;
        }
    }

    [KernelTest(Cpus = 2)]
    internal static void PagesHaveOneOwner()
    {
        Churn work = new();
        Crew.RunOnEachCpu(work); // first: threads and slabs take pages that they keep
        ulong before = KernelMemory.Pages.ReadStatistics().FreePages;
        Crew.RunOnEachCpu(work);
        Check.Equal((long)before, (long)KernelMemory.Pages.ReadStatistics().FreePages);
        Kmem.Free(work);
    }

    [KernelTest]
    internal static void ZeroMeansAllBytes()
    {
        for (int order = 0; order <= PageAllocator.OrderMax; order += 2)
        {
            Check.That(KernelMemory.Pages.TryAllocate(order, AllocationFlags.None, out Pfn dirty));
            DirectMap.Span(dirty, order).Fill(0xEE);
            KernelMemory.Pages.Free(dirty);
            Check.That(KernelMemory.Pages.TryAllocate(order, AllocationFlags.Zero, out Pfn clean));
            Check.That(IsZero(DirectMap.Span(clean, order)));
            KernelMemory.Pages.Free(clean);
        }
    }

    // Takes all there is, in a chain through the pages themselves, and gives it back.
    [KernelTest]
    internal static void AllMemoryCanBeTakenAndGivenBack()
    {
        PageStatistics before = KernelMemory.Pages.ReadStatistics();
        Pfn chain = default;
        long taken = 0;
        while (KernelMemory.Pages.TryAllocate(4, AllocationFlags.None, out Pfn block))
        {
            DirectMap.Words(block)[0] = chain.Value;
            chain = block;
            taken++;
        }

        PageStatistics atEnd = KernelMemory.Pages.ReadStatistics();
        while (chain.Value != 0)
        {
            Pfn next = new(DirectMap.Words(chain)[0]);
            KernelMemory.Pages.Free(chain);
            chain = next;
        }

        PageStatistics after = KernelMemory.Pages.ReadStatistics();
        Check.Equal((long)before.FreePages, (long)after.FreePages);
        Check.Equal((long)before.FreePages - (taken * 16), (long)atEnd.FreePages);
        Check.That(atEnd.Failures > before.Failures);
    }

    internal static bool IsZero(Span<byte> bytes)
    {
        // SAFETY: callers' spans are of pages or of word-aligned buffers; only whole words are read.
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            if (word != 0)
                return false;
        }

        return true;
    }
}
