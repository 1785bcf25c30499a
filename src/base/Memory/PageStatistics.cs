// Numbers for /proc/meminfo and /proc/buddyinfo.
using System.Runtime.CompilerServices;

namespace Commence.Memory;

/// <summary>Memory by range of address (Linux: <c>enum zone_type</c>).</summary>
public enum MemoryZone
{
    /// <summary>Below 16 MiB.</summary>
    Dma,

    /// <summary>Below 4 GiB.</summary>
    Dma32,

    /// <summary>The rest.</summary>
    Normal,
}

/// <summary>A zone at one moment.</summary>
public struct ZoneStatistics
{
    /// <summary>Pages that the allocator looks after.</summary>
    public ulong ManagedPages;

    /// <summary>Pages that nobody has.</summary>
    public ulong FreePages;

    /// <summary>Free pages in sections that are not yet in use; they count as free.</summary>
    public ulong DormantPages;

    /// <summary>Free blocks of each order.</summary>
    public OrderCounts FreeBlocks;
}

/// <summary>A number for each order.</summary>
[InlineArray(PageAllocator.OrderMax + 1)]
public struct OrderCounts
{
    private uint _order0;
}

/// <summary>All zones at one moment.</summary>
public struct PageStatistics
{
    /// <summary>Pages that the allocator looks after (Linux: <c>MemTotal</c>).</summary>
    public ulong ManagedPages;

    /// <summary>Pages that nobody has (Linux: <c>MemFree</c>).</summary>
    public ulong FreePages;

    /// <summary>Pages that only <see cref="AllocationFlags.Reserve"/> may take.</summary>
    public ulong ReservePages;

    /// <summary>Blocks handed out since boot.</summary>
    public ulong Allocations;

    /// <summary>Blocks given back since boot.</summary>
    public ulong Frees;

    /// <summary>Requests that found no memory.</summary>
    public ulong Failures;
}
