// Where things lie in the virtual address space of an architecture.
namespace Commence.Arch;

/// <summary>The map of the virtual address space.</summary>
public interface IAddressLayout
{
    /// <summary>Lowest address that a program may map (Linux: <c>mmap_min_addr</c>).</summary>
    static abstract UserAddr UserStart { get; }

    /// <summary>End of user space, exclusive (Linux: <c>TASK_SIZE_MAX</c>).</summary>
    static abstract UserAddr UserEnd { get; }

    /// <summary>Where physical address 0 is mapped: all memory follows from here.</summary>
    static abstract VirtAddr DirectMapStart { get; }

    /// <summary>Start of the area in which kernel stacks and other mapped buffers live (Linux: <c>VMALLOC_START</c>).</summary>
    static abstract VirtAddr VmallocStart { get; }

    /// <summary>End of that area, exclusive.</summary>
    static abstract VirtAddr VmallocEnd { get; }

    /// <summary>Where the kernel image is linked.</summary>
    static abstract VirtAddr ImageStart { get; }
}
