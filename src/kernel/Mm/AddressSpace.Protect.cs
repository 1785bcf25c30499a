// Changing what a program may do with its memory. Source of rules and errors: Linux man-pages, mprotect(2).
using Commence.Arch;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Mm;

public sealed partial class AddressSpace
{
    private const MapProtection SemaphoreBit = (MapProtection)8; // PROT_SEM: accepted and ignored

    /// <summary>mprotect.</summary>
    /// <returns>ENOMEM if part of the range is not mapped (what lies before is changed); EACCES if the object does not allow it.</returns>
    public Errno Protect(UserAddr address, ulong lengthBytes, MapProtection protection)
    {
        MapProtection grows = protection & (MapProtection.GrowsDown | MapProtection.GrowsUp);
        if (grows == (MapProtection.GrowsDown | MapProtection.GrowsUp))
            return Errno.EINVAL;
        if ((protection & ~(AccessMask | SemaphoreBit | grows)) != 0 || !address.IsAligned(Limits.PageSizeBytes))
            return Errno.EINVAL;
        if (lengthBytes == 0)
            return Errno.None;
        if (!TryGetRange(address, lengthBytes, out UserAddr end))
            return Errno.ENOMEM;

        using Mutex.Guard guard = _lock.Lock();
        if (grows != 0)
        {
            VmArea? area = _areas.Find(address);
            if (area is null)
                return Errno.ENOMEM;
            if (grows == MapProtection.GrowsUp || !area.GrowsDown)
                return Errno.EINVAL;
            address = area.Start;
        }

        return ProtectLocked(address, end, protection & AccessMask);
    }

    private Errno ProtectLocked(UserAddr start, UserAddr end, MapProtection protection)
    {
        UserAddr at = start;
        while (at < end)
        {
            VmArea? area = _areas.Find(at);
            if (area is null)
                return Errno.ENOMEM;
            UserAddr partEnd = area.End < end ? area.End : end;
            Errno error = ProtectArea(area, at, partEnd, protection);
            if (error != Errno.None)
                return error;
            at = partEnd;
        }

        return Errno.None;
    }

    private Errno ProtectArea(VmArea area, UserAddr start, UserAddr end, MapProtection protection)
    {
        if (area.Protection == protection)
            return Errno.None;
        if ((protection & ~area.Allowed) != 0)
            return Errno.EACCES;
        bool becomesData = !area.IsData && !area.IsShared && !area.GrowsDown && (protection & MapProtection.Write) != 0;
        if (becomesData && CheckDataLimit(end - start) != Errno.None)
            return Errno.ENOMEM;
        if (area.Start < start && area.End > end && _areas.Count >= AreaCountMax)
            return Errno.ENOMEM;
        if (!TrySplit(start) || !TrySplit(end))
            return Errno.ENOMEM;

        area = _areas.Find(start)!;
        bool isLess = (area.Protection & ~protection) != 0;
        Account(area, isAdded: false);
        area.Protection = protection;
        Account(area, isAdded: true);
        ProtectPages(area, isLess);
        _ = MergeAround(area); // it is reachable by its addresses
        return Errno.None;
    }

    private Errno CheckDataLimit(ulong length) =>
        _statistics.DataPages + (length >> Limits.PageShift) > DataLimitBytes >> Limits.PageShift ? Errno.ENOMEM : Errno.None;

    // Brings the pages of an area in line with it.
    private void ProtectPages(VmArea area, bool isLess)
    {
        UserAddr low = area.End;
        UserAddr high = area.Start;
        VirtAddr at = new(area.Start.Value);
        while (_table.TryFindMapped(at, new VirtAddr(area.End.Value), out PageMapping mapping))
        {
            bool canWrite = area.IsWritable && CanWriteAtOnce(area, mapping);
            _ = _table.TryProtect(mapping.Address, ToPageProtection(area.Protection, canWrite)); // found a moment ago
            UserAddr page = new(mapping.Address.Value);
            low = page < low ? page : low;
            high = page + Limits.PageSizeBytes;
            at = mapping.Address + Limits.PageSizeBytes;
        }

        // More rights need no flush: a processor that remembers less faults and finds them.
        if (isLess && low < high)
            Flush(low, (high - low) >> Limits.PageShift);
    }

    // A private page only while nobody shares it; a page of an object only if it is known to be written already.
    private bool CanWriteAtOnce(VmArea area, PageMapping mapping) =>
        area.IsShared
            ? mapping.IsDirty
            : _pages.Tag(mapping.Frame) == PageTag.Anonymous && _pages.ReferenceCount(mapping.Frame) == 1;

    // Reading cannot be refused to what may be written or executed (SDM Vol 3A §4.6, Access Rights).
    private static PageProtection ToPageProtection(MapProtection protection, bool canWrite)
    {
        if ((protection & AccessMask) == 0)
            return PageProtection.User | PageProtection.NoAccess;

        PageProtection result = PageProtection.User;
        if (canWrite)
            result |= PageProtection.Write;
        if ((protection & MapProtection.Execute) != 0)
            result |= PageProtection.Execute;
        return result;
    }
}
