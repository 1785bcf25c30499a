// Stacks of kernel threads: 16 KiB, mapped, with an unmapped page below, so that an overflow faults at once instead of
// writing into somebody else's memory.
namespace Commence.Memory;

/// <summary>A kernel stack (Linux: <c>THREAD_SIZE</c>, <c>CONFIG_VMAP_STACK</c>). All-zero is none.</summary>
public readonly partial struct KernelStack
{
    /// <summary>Usable bytes.</summary>
    public const int SizeBytes = 16 * 1024;

    internal KernelStack(VirtAddr bottom) => Bottom = bottom;

    /// <summary>Lowest usable byte; the page below is not mapped.</summary>
    public VirtAddr Bottom { get; }

    /// <summary>End, exclusive; a multiple of 16.</summary>
    public VirtAddr Top => Bottom + SizeBytes;

    /// <summary>There is no stack.</summary>
    public bool IsNull => Bottom.IsNull;

    /// <summary>Whether an address lies in it.</summary>
    public bool Contains(VirtAddr address) => address >= Bottom && address < Top;

    // Implemented by each build (KernelStack.Kernel.cs; on a host, where the operating system gives threads their stacks, by a number):
    //   public static bool TryAllocate(out KernelStack stack);
    //   public void Free();
}
