// The running kernel's memory: one instance of each allocator, named here and nowhere else.
//
//   memory map ─▶ Memblock ─TryStart─▶ Pages ─▶ slab (from here on `new` works) ─TryStartSizes─▶ buffers of any size
//                           ─TryBuildTable─▶ kernel page table, stacks, vmalloc ─LoadTable─▶ all memory in reach
using Commence.Lib;

namespace Commence.Memory;

/// <summary>The kernel's allocators.</summary>
public static partial class KernelMemory
{
    private static readonly PageAllocator s_pages = new(); // made at compile time: it holds no reference
    private static Memblock s_memblock;
    private static SlabAllocator s_slabs;
    private static PageTable? s_table;
    private static KernelStackPool? s_stacks;
    private static VirtualArea? s_vmalloc;

    /// <summary>The memory map of early boot.</summary>
    /// <remarks>Context: early boot; without effect after <see cref="TryStart"/>.</remarks>
    public static ref Memblock Memblock => ref s_memblock;

    /// <summary>The page allocator.</summary>
    public static PageAllocator Pages => s_pages;

    /// <summary>The kernel's page table: its half of every address space.</summary>
    public static PageTable Table => s_table!;

    /// <summary>Root table with the kernel's half only: what a processor without a user address space has loaded.</summary>
    public static PhysAddr KernelRoot => s_table!.Root;

    /// <summary>Kernel stacks.</summary>
    public static KernelStackPool Stacks => s_stacks!;

    /// <summary>Mapped buffers.</summary>
    public static VirtualArea Vmalloc => s_vmalloc!;

    internal static ref SlabAllocator Slabs => ref s_slabs;

    /// <summary>Starts the page allocator on what <see cref="Memblock"/> calls free, and the slab caches on it.</summary>
    /// <param name="mappedEnd">End of what the page tables of early boot map.</param>
    /// <param name="debug">Poison and red zones for all slab caches, or none.</param>
    /// <returns>False if there is too little memory to go on.</returns>
    /// <remarks>Context: early boot, once. <c>new</c> works afterwards.</remarks>
    public static bool TryStart(PhysAddr mappedEnd, KmemCacheFlags debug)
    {
        if (!s_pages.TryInitialise(ref s_memblock, mappedEnd))
            return false;

        s_slabs.Initialise(s_pages, debug);
        return true;
    }

    /// <summary>Makes the caches that <see cref="Kmalloc"/> takes short buffers from.</summary>
    /// <returns>False if there is too little memory to go on.</returns>
    /// <remarks>Context: early boot, once, after <see cref="TryStart"/>.</remarks>
    public static bool TryStartSizes() => s_slabs.TryMakeSizes();

    /// <summary>Builds the kernel's final page table, loads it on the calling processor, and lets memory be used that the
    /// tables of early boot did not reach.</summary>
    /// <param name="image">Where the kernel lies.</param>
    /// <returns>False if there is too little memory.</returns>
    /// <remarks>Context: early boot, once, after <see cref="TryStart"/>. What the caller reads of firmware tables or device
    /// registers through the direct map is mapped first: <see cref="KernelPageTable.TryMapFirmware"/>,
    /// <see cref="KernelPageTable.TryMapDevice"/>, on <see cref="Table"/>.</remarks>
    public static bool TryBuildTable(in KernelImageLayout image)
    {
        if (!KernelPageTable.TryBuild(s_pages, in s_memblock, in image, out PageTable table))
            return false;
        s_table = table;
        s_stacks = new KernelStackPool(s_pages, table, AddressLayout.VmallocStart);
        s_vmalloc = new VirtualArea(s_pages, table, s_stacks.End, AddressLayout.VmallocEnd);
        return true;
    }

    /// <summary>Loads the kernel's final page table on the calling processor.</summary>
    /// <remarks>Context: early boot, AP call-in.</remarks>
    public static void LoadTable()
    {
        PageTableFormat.LoadKernelRoot(KernelRoot);
        s_pages.ExtendMapped(s_memblock.MemoryEnd);
    }
}
