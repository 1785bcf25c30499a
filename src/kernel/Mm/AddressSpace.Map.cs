// New mappings and their places. Source of rules and errors: Linux man-pages, mmap(2), brk(2), and observed behaviour.
using System;
using Commence.Lib;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Mm;

public sealed partial class AddressSpace
{
    private const MapProtection AccessMask = MapProtection.Read | MapProtection.Write | MapProtection.Execute;

    /// <summary>mmap: maps anonymous memory, or part of an object.</summary>
    /// <param name="address">Where, or a hint.</param>
    /// <param name="lengthBytes">Rounded up to pages.</param>
    /// <param name="protection">What the program may do.</param>
    /// <param name="flags">As the program gave them.</param>
    /// <param name="source">The object; null for anonymous memory. The area takes a reference of its own.</param>
    /// <param name="offsetBytes">Where in the object; a multiple of the page size.</param>
    /// <param name="allowed">What mprotect may grant later: a shared mapping of a file that is open for reading must not
    /// become writable.</param>
    /// <returns>Start of the mapping, or why not. The caller has checked the file's rights (EACCES).</returns>
    public Result<UserAddr> Map(
        UserAddr address,
        ulong lengthBytes,
        MapProtection protection,
        MapFlags flags,
        MemoryObject? source,
        ulong offsetBytes,
        MapProtection allowed = AccessMask)
    {
        MapFlags type = flags & MapFlags.TypeMask;
        if (type is not (MapFlags.Private or MapFlags.Shared or MapFlags.SharedValidate))
            return Errno.EINVAL;
        if (lengthBytes == 0 || (offsetBytes & (Limits.PageSizeBytes - 1)) != 0)
            return Errno.EINVAL;
        if ((flags & MapFlags.FixedNoReplace) != 0)
            flags |= MapFlags.Fixed;

        ulong length = PageAlign(lengthBytes);
        if (length == 0)
            return Errno.ENOMEM;
        if ((offsetBytes >> Limits.PageShift) + (length >> Limits.PageShift) > ulong.MaxValue >> Limits.PageShift)
            return Errno.EOVERFLOW;

        bool isShared = type != MapFlags.Private;
        if (source is not null || !isShared)
            return Map(address, length, protection & AccessMask, flags, isShared, source, offsetBytes >> Limits.PageShift, allowed);

        // Shared anonymous memory is an object of its own; the area's reference keeps it.
        if (!SharedMemory.TryCreate(_pages, length >> Limits.PageShift, out SharedMemory memory))
            return Errno.ENOMEM;
        Result<UserAddr> start = Map(address, length, protection & AccessMask, flags, isShared, memory, 0, allowed);
        memory.PutReference();
        return start;
    }

    /// <summary>exec: maps the initial stack, which grows down, below <paramref name="top"/>.</summary>
    /// <param name="top">End of the stack; page aligned.</param>
    /// <param name="sizeBytes">Mapped at once; the rest, up to <see cref="StackLimitBytes"/>, on demand.</param>
    /// <param name="protection">Read and write as a rule.</param>
    public Errno MapStack(UserAddr top, ulong sizeBytes, MapProtection protection)
    {
        ulong length = PageAlign(sizeBytes);
        if (length == 0 || !top.IsAligned(Limits.PageSizeBytes) || top > AddressLayout.UserEnd || top.Value < length)
            return Errno.EINVAL;

        using Mutex.Guard guard = _lock.Lock();
        if (_areas.Intersects(top - length, top))
            return Errno.EEXIST;
        return AddArea(top - length, top, protection & AccessMask, AccessMask, VmAreaFlags.GrowsDown, null, 0)
            ? Errno.None
            : Errno.ENOMEM;
    }

    /// <summary>exec: says where mappings go that have no place of their own; they grow down from here.</summary>
    public void SetMapBase(UserAddr mapBase)
    {
        using Mutex.Guard guard = _lock.Lock();
        Bug.On(!mapBase.IsAligned(Limits.PageSizeBytes) || mapBase > AddressLayout.UserEnd);
        _mapBase = mapBase;
    }

