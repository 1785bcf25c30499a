// The kernel's final mappings.
//
//   user half      empty; low pages one to one while other processors are started (TryMapIdentity)
//   direct map     all memory RW NX, in 2 MiB pages where it can be; the kernel's text and constants read-only;
//                  device registers and firmware tables as they are asked for
//   vmalloc area   kernel stacks and mapped buffers, between guard pages
//   image          text RX, constants R, data RW NX
//
// What is above user space has its top-level entries from the start, so that the roots of all address spaces, which copy
// them, see later mappings too.
using Commence.Arch;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Memory;

/// <summary>Where the kernel's image lies: the linker's symbols. All page aligned, but for <see cref="End"/>.</summary>
public readonly struct KernelImageLayout
{
    /// <summary>First byte of the text.</summary>
    public required VirtAddr Start { get; init; }

    /// <summary>End of the text, start of the constants.</summary>
    public required VirtAddr TextEnd { get; init; }

    /// <summary>End of the constants, start of the data.</summary>
    public required VirtAddr ConstantsEnd { get; init; }

    /// <summary>End of the data, zeroed data included.</summary>
    public required VirtAddr End { get; init; }

    /// <summary>Physical address of <see cref="Start"/>.</summary>
    public required PhysAddr Physical { get; init; }
}

/// <summary>Builds and extends the kernel's page table.</summary>
public static class KernelPageTable
{
    private const PageProtection DataProtection = PageProtection.Write | PageProtection.Global;
    private const ulong LargePageBytes = 2 << 20;

    // Device registers above memory need top-level entries too; a processor's 64-bit device window begins below 1 TiB.
    private static PhysAddr DirectMapEndMin => new(1ul << 40);

    /// <summary>Builds the final table.</summary>
    /// <param name="pages">Where its tables come from.</param>
    /// <param name="memory">All memory.</param>
    /// <param name="image">The kernel.</param>
    /// <param name="table">The table, not loaded yet.</param>
    /// <returns>False if there is too little memory.</returns>
    /// <remarks>Context: early boot.</remarks>
    public static bool TryBuild(PageAllocator pages, in Memblock memory, in KernelImageLayout image, out PageTable table) =>
        PageTable.TryCreate(pages, null, out table)
        && TryPrepareTopLevel(table, in memory)
        && TryMapMemory(table, in memory, in image)
        && TryMapImage(table, in image);

    /// <summary>Maps device registers in the direct map, uncached.</summary>
    /// <param name="table">The kernel's table.</param>
    /// <param name="registers">Rounded out to pages. Pages that are mapped already stay as they are.</param>
    /// <returns>False if there is no memory, or the region lies too high.</returns>
    /// <remarks>Context: thread.</remarks>
    public static bool TryMapDevice(PageTable table, MemoryRegion registers) =>
        TryMapMissing(table, registers, PageProtection.Write | PageProtection.Uncached | PageProtection.Global);

    /// <summary>Maps firmware tables in the direct map, read-only.</summary>
    /// <inheritdoc cref="TryMapDevice"/>
    public static bool TryMapFirmware(PageTable table, MemoryRegion tables) =>
        TryMapMissing(table, tables, PageProtection.Global);

    /// <summary>Maps pages at their physical address, writable and executable, in the kernel's own root only: what a processor
    /// runs on while it turns paging on.</summary>
    /// <returns>False if there is no memory.</returns>
    /// <remarks>Context: thread. Undo it with <see cref="UnmapIdentity"/>.</remarks>
    public static bool TryMapIdentity(PageTable table, MemoryRegion low)
    {
        MemoryRegion pages = RoundOut(low);
        for (PhysAddr page = pages.Start; page < pages.End; page += Limits.PageSizeBytes)
        {
            VirtAddr address = new(page.Value);
            using SpinLock.Guard guard = table.KernelLock.Lock();
            if (!table.TryLookup(address, out _)
                && !table.TryMap(address, page, 0, PageProtection.Write | PageProtection.Execute))
                return false;
        }

        return true;
    }

