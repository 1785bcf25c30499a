// What can be mapped: a file, shared anonymous memory, a device. A page of it is found by its index.
namespace Commence.Mm;

/// <summary>A source of pages (Linux: <c>address_space_operations</c>, <c>vm_operations_struct</c>).</summary>
/// <remarks>Each area that maps an object holds a reference on it.</remarks>
public abstract class MemoryObject
{
    /// <summary>What is mapped, whatever the way to it: two objects of one file have one identity. Areas of one identity are
    /// merged, and a futex in shared memory is known by it.</summary>
    /// <remarks>Context: any.</remarks>
    public virtual object Identity => this;

    /// <summary>Takes a reference.</summary>
    /// <remarks>Context: thread; the caller holds one already.</remarks>
    public abstract void GetReference();

    /// <summary>Gives a reference up.</summary>
    /// <remarks>Context: thread. Locks: called with an address space locked: must not fault on user memory.</remarks>
    public abstract void PutReference();

    /// <summary>Finds a page, reading or making it if need be.</summary>
    /// <param name="index">Number of the page in the object.</param>
    /// <param name="isWrite">The page is about to be written through a shared mapping: make room for it, mark it dirty.</param>
    /// <param name="page">The page, with a reference that the caller gives up (PageAllocator.Put).</param>
    /// <returns><see cref="Errno.None"/>; <see cref="Errno.ENXIO"/> beyond the end (SIGBUS); <see cref="Errno.ENOMEM"/>; or
    /// another error (SIGBUS).</returns>
    /// <remarks>Context: thread. Sleeps: yes. Locks: called with the address space locked.</remarks>
    public abstract Errno GetPage(ulong index, bool isWrite, out Pfn page);

    /// <summary>Finds a page that is in memory, at once: neighbours of a fault are mapped with it.</summary>
    /// <param name="index">Number of the page in the object.</param>
    /// <param name="page">The page, with a reference that the caller gives up.</param>
    /// <returns>False if it is not in memory, or lies beyond the end.</returns>
    /// <remarks>Context: thread. Locks: called with the address space locked.</remarks>
    public virtual bool TryGetCachedPage(ulong index, out Pfn page)
    {
        page = default;
        return false;
    }

    /// <summary>Device and inode number for <c>/proc/pid/maps</c>; 0 for none.</summary>
    public virtual ulong Device => 0;

    /// <inheritdoc cref="Device"/>
    public virtual ulong Inode => 0;

    /// <summary>Writes the path for <c>/proc/pid/maps</c>.</summary>
    public virtual void FormatName(ref Lib.TextWriter text)
    {
        // Anonymous objects have no name.
    }
}