    /// <summary>exec: says where the heap begins.</summary>
    public void SetBreakStart(UserAddr start)
    {
        using Mutex.Guard guard = _lock.Lock();
        _breakStart = start;
        _break = start;
    }

    /// <summary>brk: moves the end of the heap.</summary>
    /// <returns>Where it is now: unchanged if it could not be moved.</returns>
    public UserAddr SetBreak(UserAddr wanted)
    {
        using Mutex.Guard guard = _lock.Lock();
        if (wanted < _breakStart || wanted > AddressLayout.UserEnd || wanted - _breakStart > DataLimitBytes)
            return _break;

        UserAddr oldEnd = _break.AlignUp(Limits.PageSizeBytes);
        UserAddr newEnd = wanted.AlignUp(Limits.PageSizeBytes);
        if (newEnd < oldEnd && UnmapLocked(newEnd, oldEnd) != Errno.None)
            return _break;
        if (newEnd > oldEnd && !TryExtendHeap(oldEnd, newEnd))
            return _break;
        _break = wanted;
        return wanted;
    }

    private static ulong PageAlign(ulong lengthBytes) =>
        (lengthBytes + Limits.PageSizeBytes - 1) & ~(ulong)(Limits.PageSizeBytes - 1);

    // All in pages, checked by the caller.
    private Result<UserAddr> Map(
        UserAddr address,
        ulong length,
        MapProtection protection,
        MapFlags flags,
        bool isShared,
        MemoryObject? source,
        ulong sourcePage,
        MapProtection allowed)
    {
        using Mutex.Guard guard = _lock.Lock();
        if (_areas.Count >= AreaCountMax)
            return Errno.ENOMEM;
        Result<UserAddr> place = ChoosePlace(address, length, flags);
        if (!place.TryGet(out UserAddr start))
            return place;

        bool isData = !isShared && (protection & MapProtection.Write) != 0;
        Errno error = CheckLimits(length, isData, flags);
        if (error != Errno.None)
            return error;

        UserAddr end = start + length;
        if ((flags & MapFlags.Fixed) != 0)
        {
            error = UnmapLocked(start, end);
            if (error != Errno.None)
                return error;
        }

        VmAreaFlags areaFlags = isShared ? VmAreaFlags.Shared : VmAreaFlags.None;
        if ((flags & MapFlags.GrowsDown) != 0)
            areaFlags |= VmAreaFlags.GrowsDown;
        if ((flags & MapFlags.Locked) != 0)
            areaFlags |= VmAreaFlags.Locked;
        if (!AddArea(start, end, protection, allowed & AccessMask, areaFlags, source, sourcePage))
            return Errno.ENOMEM;
        if ((flags & (MapFlags.Populate | MapFlags.Locked)) != 0 && (flags & MapFlags.NonBlock) == 0)
            PopulateLocked(start, end);
        return start;
    }

    private Result<UserAddr> ChoosePlace(UserAddr address, ulong length, MapFlags flags)
    {
        UserAddr limit = AddressLayout.UserEnd;
        if (length > limit.Value)
            return Errno.ENOMEM;

        if ((flags & MapFlags.Fixed) != 0)
        {
            if (!address.IsAligned(Limits.PageSizeBytes))
                return Errno.EINVAL;
            if (address > limit - length)
                return Errno.ENOMEM;
            if (address < AddressLayout.UserStart)
                return Errno.EPERM;
            if ((flags & MapFlags.FixedNoReplace) != 0 && _areas.Intersects(address, address + length))
                return Errno.EEXIST;
            return address;
        }

        return FindPlace(address, length);
    }

