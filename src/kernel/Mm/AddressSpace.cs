// The user half of an address space: areas, and the page table that is filled from them page by page, on demand.
//
//   mmap, brk, exec ─▶ VmArea in _areas            page fault ─▶ area ─▶ page of its object, or zeros ─▶ _table
//   munmap, exit    ─▶ areas and pages go           write to a shared page of a private area ─▶ copy (FaultIn)
//
// Invariants, under _lock:
//   - a page is mapped only inside an area, with no more rights than the area has;
//   - each mapped page has one reference for the mapping;
//   - a page that is tagged Anonymous is writable in a table only if its one reference is that table's;
//   - _residentPages counts the mapped pages, _anonymousPages those of them that are tagged.
//
// | file                      | what                                           |
// |---------------------------|------------------------------------------------|
// | AddressSpace.cs           | life, limits                                   |
// | AddressSpace.Switch.cs    | loading on processors, flushing                |
// | AddressSpace.Map.cs       | mmap, placement, brk, the stack                |
// | AddressSpace.Unmap.cs     | munmap, splitting, madvise                     |
// | AddressSpace.Protect.cs   | mprotect                                       |
// | AddressSpace.Remap.cs     | mremap                                         |
// | AddressSpace.Fault.cs     | page faults, copy on write                     |
// | AddressSpace.Residency.cs | mlock, mincore                                 |
// | AddressSpace.Fork.cs      | fork                                           |
// | AddressSpace.Access.cs    | access from outside, /proc                     |
//
// All public methods that change or look take _lock, a sleeping lock. Under it an object's GetPage and PutReference are
// called, so these must not take locks under which user memory is touched.
using System.Threading;
using Commence.Lib;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Mm;

/// <summary>What a program sees as its memory (Linux: <c>mm_struct</c>). Shared by the threads of a process.</summary>
/// <remarks>Context of all: thread, unless said otherwise. Sleeps: yes. Errors are those of the system call of the same name.</remarks>
public sealed partial class AddressSpace
{
    /// <summary>Areas that one may have (Linux: <c>vm.max_map_count</c>).</summary>
    public const int AreaCountMax = 65530;

    private PageAllocator _pages = null!;  // fixed, like _table
    private PageTable _table = null!;
    private int _users = 1;                // atomic
    private CpuMask _activeCpus;           // atomic; see AddressSpace.Switch.cs
    private bool _isGone;                  // no processor uses it, nor will: no flush is needed

    private Mutex _lock;                   // all that follows
    private VmAreaTree _areas;
    private UserAddr _mapBase = DefaultMapBase;
    private UserAddr _breakStart;
    private UserAddr _break;
    private VmStatistics _statistics;      // all but AreaCount kept up to date
    private ulong _stackLimitBytes = 8 << 20;
    private ulong _sizeLimitBytes = ulong.MaxValue;
    private ulong _dataLimitBytes = ulong.MaxValue;

    /// <summary>Where mappings go when a program does not say: downwards from here. Leaves 128 MiB for the stack.</summary>
    public static UserAddr DefaultMapBase => AddressLayout.UserEnd - (128 << 20);

    /// <summary>RLIMIT_STACK: kept up to date by whoever changes the limit.</summary>
    public ulong StackLimitBytes
    {
        get => Volatile.Read(ref _stackLimitBytes);
        set => Volatile.Write(ref _stackLimitBytes, value);
    }

    /// <summary>RLIMIT_AS, likewise.</summary>
    public ulong SizeLimitBytes
    {
        get => Volatile.Read(ref _sizeLimitBytes);
        set => Volatile.Write(ref _sizeLimitBytes, value);
    }

    /// <summary>RLIMIT_DATA, likewise.</summary>
    public ulong DataLimitBytes
    {
        get => Volatile.Read(ref _dataLimitBytes);
        set => Volatile.Write(ref _dataLimitBytes, value);
    }

    /// <summary>Root of its page table.</summary>
    public PhysAddr Root => _table.Root;

    /// <summary>Makes an empty one, with one user.</summary>
    /// <returns>False if there is no memory.</returns>
    public static bool TryCreate(out AddressSpace created) =>
        TryCreate(KernelMemory.Pages, KernelMemory.Table, out created);

    // On allocators of a test's own.
    internal static bool TryCreate(PageAllocator pages, PageTable kernel, out AddressSpace created)
    {
        if (!Kmem.TryNew(out created))
            return false;
        if (!PageTable.TryCreate(pages, kernel, out created._table))
        {
            Kmem.Free(created);
            return false;
        }

        created._pages = pages;
        return true;
    }

    /// <summary>Another thread or process uses it (CLONE_VM).</summary>
    /// <remarks>Context: any; the caller is or represents a user.</remarks>
    public void GetReference()
    {
        int users = Interlocked.Increment(ref _users);
        Bug.On(users <= 1);
    }

    /// <summary>One user less; the last one takes everything down.</summary>
    /// <remarks>The caller's task must not come back to it: no user memory is touched any more.</remarks>
    public void PutReference()
    {
        int users = Interlocked.Decrement(ref _users);
        Bug.On(users < 0);
        if (users == 0)
            Destroy();
    }

    private void Destroy()
    {
        LeaveEverywhere();
        _isGone = true;
        PageGather gather = new(this);
        while (_areas.First is VmArea area)
        {
            ZapPages(area.Start, area.End, ref gather);
            RemoveArea(area);
        }

        gather.Finish();
        Bug.On(_statistics.ResidentPages != 0);
        _table.Destroy();
        Kmem.Free(this);
    }
}
