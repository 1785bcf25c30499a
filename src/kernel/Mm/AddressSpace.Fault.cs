// Page faults: the moment at which memory is really given.
//
//   no area             ─▶ a stack that grows, or SEGV_MAPERR
//   area forbids it     ─▶ SEGV_ACCERR
//   nothing mapped      ─▶ anonymous: a page of zeros
//                          object, shared, or private and read: the object's page
//                          object, private and written: a copy of it
//   mapped, a write to a page that is read-only in the table
//                       ─▶ shared: the object is told, then writable
//                          private: writable if it is ours alone, else a copy (copy on write)
//   mapped, and allowed ─▶ another thread was faster, or this processor remembered less: try again
using Commence.Arch;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Mm;

public sealed partial class AddressSpace
{
    // Pages of an object that are mapped around a fault, if they are in memory: 64 KiB, aligned.
    private const ulong AroundBytes = 16 * Limits.PageSizeBytes;

    /// <summary>A page fault at an address of the running address space.</summary>
    /// <param name="address">The address.</param>
    /// <param name="access">What was tried; only Write and Execute matter.</param>
    /// <remarks>IRQs: on.</remarks>
    public FaultOutcome HandleFault(UserAddr address, FaultAccess access)
    {
        if (address >= AddressLayout.UserEnd)
            return FaultOutcome.SignalSegvMapErr;
        using Mutex.Guard guard = _lock.Lock();
        _statistics.MinorFaults++;
        return FaultLocked(address, access);
    }

    private FaultOutcome FaultLocked(UserAddr address, FaultAccess access)
    {
        UserAddr page = address.AlignDown(Limits.PageSizeBytes);
        VmArea? area = _areas.FirstEndingAbove(page);
        if (area is null || (area.Start > page && !TryGrowDown(area, page)))
            return FaultOutcome.SignalSegvMapErr;
        if (!Allows(area.Protection, access))
            return FaultOutcome.SignalSegvAccErr;

        bool isWrite = (access & FaultAccess.Write) != 0;
        if (_table.TryLookup(new VirtAddr(page.Value), out PageMapping mapping))
            return isWrite ? FaultOnWrite(area, page, mapping) : Refresh(page);
        if (area.Source is null)
            return MapAnonymous(area, page);
        return MapFromSource(area, page, isWrite);
    }

    private static bool Allows(MapProtection protection, FaultAccess access)
    {
        if ((access & FaultAccess.Write) != 0)
            return (protection & MapProtection.Write) != 0;
        if ((access & FaultAccess.Execute) != 0)
            return (protection & MapProtection.Execute) != 0;
        return (protection & AccessMask) != 0;
    }

    // A stack that was touched below its area. The limit and the guard are what stops it.
    private bool TryGrowDown(VmArea area, UserAddr page)
    {
        if (!area.GrowsDown || area.End - page > StackLimitBytes || page < AddressLayout.UserStart)
            return false;
        VmArea? before = _areas.Previous(area);
        if (before is not null && (before.Protection & AccessMask) != 0 && !before.GrowsDown
            && page - before.End < VmArea.StackGuardBytes)
            return false;
        ulong more = (area.Start - page) >> Limits.PageShift;
        if (_statistics.TotalPages + more > SizeLimitBytes >> Limits.PageShift)
            return false;

        Account(area, isAdded: false);
        if (area.Source is not null)
            area.SourcePage -= more;
        _areas.Resize(area, page, area.End);
        Account(area, isAdded: true);
        return true;
    }

    // The table allows the access already: only this processor did not know.
    private FaultOutcome Refresh(UserAddr page)
    {
        using Commence.Locking.Preempt.Guard guard = Commence.Locking.Preempt.Disable();
        LocalTlb.Flush(Root, page, 1);
        return FaultOutcome.Resolved;
    }

    private FaultOutcome FaultOnWrite(VmArea area, UserAddr page, PageMapping mapping)
    {
        if ((mapping.Protection & PageProtection.Write) != 0)
            return Refresh(page);
        if (area.IsShared)
            return MakeSharedWritable(area, page);
        bool isOurs = _pages.Tag(mapping.Frame) == PageTag.Anonymous && _pages.ReferenceCount(mapping.Frame) == 1;
        if (!isOurs)
            return CopyOnWrite(area, page, mapping);

        _ = _table.TryProtect(mapping.Address, ToPageProtection(area.Protection, canWrite: true)); // found a moment ago
        return Refresh(page);
    }

