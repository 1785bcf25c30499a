// The format of an architecture's page tables, and the instructions that make a processor use them. Pure encoding: where
// table pages come from and how a tree of them is walked is PageTable's business (base/Memory).
//
//   level 3 ─▶ level 2 ─▶ level 1 ─▶ level 0 ─▶ page       (x64; level 0 holds the entries of single pages)
//                            └─▶ a leaf of 2 MiB, if the entry says so
namespace Commence.Arch;

/// <summary>What an access to a mapped page may do. Reading is always allowed.</summary>
[System.Flags]
public enum PageProtection : uint
{
    /// <summary>Kernel, read-only, no execution, cached.</summary>
    None = 0,
    Write = 1,
    Execute = 2,

    /// <summary>User mode may use the page.</summary>
    User = 4,

    /// <summary>The translation is the same in every address space, so that changing the root keeps it.</summary>
    Global = 8,

    /// <summary>Writes go to memory at once.</summary>
    WriteThrough = 16,

    /// <summary>Device memory: no caching at all.</summary>
    Uncached = 32,

    /// <summary>The entry keeps its page, but every access faults, the kernel's too (PROT_NONE). Level 0 only.</summary>
    NoAccess = 64,
}

/// <summary>One entry of a page table in the architecture's own format. All-zero is "not present" everywhere.</summary>
public readonly struct PageTableEntry
{
    private readonly ulong _raw;

    public PageTableEntry(ulong raw) => _raw = raw;

    /// <summary>The bits as the processor reads them.</summary>
    public ulong Raw => _raw;
}

/// <summary>Encodes page-table entries and tells the local processor about changes.</summary>
public interface IPageTable
{
    /// <summary>Levels of the tree, root included.</summary>
    static abstract int LevelCount { get; }

    /// <summary>The highest level at which an entry may be a leaf on every processor that we run on (x64: 1, pages of 2 MiB).</summary>
    static abstract int LeafLevelMax { get; }

    /// <summary>An entry that points to a lower table. It restricts nothing: leaves decide.</summary>
    static abstract PageTableEntry EncodeTable(PhysAddr table);

    /// <summary>An entry that maps a page.</summary>
    /// <param name="page">First byte of the page; aligned to the page size of the level.</param>
    /// <param name="level">0: 4 KiB; 1: 2 MiB.</param>
    /// <param name="protection">What accesses may do.</param>
    static abstract PageTableEntry EncodeLeaf(PhysAddr page, int level, PageProtection protection);

    /// <summary>The entry points to a table or a page; the page may be out of reach (<see cref="PageProtection.NoAccess"/>).</summary>
    static abstract bool IsPresent(PageTableEntry entry);

    /// <summary>A present entry maps a page, and is not a pointer to a lower table.</summary>
    static abstract bool IsLeaf(PageTableEntry entry, int level);

    /// <summary>The page or table that a present entry points to.</summary>
    static abstract PhysAddr Target(PageTableEntry entry, int level);

    /// <summary>What a leaf allows.</summary>
    static abstract PageProtection Protection(PageTableEntry entry, int level);

    /// <summary>A leaf was used since the bit was last cleared.</summary>
    static abstract bool IsAccessed(PageTableEntry entry);

    /// <summary>A leaf was written through since the bit was last cleared.</summary>
    static abstract bool IsDirty(PageTableEntry entry);

    /// <summary>The same leaf with another protection; accessed and dirty stay as they are.</summary>
    static abstract PageTableEntry WithProtection(PageTableEntry entry, int level, PageProtection protection);

    /// <summary>The same leaf with accessed and dirty set, for a page that software has just used in the program's name.</summary>
    static abstract PageTableEntry WithAccessedDirty(PageTableEntry entry);

    /// <summary>Forgets what this processor remembers about one page, global or not.</summary>
    /// <remarks>Context: any; pinned. Other processors keep what they know: see TlbShootdown.</remarks>
    static abstract void FlushPage(VirtAddr address);

    /// <summary>Forgets all that this processor remembers, except global translations.</summary>
    static abstract void FlushLocal();

    /// <summary>Forgets all that this processor remembers, global translations included.</summary>
    static abstract void FlushLocalGlobal();

    /// <summary>The root table that this processor uses.</summary>
    static abstract PhysAddr ReadRoot();

    /// <summary>Makes this processor use another root; forgets all translations that are not global.</summary>
    /// <remarks>Context: any; pinned. The kernel's half must be the same in both.</remarks>
    static abstract void LoadRoot(PhysAddr root);

    /// <summary>Makes this processor use the kernel's final tables, and from now on keep global translations.</summary>
    /// <param name="root">The kernel's root, which maps the caller's code and stack where they are.</param>
    /// <remarks>Context: early boot, AP call-in; once per processor.</remarks>
    static abstract void LoadKernelRoot(PhysAddr root);
}
