// fork: the child has the same areas, and shares the private pages until one of the two writes.
//
// Only anonymous pages are entered into the child's table: what belongs to an object is found again by a fault, and most
// children exec before they touch it.
using Commence.Arch;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Mm;

public sealed partial class AddressSpace
{
    /// <summary>Makes a copy for fork, with one user: private pages are shared until one side writes.</summary>
    /// <returns>False if there is no memory.</returns>
    public bool TryFork(out AddressSpace child)
    {
        if (!TryCreate(_pages, KernelMemory.Table, out child))
            return false;

        bool isCopied;
        using (Mutex.Guard guard = _lock.Lock())
        {
            isCopied = TryCopyAreasTo(child);
            child._mapBase = _mapBase;
            child._breakStart = _breakStart;
            child._break = _break;
            child._stackLimitBytes = _stackLimitBytes;
            child._sizeLimitBytes = _sizeLimitBytes;
            child._dataLimitBytes = _dataLimitBytes;
            // Pages became read-only here: no thread of the parent may write what the child sees.
            Flush(default, ulong.MaxValue);
        }

        if (isCopied)
            return true;
        child.PutReference();
        child = null!;
        return false;
    }

    private bool TryCopyAreasTo(AddressSpace child)
    {
        for (VmArea? area = _areas.First; area is not null; area = _areas.Next(area))
        {
            if ((area.Flags & VmAreaFlags.DontFork) != 0)
                continue;
            if (!Kmem.TryNew(out VmArea copy))
                return false;

            CopyProperties(area, copy);
            copy.Flags &= ~VmAreaFlags.Locked; // a lock is not inherited
            copy.Source?.GetReference();
            child._areas.Add(copy);
            child.Account(copy, isAdded: true);
            bool hasPages = !area.IsShared && (area.Flags & VmAreaFlags.WipeOnFork) == 0;
            if (hasPages && !TrySharePages(area, child))
                return false;
        }

        return true;
    }

    private bool TrySharePages(VmArea area, AddressSpace child)
    {
        PageProtection protection = ToPageProtection(area.Protection, canWrite: false);
        VirtAddr at = new(area.Start.Value);
        while (_table.TryFindMapped(at, new VirtAddr(area.End.Value), out PageMapping mapping))
        {
            at = mapping.Address + Limits.PageSizeBytes;
            if (_pages.Tag(mapping.Frame) != PageTag.Anonymous)
                continue;

            // The reference first: from now on neither side takes the page for its own.
            _pages.Get(mapping.Frame);
            if ((mapping.Protection & PageProtection.Write) != 0)
                _ = _table.TryProtect(mapping.Address, protection); // found a moment ago
            if (!child._table.TryMap(mapping.Address, mapping.Target, 0, protection))
            {
                _ = _pages.Put(mapping.Frame); // the parent has it
                return false;
            }

            child.CountResident(mapping.Frame, isMapped: true);
        }

        return true;
    }
}
