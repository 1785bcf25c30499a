// Pages below 1 MB on which processors start: taken before the page allocator exists, since only there is it sure that they
// are low.
using System.Runtime.CompilerServices;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Smp;

/// <summary>The pool of boot pages (one per processor being started: its stack and its boot area).</summary>
/// <remarks>Used by the boot flow, and by bring-up under its lock.</remarks>
internal static class LowPages
{
    /// <summary>More than this many processors start in waves.</summary>
    internal const int CountMax = 160; // there are 158 between the BIOS data area and the legacy hole

    private const ulong LowEnd = 0x9F000;

    [InlineArray(CountMax)]
    private struct Slots
    {
        private Pfn _first;
    }

    private static Slots s_free;
    private static int s_freeCount;
    private static Pfn s_startPage; // 0: not taken yet

    /// <summary>Pages that can be taken now.</summary>
    internal static int FreeCount => s_freeCount;

    /// <summary>Takes up to <paramref name="wanted"/> pages out of the early memory map.</summary>
    /// <remarks>Context: early boot, before the page allocator starts.</remarks>
    internal static void Reserve(int wanted)
    {
        wanted++; // the start page
        MemoryRegion low = new(new PhysAddr(Limits.PageSizeBytes), new PhysAddr(LowEnd));
        while (s_freeCount < wanted && s_freeCount < CountMax)
        {
            if (!KernelMemory.Memblock.TryAllocateBottomUp(Limits.PageSizeBytes, Limits.PageSizeBytes, low, out PhysAddr page))
                return;
            s_free[s_freeCount++] = new Pfn(page.Value >> Limits.PageShift);
        }
    }

    internal static bool TryTake(out Pfn page)
    {
        page = default;
        if (s_freeCount == 0)
            return false;
        page = s_free[--s_freeCount];
        return true;
    }

    /// <summary>The page on which all processors begin, kept for that; a page of the pool the first time.</summary>
    /// <returns>False if there is none to spare: each processor begins on its own.</returns>
    internal static bool TryGetStartPage(out Pfn page)
    {
        if (s_startPage == default && s_freeCount > 1)
            _ = TryTake(out s_startPage);
        page = s_startPage;
        return page != default;
    }

    internal static void Return(Pfn page) => s_free[s_freeCount++] = page;
}
