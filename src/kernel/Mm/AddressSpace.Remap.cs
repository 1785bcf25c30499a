// Growing, shrinking and moving mappings. Source of rules and errors: Linux man-pages, mremap(2), and observed behaviour.
using Commence.Memory;
using Commence.Sched;

namespace Commence.Mm;

public sealed partial class AddressSpace
{
    /// <summary>mremap.</summary>
    /// <param name="address">Start of the mapping, or of a part of it.</param>
    /// <param name="oldBytes">Its length; 0 makes a second mapping of shared memory.</param>
    /// <param name="newBytes">Its new length.</param>
    /// <param name="flags">Whether and where it may move.</param>
    /// <param name="newAddress">With Fixed: where to.</param>
    /// <returns>Where it is now.</returns>
    public Result<UserAddr> Remap(UserAddr address, ulong oldBytes, ulong newBytes, RemapFlags flags, UserAddr newAddress)
    {
        bool mayMove = (flags & RemapFlags.MayMove) != 0;
        bool isFixed = (flags & RemapFlags.Fixed) != 0;
        bool keepsOld = (flags & RemapFlags.DontUnmap) != 0;
        ulong oldLength = PageAlign(oldBytes);
        ulong newLength = PageAlign(newBytes);
        if ((flags & ~(RemapFlags.MayMove | RemapFlags.Fixed | RemapFlags.DontUnmap)) != 0
            || ((isFixed || keepsOld) && !mayMove)
            || (keepsOld && oldLength != newLength)
            || oldLength < oldBytes || newLength == 0
            || !TryGetRange(address, oldLength, out _))
            return Errno.EINVAL;
        if (isFixed && !IsTargetValid(address, oldLength, newAddress, newLength))
            return Errno.EINVAL;

        using Mutex.Guard guard = _lock.Lock();
        return RemapLocked(address, oldLength, newLength, flags, newAddress);
    }

    private static bool IsTargetValid(UserAddr address, ulong oldLength, UserAddr newAddress, ulong newLength) =>
        TryGetRange(newAddress, newLength, out UserAddr newEnd)
        && newAddress >= AddressLayout.UserStart
        && (newEnd <= address || newAddress >= address + oldLength);

    private Result<UserAddr> RemapLocked(UserAddr address, ulong oldLength, ulong newLength, RemapFlags flags, UserAddr newAddress)
    {
        bool isFixed = (flags & RemapFlags.Fixed) != 0;
        bool keepsOld = (flags & RemapFlags.DontUnmap) != 0;
        VmArea? area = _areas.Find(address);
        if (area is null)
            return Errno.EFAULT;
        if ((oldLength == 0 && !area.IsShared) || (keepsOld && (area.IsShared || area.Source is not null)))
            return Errno.EINVAL;

        Errno error = Errno.None;
        if (newLength < oldLength)
        {
            error = UnmapLocked(address + newLength, address + oldLength);
            oldLength = newLength;
            area = _areas.Find(address);
        }

        if (error != Errno.None)
            return error;
        if (area is null || area.End - address < oldLength)
            return Errno.EFAULT; // more than one area
        if (oldLength == newLength && !isFixed && !keepsOld)
            return address;

        ulong more = keepsOld || oldLength == 0 ? newLength : newLength - oldLength;
        if (more != 0)
            error = CheckLimits(more, area.IsData, MapFlags.None);
        if (error != Errno.None)
            return error;
        if (!isFixed && !keepsOld && oldLength != 0 && TryGrowInPlace(area, address, oldLength, newLength))
            return address;
        return (flags & RemapFlags.MayMove) != 0
            ? MoveLocked(area, address, oldLength, newLength, flags, newAddress)
            : Errno.ENOMEM;
    }

    private bool TryGrowInPlace(VmArea area, UserAddr address, ulong oldLength, ulong newLength)
    {
        if (area.End != address + oldLength || newLength > AddressLayout.UserEnd - address
            || !IsFree(area.End, address + newLength))
            return false;

        Account(area, isAdded: false);
        _areas.Resize(area, area.Start, address + newLength);
        Account(area, isAdded: true);
        _ = MergeAround(area); // it is reachable by its addresses
        return true;
    }

    private Result<UserAddr> MoveLocked(
        VmArea area, UserAddr address, ulong oldLength, ulong newLength, RemapFlags flags, UserAddr newAddress)
    {
        if (_areas.Count + 3 > AreaCountMax)
            return Errno.ENOMEM;

        bool isFixed = (flags & RemapFlags.Fixed) != 0;
        MapFlags placeFlags = isFixed ? MapFlags.Fixed : MapFlags.None;
        Result<UserAddr> place = ChoosePlace(newAddress, newLength, placeFlags);
        if (!place.TryGet(out UserAddr target))
            return place;
        if (isFixed)
        {
            // The target may hold another part of the same area: look the area up again afterwards.
            Errno error = UnmapLocked(target, target + newLength);
            if (error != Errno.None)
                return error;
            area = _areas.Find(address)!;
        }

        ulong sourcePage = area.Source is null ? 0 : area.SourcePageAt(address);
        VmAreaFlags areaFlags = area.Flags & ~VmAreaFlags.GrowsDown;
        if (!TryPrepareMove(address, oldLength, target)
            || !AddArea(target, target + newLength, area.Protection, area.Allowed, areaFlags, area.Source, sourcePage))
            return Errno.ENOMEM;

        MovePages(address, oldLength, target);
        if (oldLength == 0 || (flags & RemapFlags.DontUnmap) != 0)
            return target;
        // No page is left there; only a split without memory can keep the empty part mapped.
        Errno ignored = UnmapLocked(address, address + oldLength);
        return ignored == Errno.None ? target : ignored;
    }

    // Tables for all pages, so that moving them cannot fail halfway.
    private bool TryPrepareMove(UserAddr address, ulong length, UserAddr target)
    {
        VirtAddr at = new(address.Value);
        VirtAddr end = at + length;
        while (_table.TryFindMapped(at, end, out PageMapping mapping))
        {
            if (!_table.TryPrepare(new VirtAddr(target.Value) + (mapping.Address.Value - address.Value)))
                return false;
            at = mapping.Address + Limits.PageSizeBytes;
        }

        return true;
    }

    private void MovePages(UserAddr address, ulong length, UserAddr target)
    {
        VirtAddr at = new(address.Value);
        VirtAddr end = at + length;
        while (_table.TryFindMapped(at, end, out PageMapping mapping))
        {
            bool wasMapped = _table.TryUnmap(mapping.Address, out PageMapping old);
            Bug.On(!wasMapped);
            VirtAddr to = new VirtAddr(target.Value) + (mapping.Address.Value - address.Value);
            bool isMapped = _table.TryMap(to, old.Target, 0, old.Protection);
            Bug.On(!isMapped); // its table was made before
            at = mapping.Address + Limits.PageSizeBytes;
        }

        if (length != 0)
            Flush(address, length >> Limits.PageShift);
    }
}
