// Stacks of kernel threads: 16 KiB, mapped, with an unmapped page below, so that an overflow faults at once instead of
// writing into somebody else's memory.
namespace Commence.Memory;

/// <summary>A kernel stack (Linux: <c>THREAD_SIZE</c>, <c>CONFIG_VMAP_STACK</c>). All-zero is none.</summary>
public readonly struct KernelStack
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

    /// <summary>Takes a stack. Its contents are undefined.</summary>
    /// <returns>False if there is no memory (<see cref="Errno.ENOMEM"/>).</returns>
    /// <remarks>Context: thread. IRQs: on.</remarks>
    public static bool TryAllocate(out KernelStack stack) => KernelMemory.Stacks.TryAllocate(out stack);

    /// <summary>Gives it back. Nobody may run on it any more, nor come back to it.</summary>
    /// <remarks>Context: any. Fails: panics if it is free already.</remarks>
    public void Free() => KernelMemory.Stacks.Free(this);
}
