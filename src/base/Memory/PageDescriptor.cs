// What the kernel knows about each page of memory. Descriptors lie in arrays, one for each section of memory.
//
//   offset  0  i32 references     held by the owner, by page tables, by caches of file contents
//           4  u8  kind, u8 order, u8 zone, u8 tag
//           8  u32 next, u32 previous: page frame numbers of list neighbours, 0 for none (page 0 is never handed out)
//          16  three words for the owner:  slab: cache, bitmap of free objects;  page table: count of entries
//          40  u64 spare
using System.Runtime.InteropServices;

namespace Commence.Memory;

/// <summary>Who has a page.</summary>
public enum PageKind : byte
{
    /// <summary>Nobody: not memory, or reserved by firmware or boot code. All-zero descriptors say so.</summary>
    Reserved = 0,

    /// <summary>First page of a free block.</summary>
    Free,

    /// <summary>Inside a free block.</summary>
    FreeTail,

    /// <summary>First page of an allocated block.</summary>
    Allocated,

    /// <summary>Inside an allocated block.</summary>
    AllocatedTail,

    /// <summary>First page of a slab of objects.</summary>
    Slab,

    /// <summary>Inside a slab.</summary>
    SlabTail,
}

/// <summary>A note of the owner on an allocated page.</summary>
public enum PageTag : byte
{
    None = 0,

    /// <summary>Private memory of programs: belongs to no file, and to those alone that have it mapped.</summary>
    Anonymous,
}

/// <summary>A page's descriptor (Linux: <c>struct page</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PageDescriptor
{
    internal const int SizeBytes = 48;

    internal int References;
    internal PageKind Kind;
    internal byte Order;
    internal byte Zone;
    internal PageTag Tag;
    internal uint Next;
    internal uint Previous;

    // The owner's.
    internal ulong Word0;
    internal ulong Word1;
    internal ulong Word2;
    private readonly ulong _spare2;
}