    private Result<UserAddr> FindPlace(UserAddr hint, ulong length)
    {
        UserAddr wanted = hint.AlignDown(Limits.PageSizeBytes);
        if (!wanted.IsNull && wanted < AddressLayout.UserStart)
            wanted = AddressLayout.UserStart;
        if (!wanted.IsNull && wanted <= AddressLayout.UserEnd - length && IsFree(wanted, wanted + length))
            return wanted;

        // Below the base; if that is full, anywhere.
        if (_areas.TryFindFree(length, AddressLayout.UserStart, _mapBase, out UserAddr start)
            || _areas.TryFindFree(length, AddressLayout.UserStart, AddressLayout.UserEnd, out start))
            return start;
        return Errno.ENOMEM;
    }

    // Free, and not in the guard of a stack above.
    private bool IsFree(UserAddr start, UserAddr end)
    {
        VmArea? next = _areas.FirstEndingAbove(start);
        return next is null || end <= next.FreeBelow;
    }

    private Errno CheckLimits(ulong length, bool isData, MapFlags flags)
    {
        ulong pages = length >> Limits.PageShift;
        if (_statistics.TotalPages + pages > SizeLimitBytes >> Limits.PageShift)
            return Errno.ENOMEM;
        if (isData && _statistics.DataPages + pages > DataLimitBytes >> Limits.PageShift)
            return Errno.ENOMEM;
        // Linux's default overcommit: only what can never be had is refused.
        bool isPromise = isData && (flags & MapFlags.NoReserve) == 0;
        return isPromise && pages > _pages.ManagedPages ? Errno.ENOMEM : Errno.None;
    }

    private bool TryExtendHeap(UserAddr start, UserAddr end) =>
        CheckLimits(end - start, isData: true, MapFlags.None) == Errno.None
        && _areas.Count < AreaCountMax
        && IsFree(start, end)
        && AddArea(start, end, MapProtection.Read | MapProtection.Write, AccessMask, VmAreaFlags.None, null, 0);

    // Adds an area where there is none, as part of a neighbour if it can be. Takes a reference on the object.
    private bool AddArea(
        UserAddr start,
        UserAddr end,
        MapProtection protection,
        MapProtection allowed,
        VmAreaFlags flags,
        MemoryObject? source,
        ulong sourcePage)
    {
        if (!Kmem.TryNew(out VmArea area))
            return false;

        area.Start = start;
        area.End = end;
        area.Protection = protection;
        area.Allowed = allowed;
        area.Flags = flags;
        area.Source = source;
        area.SourcePage = sourcePage;
        source?.GetReference();
        _areas.Add(area);
        Account(area, isAdded: true);
        _ = MergeAround(area); // it is reachable by its addresses
        return true;
    }

    private void RemoveArea(VmArea area)
    {
        Account(area, isAdded: false);
        _areas.Remove(area);
        area.Source?.PutReference();
        Kmem.Free(area);
    }

    // Makes one area of neighbours that are alike. Returns the one that contains what was `area`.
    private VmArea MergeAround(VmArea area)
    {
        if (_areas.Next(area) is VmArea next && area.CanMergeWith(next))
            Absorb(area, next);
        if (_areas.Previous(area) is VmArea previous && previous.CanMergeWith(area))
        {
            Absorb(previous, area);
            return previous;
        }

        return area;
    }

    private void Absorb(VmArea area, VmArea next)
    {
        UserAddr end = next.End;
        RemoveArea(next);
        Account(area, isAdded: false);
        _areas.Resize(area, area.Start, end);
        Account(area, isAdded: true);
    }

    private void Account(VmArea area, bool isAdded)
    {
        ulong pages = isAdded ? area.PageCount : 0 - area.PageCount; // wraps back
        _statistics.TotalPages += pages;
        if (area.GrowsDown)
            _statistics.StackPages += pages;
        if (area.IsData)
            _statistics.DataPages += pages;
        if (area.Source is not null && (area.Protection & MapProtection.Execute) != 0)
            _statistics.ExecutablePages += pages;
        if ((area.Flags & VmAreaFlags.Locked) != 0)
            _statistics.LockedPages += pages;
        _statistics.PeakPages = Math.Max(_statistics.PeakPages, _statistics.TotalPages);
    }
}
