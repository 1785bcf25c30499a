// Looking at an address space from outside: exec fills a stack that is not loaded yet, ptrace and /proc read and write.
using System;
using Commence.Arch;
using Commence.Lib;
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
        area.IsHeap = IsHeap(found);
        area.IsStack = found.GrowsDown;
        return true;
    }

    /// <summary>Writes one line of /proc/pid/maps, for the first area that ends above an address.</summary>
    /// <param name="from">0, then the end of the area before.</param>
    /// <param name="text">Gets the line; a name that is too long for it is cut off.</param>
    /// <param name="end">End of the area.</param>
    /// <returns>False if there is no further area.</returns>
    public bool TryFormatArea(UserAddr from, ref TextWriter text, out UserAddr end)
    {
        using Mutex.Guard guard = _lock.Lock();
        VmArea? area = _areas.FirstEndingAbove(from);
        end = area is null ? default : area.End;
        if (area is null)
            return false;

        FormatArea(area, ref text);
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

    private bool IsHeap(VmArea area) => area.Source is null && area.Start < _break && area.End > _breakStart;

    // Source: Linux man-pages, proc_pid_maps(5).
    private void FormatArea(VmArea area, ref TextWriter text)
    {
        const int NameColumn = 73;
        int start = text.Length;
        ulong device = area.Source?.Device ?? 0;
        text.AppendHex(area.Start.Value, 8);
        text.Append((byte)'-');
        text.AppendHex(area.End.Value, 8);
        text.Append((byte)' ');
        text.Append((area.Protection & MapProtection.Read) != 0 ? (byte)'r' : (byte)'-');
        text.Append(area.IsWritable ? (byte)'w' : (byte)'-');
        text.Append((area.Protection & MapProtection.Execute) != 0 ? (byte)'x' : (byte)'-');
        text.Append(area.IsShared ? (byte)'s' : (byte)'p');
        text.Append((byte)' ');
        text.AppendHex(area.Source is null ? 0 : area.SourcePage << Limits.PageShift, 8);
        text.Append((byte)' ');
        text.AppendHex((device >> 8) & 0xFFF, 2);
        text.Append((byte)':');
        text.AppendHex((device & 0xFF) | ((device >> 12) & 0xFFF00), 2);
        text.Append((byte)' ');
        text.Append(area.Source?.Inode ?? 0);
        text.Append((byte)' ');
        if (area.Source is not null || IsHeap(area) || area.GrowsDown)
        {
            while (text.Length - start < NameColumn && !text.IsTruncated)
                text.Append((byte)' ');
            if (area.Source is not null)
                area.Source.FormatName(ref text);
            else
                text.Append(area.GrowsDown ? "[stack]"u8 : "[heap]"u8);
        }

        text.Append((byte)'\n');
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
