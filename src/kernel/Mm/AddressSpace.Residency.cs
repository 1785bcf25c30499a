// Which pages are in memory, and wishes that they stay there. Nothing is ever paged out, so that locking means: there at once.
// Source of rules and errors: Linux man-pages, mlock(2), mincore(2).
using System;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Mm;

public sealed partial class AddressSpace
{
    /// <summary>mlock: makes pages present, and counts them as locked.</summary>
    /// <param name="address">Rounded down to a page.</param>
    /// <param name="lengthBytes">Up to its end, rounded up.</param>
    /// <param name="limitBytes">RLIMIT_MEMLOCK, or no limit for the privileged.</param>
    /// <returns>ENOMEM beyond the limit, or if part of the range is not mapped; EAGAIN if pages could not be had.</returns>
    public Errno Lock(UserAddr address, ulong lengthBytes, ulong limitBytes)
    {
        if (!TryGetTouchedRange(address, lengthBytes, out UserAddr start, out UserAddr end))
            return Errno.EINVAL;

        using Mutex.Guard guard = _lock.Lock();
        if (_statistics.LockedPages + CountUnlocked(start, end) > limitBytes >> Limits.PageShift)
            return Errno.ENOMEM;
        Errno error = ChangeLocked(start, end, VmAreaFlags.Locked, VmAreaFlags.None);
        if (error == Errno.None)
            PopulateLocked(start, end);
        return error;
    }

    /// <summary>munlock.</summary>
    /// <returns>ENOMEM if part of the range is not mapped.</returns>
    public Errno Unlock(UserAddr address, ulong lengthBytes)
    {
        if (!TryGetTouchedRange(address, lengthBytes, out UserAddr start, out UserAddr end))
            return Errno.EINVAL;
        using Mutex.Guard guard = _lock.Lock();
        return ChangeLocked(start, end, VmAreaFlags.None, VmAreaFlags.Locked);
    }

    /// <summary>munlockall.</summary>
    public Errno UnlockAll()
    {
        using Mutex.Guard guard = _lock.Lock();
        for (VmArea? area = _areas.First; area is not null; area = _areas.Next(area))
        {
            Account(area, isAdded: false);
            area.Flags &= ~VmAreaFlags.Locked;
            Account(area, isAdded: true);
            area = MergeAround(area);
        }

        return Errno.None;
    }

    /// <summary>mincore: tells for some pages whether they are in memory.</summary>
    /// <param name="address">Page aligned.</param>
    /// <param name="pages">A byte for each page: 1 if touching it would not have to wait.</param>
    /// <returns>EINVAL; ENOMEM if part of the range is not mapped.</returns>
    public Errno ReadResidency(UserAddr address, Span<byte> pages)
    {
        if (!TryGetRange(address, (ulong)pages.Length << Limits.PageShift, out _))
            return address.IsAligned(Limits.PageSizeBytes) ? Errno.ENOMEM : Errno.EINVAL;

        using Mutex.Guard guard = _lock.Lock();
        for (int i = 0; i < pages.Length; i++)
        {
            UserAddr at = address + ((ulong)i << Limits.PageShift);
            if (_areas.Find(at) is not VmArea area)
                return Errno.ENOMEM;
            pages[i] = IsResident(area, at) ? (byte)1 : (byte)0;
        }

        return Errno.None;
    }

    // From the page that contains the first byte to the one that contains the last.
    private static bool TryGetTouchedRange(UserAddr address, ulong lengthBytes, out UserAddr start, out UserAddr end)
    {
        start = address.AlignDown(Limits.PageSizeBytes);
        ulong within = address - start;
        end = start;
        return lengthBytes + within >= lengthBytes && TryGetRange(start, lengthBytes + within, out end);
    }

    private ulong CountUnlocked(UserAddr start, UserAddr end)
    {
        ulong pages = 0;
        VmArea? area = _areas.FirstEndingAbove(start);
        while (area is not null && area.Start < end)
        {
            UserAddr low = area.Start > start ? area.Start : start;
            UserAddr high = area.End < end ? area.End : end;
            if ((area.Flags & VmAreaFlags.Locked) == 0)
                pages += (high - low) >> Limits.PageShift;
            area = _areas.Next(area);
        }

        return pages;
    }

    private Errno ChangeLocked(UserAddr start, UserAddr end, VmAreaFlags set, VmAreaFlags clear)
    {
        UserAddr at = start;
        while (at < end)
        {
            if (_areas.Find(at) is not VmArea area)
                return Errno.ENOMEM;
            UserAddr partEnd = area.End < end ? area.End : end;
            Errno error = ChangeFlags(at, partEnd, set, clear);
            if (error != Errno.None)
                return error;
            at = partEnd;
        }

        return Errno.None;
    }

    private bool IsResident(VmArea area, UserAddr at)
    {
        if (_table.TryLookup(new VirtAddr(at.Value), out _))
            return true;
        if (area.Source is null || !area.Source.TryGetCachedPage(area.SourcePageAt(at), out Pfn page))
            return false;
        _ = _pages.Put(page); // the object has it still, as a rule
        return true;
    }
}
