using System;
using Commence.Arch.Hosted;
using Commence.Lib;
using Commence.Memory;
using Xunit;

namespace Commence.Tests.Memory;

/// <summary>Allocators of a test's own, on fresh memory below 3 GiB.</summary>
internal static class TestMemory
{
    public const ulong MiB = 1 << 20;

    /// <summary>A page allocator over some regions.</summary>
    public static PageAllocator Pages(params (ulong Start, ulong Size)[] regions)
    {
        HostedMemory.Clear();
        Memblock memory = default;
        foreach ((ulong start, ulong size) in regions)
            Assert.True(memory.TryAddMemory(new PhysAddr(start), size));
        return Pages(ref memory);
    }

    public static PageAllocator Pages(ref Memblock memory)
    {
        PageAllocator pages = new();
        Assert.True(pages.TryInitialise(ref memory, new PhysAddr(HostedMemory.KernelStart)));
        return pages;
    }

    /// <summary>Takes pages until fewer than a number are left, so that the next requests fail.</summary>
    public static PageChain Exhaust(PageAllocator pages, ulong left = 0)
    {
        PageChain taken = default;
        while (pages.ReadStatistics().FreePages > left && pages.TryAllocate(AllocationFlags.Reserve, out Pfn page))
            taken.Add(pages, page);
        return taken;
    }
}
