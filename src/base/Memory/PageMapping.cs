// A page as a page table has it.
using Commence.Arch;

namespace Commence.Memory;

/// <summary>One leaf of a page table.</summary>
public readonly struct PageMapping
{
    internal PageMapping(VirtAddr address, PageTableEntry entry, int level)
    {
        Address = address;
        Entry = entry;
        Level = level;
    }

    /// <summary>First byte of the page.</summary>
    public VirtAddr Address { get; }

    internal PageTableEntry Entry { get; }

    /// <summary>0: 4 KiB; 1: 2 MiB.</summary>
    public int Level { get; }

    /// <summary>Bytes of the page.</summary>
    public ulong SizeBytes => PageTable.SizeOf(Level);

    /// <summary>The physical page.</summary>
    public PhysAddr Target => PageTableFormat.Target(Entry, Level);

    /// <summary>The physical page's number; the first one's of a large page.</summary>
    public Pfn Frame => Target.Frame;

    /// <summary>What accesses may do.</summary>
    public PageProtection Protection => PageTableFormat.Protection(Entry, Level);

    /// <summary>Used since it was mapped.</summary>
    public bool IsAccessed => PageTableFormat.IsAccessed(Entry);

    /// <summary>Written through since it was mapped.</summary>
    public bool IsDirty => PageTableFormat.IsDirty(Entry);
}