    private FaultOutcome MakeSharedWritable(VmArea area, UserAddr page)
    {
        Errno error = area.Source!.GetPage(area.SourcePageAt(page), isWrite: true, out Pfn frame);
        if (error != Errno.None)
            return ToOutcome(error);

        // The object may have another page there than when it was read.
        PageProtection protection = ToPageProtection(area.Protection, canWrite: true);
        _ = _table.TryReplace(new VirtAddr(page.Value), frame.Address, protection, out PageMapping old); // found a moment ago
        Flush(page, 1);
        CountResident(old.Frame, isMapped: false);
        CountResident(frame, isMapped: true);
        _ = _pages.Put(old.Frame); // the object has it still, as a rule
        return FaultOutcome.Resolved;
    }

    private FaultOutcome CopyOnWrite(VmArea area, UserAddr page, PageMapping mapping)
    {
        if (!TryTakeAnonymous(AllocationFlags.None, out Pfn copy))
            return FaultOutcome.OutOfMemory;

        DirectMap.Span(mapping.Frame).CopyTo(DirectMap.Span(copy));
        PageProtection protection = ToPageProtection(area.Protection, canWrite: true);
        _ = _table.TryReplace(mapping.Address, copy.Address, protection, out PageMapping old); // found a moment ago
        CountResident(old.Frame, isMapped: false);
        CountResident(copy, isMapped: true);
        // Other threads must not read the old page any more once this one has written the new one.
        Flush(page, 1);
        _ = _pages.Put(old.Frame); // others have it still, as a rule
        return FaultOutcome.Resolved;
    }

    private FaultOutcome MapAnonymous(VmArea area, UserAddr page)
    {
        if (!TryTakeAnonymous(AllocationFlags.Zero, out Pfn frame))
            return FaultOutcome.OutOfMemory;
        return MapPage(area, page, frame, canWrite: area.IsWritable);
    }

    private FaultOutcome MapFromSource(VmArea area, UserAddr page, bool isWrite)
    {
        Errno error = area.Source!.GetPage(area.SourcePageAt(page), isWrite && area.IsShared, out Pfn frame);
        if (error != Errno.None)
            return ToOutcome(error);

        if (isWrite && !area.IsShared)
        {
            bool hasMemory = TryTakeAnonymous(AllocationFlags.None, out Pfn copy);
            if (hasMemory)
                DirectMap.Span(frame).CopyTo(DirectMap.Span(copy));
            _ = _pages.Put(frame); // the object has it still, as a rule
            return hasMemory ? MapPage(area, page, copy, canWrite: true) : FaultOutcome.OutOfMemory;
        }

        FaultOutcome outcome = MapPage(area, page, frame, canWrite: isWrite);
        if (outcome == FaultOutcome.Resolved && !isWrite)
            MapAround(area, page);
        return outcome;
    }

    // Maps neighbours that are in memory anyway: a program that reads one page of a file reads the next ones too.
    private void MapAround(VmArea area, UserAddr page)
    {
        UserAddr start = page.AlignDown(AroundBytes);
        UserAddr end = start + AroundBytes;
        start = start < area.Start ? area.Start : start;
        end = end > area.End ? area.End : end;
        for (UserAddr at = start; at < end; at += Limits.PageSizeBytes)
        {
            if (at == page || _table.TryLookup(new VirtAddr(at.Value), out _))
                continue;
            if (area.Source!.TryGetCachedPage(area.SourcePageAt(at), out Pfn frame)
                && MapPage(area, at, frame, canWrite: false) != FaultOutcome.Resolved)
                return;
        }
    }

    // Enters a page and its reference into the table; gives the reference up if there is no memory for a table.
    private FaultOutcome MapPage(VmArea area, UserAddr page, Pfn frame, bool canWrite)
    {
        if (!_table.TryMap(new VirtAddr(page.Value), frame.Address, 0, ToPageProtection(area.Protection, canWrite)))
        {
            _ = _pages.Put(frame); // others may hold it
            return FaultOutcome.OutOfMemory;
        }

        CountResident(frame, isMapped: true);
        return FaultOutcome.Resolved;
    }

    private bool TryTakeAnonymous(AllocationFlags flags, out Pfn page)
    {
        if (!_pages.TryAllocate(flags, out page))
            return false;
        _pages.SetTag(page, PageTag.Anonymous);
        return true;
    }

    private static FaultOutcome ToOutcome(Errno error) =>
        error == Errno.ENOMEM ? FaultOutcome.OutOfMemory : FaultOutcome.SignalBus;

    // MAP_POPULATE, MAP_LOCKED: what cannot be had now is had on demand.
    private void PopulateLocked(UserAddr start, UserAddr end)
    {
        for (UserAddr at = start; at < end; at += Limits.PageSizeBytes)
        {
            VmArea? area = _areas.Find(at);
            bool isWrite = area is { IsShared: false, IsWritable: true };
            if (FaultLocked(at, isWrite ? FaultAccess.Write : FaultAccess.Read) != FaultOutcome.Resolved)
                return;
        }
    }
}
