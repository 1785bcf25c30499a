// Taking mappings away. Source of rules and errors: Linux man-pages, munmap(2), madvise(2).
using Commence.Arch;
using Commence.Lib;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Mm;

public sealed partial class AddressSpace
{
    internal PageAllocator Pages => _pages;

    /// <summary>munmap. What is not mapped in the range is passed over.</summary>
    public Errno Unmap(UserAddr address, ulong lengthBytes)
    {
        if (!TryGetRange(address, lengthBytes, out UserAddr end) || end == address)
            return Errno.EINVAL;
        using Mutex.Guard guard = _lock.Lock();
        return UnmapLocked(address, end);
    }

    /// <summary>madvise.</summary>
    /// <returns>ENOMEM if part of the range is not mapped; the rest is done.</returns>
    public Errno Advise(UserAddr address, ulong lengthBytes, MemoryAdvice advice)
    {
        if (!IsKnown(advice) || !TryGetRange(address, lengthBytes, out UserAddr end))
            return Errno.EINVAL;
        if (end == address)
            return Errno.None;
        using Mutex.Guard guard = _lock.Lock();
        return AdviseLocked(address, end, advice);
    }

    internal void FlushFor(UserAddr start, ulong pageCount) => Flush(start, pageCount);

    private static bool IsKnown(MemoryAdvice advice) =>
        advice is (>= MemoryAdvice.Normal and <= MemoryAdvice.DontNeed) or (>= MemoryAdvice.Free and <= MemoryAdvice.PopulateWrite)
        && advice != MemoryAdvice.Remove; // punching holes into files is the file system's business

    // The end of a page-aligned range in user space, its length rounded up.
    private static bool TryGetRange(UserAddr address, ulong lengthBytes, out UserAddr end)
    {
        ulong length = PageAlign(lengthBytes);
        end = address + length;
        return address.IsAligned(Limits.PageSizeBytes) && length >= lengthBytes
            && length <= AddressLayout.UserEnd.Value && address <= AddressLayout.UserEnd - length;
    }

    private Errno UnmapLocked(UserAddr start, UserAddr end)
    {
        VmArea? area = _areas.FirstEndingAbove(start);
        if (area is null || area.Start >= end)
            return Errno.None;

        // A hole in the middle of an area makes one area more.
        if (area.Start < start && area.End > end && _areas.Count >= AreaCountMax)
            return Errno.ENOMEM;
        if (!TrySplit(start) || !TrySplit(end))
            return Errno.ENOMEM;

        PageGather gather = new(this);
        area = _areas.FirstEndingAbove(start);
        while (area is not null && area.Start < end)
        {
            VmArea? next = _areas.Next(area);
            ZapPages(area.Start, area.End, ref gather);
            RemoveArea(area);
            area = next;
        }

        gather.AddTables(_table, start, end);
        gather.Finish();
        return Errno.None;
    }

    // Makes an address the border of two areas, if it lies inside one.
    private bool TrySplit(UserAddr at)
    {
        VmArea? area = _areas.Find(at);
        if (area is null || area.Start == at)
            return true;
        if (!Kmem.TryNew(out VmArea upper))
            return false;

        CopyProperties(area, upper);
        upper.Start = at;
        upper.End = area.End;
        upper.SourcePage = area.Source is null ? 0 : area.SourcePageAt(at);
        upper.Source?.GetReference();
        _areas.Resize(area, area.Start, at);
        _areas.Add(upper);
        return true; // the sum of both is accounted already
    }

    private static void CopyProperties(VmArea from, VmArea to)
    {
        to.Start = from.Start;
        to.End = from.End;
        to.Protection = from.Protection;
        to.Allowed = from.Allowed;
        to.Flags = from.Flags;
        to.Source = from.Source;
        to.SourcePage = from.SourcePage;
    }

    // Unmaps all pages of a range, which the gather frees.
    private void ZapPages(UserAddr start, UserAddr end, ref PageGather gather)
    {
        VirtAddr at = new(start.Value);
        while (_table.TryFindMapped(at, new VirtAddr(end.Value), out PageMapping mapping))
        {
            bool wasMapped = _table.TryUnmap(mapping.Address, out PageMapping old);
            Bug.On(!wasMapped);
            CountResident(old.Frame, isMapped: false);
            gather.Add(new UserAddr(mapping.Address.Value), old.Frame);
            at = mapping.Address + Limits.PageSizeBytes;
        }
    }

