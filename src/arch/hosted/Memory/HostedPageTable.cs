// Page tables of the host: four levels of 512 entries, read by HostedMmu in software.
//
//   63          52 51                        12 11  10   9   8  7   6   5   4   3   2   1   0
//   0               physical address             0   D   A   L NA  UC  WT   G   U   X   W   P      L: a leaf, NA: no access
namespace Commence.Arch.Hosted;

/// <inheritdoc cref="IPageTable"/>
public readonly struct HostedPageTable : IPageTable
{
    private const ulong Present = 1 << 0;
    private const int ProtectionShift = 1; // PageProtection's bits in their own order
    private const ulong ProtectionMask = 0x7F;
    private const ulong Leaf = 1 << 8;
    private const ulong Accessed = 1 << 9;
    private const ulong Dirty = 1 << 10;
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    /// <inheritdoc/>
    public static int LevelCount => 4;

    /// <inheritdoc/>
    public static int LeafLevelMax => 1;

    /// <inheritdoc/>
    public static PageTableEntry EncodeTable(PhysAddr table) => new(table.Value | Present);

    /// <inheritdoc/>
    public static PageTableEntry EncodeLeaf(PhysAddr page, int level, PageProtection protection) =>
        new(page.Value | Present | Leaf | ((ulong)protection << ProtectionShift));

    /// <inheritdoc/>
    public static bool IsPresent(PageTableEntry entry) => (entry.Raw & Present) != 0;

    /// <inheritdoc/>
    public static bool IsLeaf(PageTableEntry entry, int level) => (entry.Raw & Leaf) != 0;

    /// <inheritdoc/>
    public static PhysAddr Target(PageTableEntry entry, int level) => new(entry.Raw & AddressMask);

    /// <inheritdoc/>
    public static PageProtection Protection(PageTableEntry entry, int level) =>
        (PageProtection)((entry.Raw >> ProtectionShift) & ProtectionMask);

    /// <inheritdoc/>
    public static bool IsAccessed(PageTableEntry entry) => (entry.Raw & Accessed) != 0;

    /// <inheritdoc/>
    public static bool IsDirty(PageTableEntry entry) => (entry.Raw & Dirty) != 0;

    /// <inheritdoc/>
    public static PageTableEntry WithAccessedDirty(PageTableEntry entry) => new(entry.Raw | Accessed | Dirty);

    /// <inheritdoc/>
    public static PageTableEntry WithProtection(PageTableEntry entry, int level, PageProtection protection) =>
        new((entry.Raw & ~(ProtectionMask << ProtectionShift)) | ((ulong)protection << ProtectionShift));

    /// <inheritdoc/>
    public static void FlushPage(VirtAddr address) => HostedThread.Processor.Mmu.FlushPage(address.Value);

    /// <inheritdoc/>
    public static void FlushLocal() => HostedThread.Processor.Mmu.Flush(andGlobal: false);

    /// <inheritdoc/>
    public static void FlushLocalGlobal() => HostedThread.Processor.Mmu.Flush(andGlobal: true);

    /// <inheritdoc/>
    public static PhysAddr ReadRoot() => HostedThread.Processor.Mmu.Root;

    /// <inheritdoc/>
    public static void LoadRoot(PhysAddr root)
    {
        HostedMmu mmu = HostedThread.Processor.Mmu;
        mmu.Root = root;
        mmu.Flush(andGlobal: false);
    }

    /// <inheritdoc/>
    public static void LoadKernelRoot(PhysAddr root)
    {
        LoadRoot(root);
        FlushLocalGlobal();
    }

    internal static PageTableEntry WithAccess(PageTableEntry entry, FaultAccess access) =>
        new(entry.Raw | Accessed | ((access & FaultAccess.Write) != 0 ? Dirty : 0));
}
