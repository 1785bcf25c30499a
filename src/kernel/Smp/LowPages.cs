// Pages below 1 MB on which processors start: taken before the page allocator exists, since only there is it sure that they
// are low.
using System;
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
    private static Pfn s_startPage; // set by Reserve

    /// <summary>The page on which all processors begin; 0 if there was none to spare: each begins on its own then.</summary>
    internal static Pfn StartPage => s_startPage;

    /// <summary>Pages that can be taken now.</summary>
    internal static int FreeCount => s_freeCount;

    /// <summary>Takes pages out of the early memory map: one for each processor, as far as there are so many, and the start page.</summary>
    /// <param name="others">Processors that may be started.</param>
    /// <remarks>Context: early boot, before the page allocator starts.</remarks>
    internal static void Reserve(int others)
    {
        int wanted = others == 0 ? 0 : Math.Min(others + 1, CountMax);
        MemoryRegion low = new(new PhysAddr(Limits.PageSizeBytes), new PhysAddr(LowEnd));
        while (s_freeCount < wanted
            && KernelMemory.Memblock.TryAllocateBottomUp(Limits.PageSizeBytes, Limits.PageSizeBytes, low, out PhysAddr page))
            s_free[s_freeCount++] = new Pfn(page.Value >> Limits.PageShift);

        // With a single page each processor begins on that, one after the other.
        if (s_freeCount > 1)
            s_startPage = s_free[--s_freeCount];
    }

    internal static bool TryTake(out Pfn page)
    {
        page = default;
        if (s_freeCount == 0)
            return false;
        page = s_free[--s_freeCount];
        return true;
    }

    internal static void Return(Pfn page) => s_free[s_freeCount++] = page;
}
