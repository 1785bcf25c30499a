// The running kernel's memory: one instance of each allocator, named here and nowhere else.
//
//   memory map ─▶ Memblock ─TryStart─▶ Pages ─▶ slab caches (from here on `new` works) ─▶ kernel page table ─▶ stacks
using Commence.Lib;

namespace Commence.Memory;

/// <summary>The kernel's allocators.</summary>
public static partial class KernelMemory
{
    private static readonly PageAllocator s_pages = new(); // made at compile time: it holds no reference
    private static Memblock s_memblock;
    private static SlabAllocator s_slabs;

    /// <summary>The memory map of early boot.</summary>
    /// <remarks>Context: early boot; without effect after <see cref="TryStart"/>.</remarks>
    public static ref Memblock Memblock => ref s_memblock;

    /// <summary>The page allocator.</summary>
    public static PageAllocator Pages => s_pages;

    /// <summary>Root table with the kernel's half only: what a processor without a user address space has loaded.</summary>
    public static PhysAddr KernelRoot { get; private set; }

    internal static ref SlabAllocator Slabs => ref s_slabs;

    /// <summary>Starts the page allocator on what <see cref="Memblock"/> calls free, and the slab caches on it.</summary>
    /// <param name="mappedEnd">End of what the page tables of early boot map.</param>
    /// <param name="debug">Poison and red zones for all slab caches, or none.</param>
    /// <returns>False if there is too little memory to go on.</returns>
    /// <remarks>Context: early boot, once. <c>new</c> works afterwards.</remarks>
    public static bool TryStart(PhysAddr mappedEnd, KmemCacheFlags debug) =>
        s_pages.TryInitialise(ref s_memblock, mappedEnd) && s_slabs.TryInitialise(s_pages, debug);
}
