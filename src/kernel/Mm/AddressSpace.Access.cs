// Looking at an address space from outside: exec fills a stack that is not loaded yet, ptrace and /proc read and write.
using System;
using Commence.Arch;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Mm;

public sealed partial class AddressSpace
{
    /// <summary>Reads memory of this address space, loaded or not (exec, ptrace, /proc/pid/mem).</summary>
    /// <returns>Bytes read, from the start.</returns>
    public int ReadForeign(UserAddr source, Span<byte> destination)
    {
        using Mutex.Guard guard = _lock.Lock();
        int done = 0;
        while (done < destination.Length)
        {
            UserAddr at = source + (ulong)done;
            int length = Math.Min(destination.Length - done, Limits.PageSizeBytes - at.PageOffset);
            if (!TryReach(at, FaultAccess.Read, out Span<byte> page))
                break;
            page.Slice(at.PageOffset, length).CopyTo(destination[done..]);
            done += length;
        }

        return done;
    }

    /// <summary>Writes memory of this address space, loaded or not.</summary>
    /// <returns>Bytes written, from the start.</returns>
    public int WriteForeign(UserAddr destination, ReadOnlySpan<byte> source)
    {
        using Mutex.Guard guard = _lock.Lock();
        int done = 0;
        while (done < source.Length)
        {
            UserAddr at = destination + (ulong)done;
            int length = Math.Min(source.Length - done, Limits.PageSizeBytes - at.PageOffset);
            if (!TryReach(at, FaultAccess.Write, out Span<byte> page))
                break;
            source.Slice(done, length).CopyTo(page[at.PageOffset..]);
            done += length;
        }

        return done;
    }

    /// <summary>Finds the first area that ends above an address: for /proc/pid/maps.</summary>
    /// <param name="from">0, then the end of the area before.</param>
    /// <param name="area">A copy of what there is to know.</param>
    public bool TryReadArea(UserAddr from, out VmAreaInfo area)
    {
        using Mutex.Guard guard = _lock.Lock();
        area = default;
        VmArea? found = _areas.FirstEndingAbove(from);
        if (found is null)
            return false;

        area.Start = found.Start;
        area.End = found.End;
        area.Protection = found.Protection;
        area.IsShared = found.IsShared;
        area.Source = found.Source;
        area.OffsetBytes = found.SourcePage << Limits.PageShift;
        area.IsHeap = found.Source is null && found.Start < _break && found.End > _breakStart;
        area.IsStack = found.GrowsDown;
        return true;
    }

    /// <summary>Numbers for /proc/pid/statm and status.</summary>
    public VmStatistics ReadStatistics()
    {
        using Mutex.Guard guard = _lock.Lock();
        VmStatistics statistics = _statistics;
        statistics.AreaCount = _areas.Count;
        statistics.TablePages = (ulong)_table.TableCount;
        return statistics;
    }

    // The bytes of the page that contains an address, as long as the lock is held.
    private bool TryReach(UserAddr address, FaultAccess access, out Span<byte> page)
    {
        page = default;
        if (address >= AddressLayout.UserEnd)
            return false;

        VirtAddr at = new(address.Value);
        bool isWrite = access == FaultAccess.Write;
        bool isThere = _table.TryLookup(at, out PageMapping mapping)
            && (mapping.Protection & PageProtection.NoAccess) == 0
            && (!isWrite || (mapping.Protection & PageProtection.Write) != 0);
        if (!isThere && (FaultLocked(address, access) != FaultOutcome.Resolved || !_table.TryLookup(at, out mapping)))
            return false;
        page = DirectMap.Span(mapping.Frame);
        return true;
    }
}
