// The memory management unit of one processor, in software. It remembers every translation that it made until it is told
// to forget it, and longer than real ones do: a forgotten flush shows.
using System.Collections.Generic;

namespace Commence.Arch.Hosted;

/// <summary>Translates addresses by the page tables.</summary>
internal sealed unsafe class HostedMmu
{
    private const int IndexBits = 9;
    private const int OffsetBits = Limits.PageShift;

    private readonly Dictionary<ulong, Translation> _remembered = []; // by page number

    /// <summary>The root table; 0 is none.</summary>
    internal PhysAddr Root { get; set; }

    /// <summary>Translates a user access.</summary>
    /// <param name="address">Any address.</param>
    /// <param name="access">Read or Write.</param>
    /// <param name="host">Where the byte lies.</param>
    /// <param name="fault">Otherwise: what a page fault would report.</param>
    /// <returns>False for a page fault.</returns>
    internal bool TryTranslate(ulong address, FaultAccess access, out byte* host, out FaultAccess fault)
    {
        ulong page = address >> OffsetBits;
        fault = access;
        host = null;
        if (_remembered.TryGetValue(page, out Translation known) && Allows(known.Protection, access))
        {
            host = At(known.Page, address);
            return true;
        }

        // A processor looks at the tables again before it faults for the sake of what it remembers.
        _remembered.Remove(page);
        if (!TryWalk(address, access, out Translation translation, out bool isPresent))
        {
            fault |= isPresent ? FaultAccess.Protection : 0;
            return false;
        }

        _remembered[page] = translation;
        host = At(translation.Page, address);
        return true;
    }

    internal void FlushPage(ulong address) => _remembered.Remove(address >> OffsetBits);

    internal void Flush(bool andGlobal)
    {
        foreach ((ulong page, Translation translation) in _remembered)
        {
            if (andGlobal || (translation.Protection & PageProtection.Global) == 0)
                _remembered.Remove(page);
        }
    }

    private bool TryWalk(ulong address, FaultAccess access, out Translation translation, out bool isPresent)
    {
        translation = default;
        isPresent = false;
        PhysAddr table = Root;
        if (table.IsNull)
            return false;

        for (int level = HostedPageTable.LevelCount - 1; level >= 0; level--)
        {
            int shift = OffsetBits + (level * IndexBits);
            int index = (int)((address >> shift) & ((1 << IndexBits) - 1));
            ref ulong slot = ref *(ulong*)At(table, (ulong)index * sizeof(ulong));
            PageTableEntry entry = new(Volatile.Read(ref slot));
            if (!HostedPageTable.IsPresent(entry))
                return false;

            table = HostedPageTable.Target(entry, level);
            if (!HostedPageTable.IsLeaf(entry, level))
                continue;

            PageProtection protection = HostedPageTable.Protection(entry, level);
            isPresent = (protection & PageProtection.NoAccess) == 0;
            if (!Allows(protection, access))
                return false;

            // Whoever changes the entry meanwhile wins, and the access happens by the entry as it was.
            ulong used = HostedPageTable.WithAccess(entry, access).Raw;
            Interlocked.CompareExchange(ref slot, used, entry.Raw);
            ulong inside = address & ((1ul << shift) - 1) & ~(ulong)(Limits.PageSizeBytes - 1);
            // An entry that was only read through must be looked at again before the first write, to be marked dirty.
            if ((access & FaultAccess.Write) == 0 && !HostedPageTable.IsDirty(entry))
                protection &= ~PageProtection.Write;
            translation = new Translation(table + inside, protection);
            return true;
        }

        return false;
    }

    private static bool Allows(PageProtection protection, FaultAccess access) =>
        (protection & (PageProtection.User | PageProtection.NoAccess)) == PageProtection.User
        && ((access & FaultAccess.Execute) == 0 || (protection & PageProtection.Execute) != 0)
        && ((access & FaultAccess.Write) == 0 || (protection & PageProtection.Write) != 0);

    // SAFETY: a page number in the tables is the kernel's claim that it is memory; this checks that it is the host's.
    private static byte* At(PhysAddr page, ulong address)
    {
        ulong physical = page.Value + (address & (Limits.PageSizeBytes - 1));
        if (physical >= (ulong)HostedMemory.SizeBytes)
            throw new InvalidOperationException($"page tables point to 0x{physical:x}, where there is no memory");
        return HostedMemory.Start + physical;
    }

    private readonly struct Translation(PhysAddr page, PageProtection protection)
    {
        public PhysAddr Page { get; } = page;

        public PageProtection Protection { get; } = protection;
    }
}