    /// <summary>Takes back what <see cref="TryMapIdentity"/> mapped.</summary>
    /// <remarks>Context: thread. No processor runs there any more. IRQs: on.</remarks>
    public static void UnmapIdentity(PageTable table, MemoryRegion low)
    {
        MemoryRegion pages = RoundOut(low);
        for (PhysAddr page = pages.Start; page < pages.End; page += Limits.PageSizeBytes)
        {
            using SpinLock.Guard guard = table.KernelLock.Lock();
            _ = table.TryUnmap(new VirtAddr(page.Value), out _); // false: it was not mapped, which is as good
        }

        KernelTlb.FlushRange(new VirtAddr(pages.Start.Value), pages.SizeBytes);
    }

    /// <summary>Makes pages of the kernel's image inaccessible at their address in it; the direct map still has them.</summary>
    /// <remarks>Context: thread. Nobody uses them there any more. IRQs: on. Fails: panics if one is not mapped.</remarks>
    public static void UnmapImage(PageTable table, VirtAddr start, ulong sizeBytes)
    {
        for (ulong offset = 0; offset < sizeBytes; offset += Limits.PageSizeBytes)
        {
            using SpinLock.Guard guard = table.KernelLock.Lock();
            bool wasMapped = table.TryUnmap(start + offset, out _);
            Bug.On(!wasMapped);
        }

        KernelTlb.FlushRange(start, sizeBytes);
    }

    private static bool TryPrepareTopLevel(PageTable table, in Memblock memory)
    {
        PhysAddr end = memory.MemoryEnd > DirectMapEndMin ? memory.MemoryEnd : DirectMapEndMin;
        ulong step = PageTable.SizeOf(PageTableFormat.LevelCount - 1);
        for (ulong offset = 0; offset < end.Value; offset += step)
        {
            if (!table.TryPrepareTop(AddressLayout.DirectMapStart + offset))
                return false;
        }

        return table.TryPrepareTop(AddressLayout.VmallocStart) && table.TryPrepareTop(AddressLayout.ImageStart);
    }

    private static bool TryMapMemory(PageTable table, in Memblock memory, in KernelImageLayout image)
    {
        // The text must not be writable under its other address either. Nothing is executable here.
        MemoryRegion readOnly = new(image.Physical, image.Physical + (image.ConstantsEnd - image.Start));
        for (int i = 0; i < memory.MemoryCount; i++)
        {
            MemoryRegion pages = RoundOut(memory.Memory(i));
            PhysAddr page = pages.Start;
            while (page < pages.End)
            {
                bool isLarge = page.IsAligned(LargePageBytes) && pages.End - page >= LargePageBytes
                    && readOnly.Intersect(new MemoryRegion(page, page + LargePageBytes)).SizeBytes == 0;
                bool isReadOnly = page >= readOnly.Start && page < readOnly.End;
                PageProtection protection = isReadOnly ? PageProtection.Global : DataProtection;
                // Regions that share a page were both rounded out to it.
                if (!table.TryLookup(DirectMap.ToVirtual(page), out _)
                    && !table.TryMap(DirectMap.ToVirtual(page), page, isLarge ? 1 : 0, protection))
                    return false;
                page += isLarge ? LargePageBytes : Limits.PageSizeBytes;
            }
        }

        return true;
    }

    private static bool TryMapImage(PageTable table, in KernelImageLayout image)
    {
        for (VirtAddr address = image.Start; address < image.End; address += Limits.PageSizeBytes)
        {
            PageProtection protection = address < image.TextEnd ? PageProtection.Execute | PageProtection.Global
                : address < image.ConstantsEnd ? PageProtection.Global
                : DataProtection;
            if (!table.TryMap(address, image.Physical + (address - image.Start), 0, protection))
                return false;
        }

        return true;
    }

    private static bool TryMapMissing(PageTable table, MemoryRegion region, PageProtection protection)
    {
        MemoryRegion pages = RoundOut(region);
        for (PhysAddr page = pages.Start; page < pages.End; page += Limits.PageSizeBytes)
        {
            VirtAddr address = DirectMap.ToVirtual(page);
            using SpinLock.Guard guard = table.KernelLock.Lock();
            if (!table.HasTop(address))
                return false; // address spaces that exist already would not see it
            if (!table.TryLookup(address, out _) && !table.TryMap(address, page, 0, protection))
                return false;
        }

        return true;
    }

    private static MemoryRegion RoundOut(MemoryRegion region) =>
        new(region.Start.AlignDown(Limits.PageSizeBytes), region.End.AlignUp(Limits.PageSizeBytes));
}
