// Entries of 4-level paging. Source: SDM Vol 3A §4.5 "4-Level Paging and 5-Level Paging", Tables 4-15 to 4-20.
//
//   63   62      52 51                         12 11   9   8   7    6   5   4    3    2    1    0
//   NX   ignored    physical address             ignored   G  PS    D   A  PCD  PWT  U/S  R/W   P
//
// With P clear the processor looks at nothing else. A page that is kept out of reach (NoAccess) is noted in such an entry,
// with bit 9 set and all address bits inverted, so that what a processor reads ahead through it is no memory of ours
// (Intel, "L1 Terminal Fault", page table entries that are not present).
//
// PS: the entry maps a page (2 MiB in a page directory); in a table of single pages it is the PAT bit, which large pages have at 12.
// Levels here count from the bottom: 0 page table, 1 page directory, 2 page-directory-pointer table, 3 PML4.
using System.Runtime.CompilerServices;

namespace Commence.Arch.X64;

/// <summary>Page tables of x86-64.</summary>
public readonly struct X64PageTable : IPageTable
{
    private const ulong Present = 1 << 0;
    private const ulong Writable = 1 << 1;
    private const ulong UserMode = 1 << 2;
    private const ulong WriteThrough = 1 << 3;  // PWT
    private const ulong CacheDisable = 1 << 4;  // PCD: with PWT PAT entry 3, uncached; with the PAT bit too entry 7 (X64MemoryTypes.cs)
    private const ulong Accessed = 1 << 5;
    private const ulong Dirty = 1 << 6;
    private const ulong PageSize = 1 << 7;
    private const ulong SmallAttribute = 1 << 7;  // PAT bit of a single page
    private const ulong LargeAttribute = 1 << 12; // and of a large one
    private const ulong GlobalPage = 1 << 8;
    private const ulong Kept = 1 << 9;           // only with Present clear
    private const ulong NoExecute = 1ul << 63;
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;
    private const int IndexBits = 9;

    private const ulong Cr4PageGlobalEnable = 1 << 7; // SDM Vol 3A §2.5, Control Registers
    private const ulong Cr4La57 = 1 << 12;

    /// <inheritdoc/>
    public static int LevelCount => 4;

    /// <inheritdoc/>
    public static int LeafLevelMax => 1;

    /// <summary>The processor walks five levels: firmware left LA57 on, and these tables would be misread.</summary>
    public static bool IsFiveLevel => (X64Instructions.ReadCr4() & Cr4La57) != 0;

    /// <inheritdoc/>
    public static PageTableEntry EncodeTable(PhysAddr table) => new(table.Value | Present | Writable | UserMode | Accessed);

    /// <inheritdoc/>
    public static PageTableEntry EncodeLeaf(PhysAddr page, int level, PageProtection protection)
    {
        ulong raw = page.Value | Present;
        if (level != 0)
            raw |= PageSize;
        if ((protection & PageProtection.Write) != 0)
            raw |= Writable;
        if ((protection & PageProtection.Execute) == 0)
            raw |= NoExecute;
        if ((protection & PageProtection.User) != 0)
            raw |= UserMode;
        if ((protection & PageProtection.Global) != 0)
            raw |= GlobalPage;
        if ((protection & PageProtection.Uncached) != 0)
            raw |= WriteThrough | CacheDisable;
        else if ((protection & PageProtection.WriteThrough) != 0)
            raw |= WriteThrough | CacheDisable | AttributeBit(level);
        if ((protection & PageProtection.NoAccess) != 0)
            raw = (raw ^ AddressMask ^ Present) | Kept;
        return new PageTableEntry(raw);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsPresent(PageTableEntry entry) => (entry.Raw & (Present | Kept)) != 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLeaf(PageTableEntry entry, int level) => level == 0 || (entry.Raw & PageSize) != 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PhysAddr Target(PageTableEntry entry, int level)
    {
        // Bit 12 of a large page is its PAT bit; the address begins at the size of the page.
        bool isLarge = level != 0 && (entry.Raw & PageSize) != 0;
        ulong low = isLarge ? (1ul << (Limits.PageShift + (level * IndexBits))) - 1 : 0;
        ulong raw = (entry.Raw & Present) != 0 ? entry.Raw : ~entry.Raw;
        return new PhysAddr(raw & AddressMask & ~low);
    }

    /// <inheritdoc/>
    public static PageProtection Protection(PageTableEntry entry, int level)
    {
        PageProtection protection = (entry.Raw & Present) != 0 ? PageProtection.None : PageProtection.NoAccess;
        if ((entry.Raw & Writable) != 0)
            protection |= PageProtection.Write;
        if ((entry.Raw & NoExecute) == 0)
            protection |= PageProtection.Execute;
        if ((entry.Raw & UserMode) != 0)
            protection |= PageProtection.User;
        if ((entry.Raw & GlobalPage) != 0)
            protection |= PageProtection.Global;
        if ((entry.Raw & CacheDisable) != 0)
            protection |= (entry.Raw & AttributeBit(level)) != 0 ? PageProtection.WriteThrough : PageProtection.Uncached;
        return protection;
    }

    private static ulong AttributeBit(int level) => level == 0 ? SmallAttribute : LargeAttribute;

    /// <inheritdoc/>
    public static bool IsAccessed(PageTableEntry entry) => (entry.Raw & Accessed) != 0;

    /// <inheritdoc/>
    public static bool IsDirty(PageTableEntry entry) => (entry.Raw & Dirty) != 0;

    /// <inheritdoc/>
    public static PageTableEntry WithProtection(PageTableEntry entry, int level, PageProtection protection) =>
        new(EncodeLeaf(Target(entry, level), level, protection).Raw | (entry.Raw & (Accessed | Dirty)));

    /// <inheritdoc/>
    public static PageTableEntry WithAccessedDirty(PageTableEntry entry) => new(entry.Raw | Accessed | Dirty);

    /// <inheritdoc/>
    public static void FlushPage(VirtAddr address) => X64Instructions.InvalidatePage(address.Value);

    /// <inheritdoc/>
    /// <remarks>Writing CR3 keeps global translations (SDM Vol 3A §4.10.4.1, Operations that Invalidate TLBs and Paging-Structure Caches).</remarks>
    public static void FlushLocal() => X64Instructions.WriteCr3(X64Instructions.ReadCr3());

    /// <inheritdoc/>
    /// <remarks>Changing CR4.PGE forgets everything.</remarks>
    public static void FlushLocalGlobal()
    {
        ulong cr4 = X64Instructions.ReadCr4();
        if ((cr4 & Cr4PageGlobalEnable) == 0)
        {
            FlushLocal();
            return;
        }

        X64Instructions.WriteCr4(cr4 & ~Cr4PageGlobalEnable);
        X64Instructions.WriteCr4(cr4);
    }

    /// <inheritdoc/>
    public static PhysAddr ReadRoot() => new(X64Instructions.ReadCr3() & AddressMask);

    /// <inheritdoc/>
    /// <remarks>Where branch predictions of one program could steer those of another, they are forgotten.</remarks>
    public static void LoadRoot(PhysAddr root)
    {
        X64Speculation.OnSwitch();
        X64Instructions.WriteCr3(root.Value);
    }

    /// <inheritdoc/>
    public static void LoadKernelRoot(PhysAddr root)
    {
        LoadRoot(root);
        X64Instructions.WriteCr4(X64Instructions.ReadCr4() | Cr4PageGlobalEnable);
    }
}
