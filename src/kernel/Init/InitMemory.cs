// The part of the kernel's image that only the boot needed: not reachable any more, and handed to the page allocator.
//
// It is what the architecture puts between InitStart and InitEnd: on x86-64, page tables of early boot that no other processor
// starts on. Code that runs once cannot be told apart in a compiled image, and the code below 2 MiB is needed for as long as
// processors may be started. The initramfs was given back when it was unpacked.
using Commence.Arch;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Init;

/// <summary>Gives memory back at the end of the boot (Linux: <c>free_initmem</c>).</summary>
internal static class InitMemory
{
    /// <summary>Unmaps the pages from the image and frees them.</summary>
    /// <remarks>Context: pid 1, once. IRQs: on: the other processors forget the mappings too.</remarks>
    internal static void Free()
    {
        ulong sizeBytes = ImageLayout.InitEnd - ImageLayout.InitStart;
        if (sizeBytes == 0)
            return;

        KernelPageTable.UnmapImage(KernelMemory.Table, ImageLayout.InitStart, sizeBytes);
        PhysAddr start = ImageLayout.LoadStart + (ImageLayout.InitStart - ImageLayout.TextStart);
        KernelMemory.Pages.AddReserved(new MemoryRegion(start, start + sizeBytes));
        Printk.Info($"Freeing unused kernel image (initmem) memory: {sizeBytes >> 10}K");
    }
}