    private void CountResident(Pfn page, bool isMapped)
    {
        ulong one = isMapped ? 1 : ulong.MaxValue; // wraps back
        _statistics.ResidentPages += one;
        if (_pages.Tag(page) == PageTag.Anonymous)
            _statistics.AnonymousPages += one;
        if (_statistics.ResidentPages > _statistics.ResidentPeakPages)
            _statistics.ResidentPeakPages = _statistics.ResidentPages;
    }

    private Errno AdviseLocked(UserAddr start, UserAddr end, MemoryAdvice advice)
    {
        bool hasHole = false;
        UserAddr at = start;
        while (at < end)
        {
            VmArea? area = _areas.FirstEndingAbove(at);
            if (area is null || area.Start >= end)
            {
                hasHole = true;
                break;
            }

            hasHole |= area.Start > at;
            at = area.Start > at ? area.Start : at;
            UserAddr partEnd = area.End < end ? area.End : end;
            Errno error = AdviseArea(at, partEnd, advice);
            if (error != Errno.None)
                return error;
            at = partEnd;
        }

        return hasHole ? Errno.ENOMEM : Errno.None;
    }

    private Errno AdviseArea(UserAddr start, UserAddr end, MemoryAdvice advice)
    {
        VmArea area = _areas.Find(start)!;
        switch (advice)
        {
            case MemoryAdvice.Free when area.Source is not null || area.IsShared:
                return Errno.EINVAL;
            case MemoryAdvice.DontNeed when (area.Flags & VmAreaFlags.Locked) != 0:
                return Errno.EINVAL;
            case MemoryAdvice.WipeOnFork when area.Source is not null || area.IsShared:
                return Errno.EINVAL;
            case MemoryAdvice.DontNeed:
            case MemoryAdvice.Free: // we may forget the contents at once
                Discard(start, end);
                return Errno.None;
            case MemoryAdvice.DontFork:
                return ChangeFlags(start, end, VmAreaFlags.DontFork, VmAreaFlags.None);
            case MemoryAdvice.DoFork:
                return ChangeFlags(start, end, VmAreaFlags.None, VmAreaFlags.DontFork);
            case MemoryAdvice.WipeOnFork:
                return ChangeFlags(start, end, VmAreaFlags.WipeOnFork, VmAreaFlags.None);
            case MemoryAdvice.KeepOnFork:
                return ChangeFlags(start, end, VmAreaFlags.None, VmAreaFlags.WipeOnFork);
            case MemoryAdvice.PopulateRead:
                return PopulateFor(start, end, FaultAccess.Read);
            case MemoryAdvice.PopulateWrite:
                return PopulateFor(start, end, FaultAccess.Write);
            default:
                return Errno.None; // a guess about use; nothing here acts on it
        }
    }

    private void Discard(UserAddr start, UserAddr end)
    {
        PageGather gather = new(this);
        ZapPages(start, end, ref gather);
        gather.Finish();
    }

    private Errno ChangeFlags(UserAddr start, UserAddr end, VmAreaFlags set, VmAreaFlags clear)
    {
        if (_areas.Count + 2 > AreaCountMax || !TrySplit(start) || !TrySplit(end))
            return Errno.ENOMEM;
        VmArea area = _areas.Find(start)!;
        Account(area, isAdded: false);
        area.Flags = (area.Flags | set) & ~clear;
        Account(area, isAdded: true);
        _ = MergeAround(area); // it is reachable by its addresses
        return Errno.None;
    }

    private Errno PopulateFor(UserAddr start, UserAddr end, FaultAccess access)
    {
        for (UserAddr at = start; at < end; at += Limits.PageSizeBytes)
        {
            switch (FaultLocked(at, access))
            {
                case FaultOutcome.Resolved:
                    break;
                case FaultOutcome.OutOfMemory:
                    return Errno.ENOMEM;
                default:
                    return Errno.EFAULT;
            }
        }

        return Errno.None;
    }
}
