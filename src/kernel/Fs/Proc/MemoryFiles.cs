// Memory: meminfo, buddyinfo, slabinfo, swaps.
//
// Source: Linux man-pages, proc_meminfo(5), proc_buddyinfo(5), slabinfo(5), proc_swaps(5).
using System;
using Commence.Lib;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Fs;

/// <summary><c>meminfo</c>. Kinds of memory that the kernel does not count have no line, but for those that are always 0 here.</summary>
internal sealed class MemoryInfo : ProcFile
{
    private const int NameWidth = 16;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "meminfo"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        PageStatistics pages = KernelMemory.Pages.ReadStatistics();
        ulong available = pages.FreePages - Math.Min(pages.FreePages, pages.ReservePages);
        ulong stacks = (ulong)TaskTable.Count * (KernelStack.SizeBytes >> Limits.PageShift);
        Append(ref text, "MemTotal:"u8, pages.ManagedPages);
        Append(ref text, "MemFree:"u8, pages.FreePages);
        Append(ref text, "MemAvailable:"u8, available);
        Append(ref text, "Buffers:"u8, 0);
        Append(ref text, "Cached:"u8, (ulong)PageCache.TotalCount);
        Append(ref text, "SwapCached:"u8, 0);
        Append(ref text, "SwapTotal:"u8, 0);
        Append(ref text, "SwapFree:"u8, 0);
        Append(ref text, "Dirty:"u8, 0);
        Append(ref text, "Writeback:"u8, 0);
        Append(ref text, "Slab:"u8, CountSlabs());
        Append(ref text, "SReclaimable:"u8, 0);
        Append(ref text, "SUnreclaim:"u8, CountSlabs());
        Append(ref text, "KernelStack:"u8, stacks);
        return Errno.None;
    }

    private static void Append(ref ProcText text, ReadOnlySpan<byte> name, ulong pages) =>
        ProcFormat.AppendPages(ref text.Out, name, pages, NameWidth);

    private static ulong CountSlabs()
    {
        ulong pages = 0;
        for (int i = 0; Kmem.TryReadCache(i, out KmemCacheInfo cache); i++)
            pages += cache.Slabs * cache.PagesPerSlab;
        return pages;
    }
}

/// <summary><c>buddyinfo</c>: free blocks of each size.</summary>
internal sealed class BuddyInfo : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "buddyinfo"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        Append(ref text, MemoryZone.Dma, "     DMA"u8);
        Append(ref text, MemoryZone.Dma32, "   DMA32"u8);
        Append(ref text, MemoryZone.Normal, "  Normal"u8);
        return Errno.None;
    }

    private static void Append(ref ProcText text, MemoryZone zone, ReadOnlySpan<byte> name)
    {
        ZoneStatistics statistics = KernelMemory.Pages.ReadZone(zone);
        if (statistics.ManagedPages == 0)
            return;

        text.Out.Append($"Node 0, zone {name} ");
        for (int order = 0; order <= PageAllocator.OrderMax; order++)
            text.Out.Append($"{statistics.FreeBlocks[order],6} ");
        text.Out.Append((byte)'\n');
    }
}

/// <summary><c>slabinfo</c>: the caches of kernel objects.</summary>
internal sealed class SlabInfo : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "slabinfo"u8;

    /// <inheritdoc/>
    public override uint Mode => Abi.FileMode.Regular | ReadOwner;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        text.Out.Append("slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"u8);
        text.Out.Append(" : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n"u8);
        text.EndRecord();
        for (int i = 0; Kmem.TryReadCache(i, out KmemCacheInfo cache) && !text.IsFull; i++)
            Append(ref text, i, in cache);
        return Errno.None;
    }

    // Caches of types that nobody named are all called "object"; the size, or else the place, tells them apart.
    private static void Append(ref ProcText text, int index, in KmemCacheInfo cache)
    {
        int start = text.Out.Length;
        ReadOnlySpan<byte> name = CacheName.Text(in cache.Name);
        if (name.IsEmpty || name.SequenceEqual("object"u8))
            text.Out.Append($"object-{cache.ObjectSize}-{index}");
        else
            text.Out.Append(name);
        text.Out.AppendRepeated((byte)' ', 17 - (text.Out.Length - start));
        text.Out.Append($" {cache.ActiveObjects,6} {cache.TotalObjects,6} {cache.ObjectSize,6} {cache.ObjectsPerSlab,4} {cache.PagesPerSlab,4}");
        text.Out.Append($" : tunables    0    0    0 : slabdata {cache.Slabs,6} {cache.Slabs,6}      0\n");
        text.EndRecord();
    }
}

/// <summary><c>swaps</c>: there is none.</summary>
internal sealed class SwapsFile : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "swaps"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        text.Out.Append("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"u8);
        return Errno.None;
    }
}
