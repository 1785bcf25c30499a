// Plain memory by size: up to 8 KiB from caches of fixed sizes, more as whole pages.
using System.Numerics;

namespace Commence.Memory;

/// <summary>Buffers (Linux: <c>kzalloc</c>, <c>kfree</c>).</summary>
public static unsafe class Kmalloc
{
    /// <summary>The longest buffer: one block of the page allocator, 4 MiB.</summary>
    public const int LengthMax = Limits.PageSizeBytes << PageAllocator.OrderMax;

    /// <summary>Takes a buffer of zero bytes, contiguous in physical memory.</summary>
    /// <param name="sizeBytes">0 to <see cref="LengthMax"/>; more fails. A buffer of 0 bytes is <c>default</c>.</param>
    /// <param name="buffer">The buffer; its owner frees it. A power of two of bytes up to 4 KiB is aligned to its size,
    /// unless slab debugging is on; from 4 KiB on to a page.</param>
    /// <returns>False if there is no memory (<see cref="Errno.ENOMEM"/>).</returns>
    /// <remarks>Context: any.</remarks>
    public static bool TryAllocate(int sizeBytes, out KBuffer buffer)
    {
        buffer = default;
        if (sizeBytes == 0)
            return true;
        if ((uint)sizeBytes > LengthMax)
            return false;

        byte* address = sizeBytes <= SlabAllocator.SizedMax
            ? KernelMemory.Slabs.AllocateSized(sizeBytes)
            : AllocatePages(OrderOf(sizeBytes));
        if (address == null)
            return false;
        buffer = new KBuffer(address, sizeBytes);
        return true;
    }

    internal static void Release(byte* address, int sizeBytes)
    {
        if (sizeBytes <= SlabAllocator.SizedMax)
            KernelMemory.Slabs.Free(address);
        else
            KernelMemory.Pages.Free(DirectMap.ToPhysical(address).Frame);
    }

    private static byte* AllocatePages(int order) =>
        KernelMemory.Pages.TryAllocate(order, AllocationFlags.Zero, out Pfn first) ? DirectMap.Pointer(first.Address) : null;

    // The smallest order whose block holds that many bytes.
    private static int OrderOf(int sizeBytes) => BitOperations.Log2((uint)(sizeBytes - 1) >> Limits.PageShift) + 1;
}
