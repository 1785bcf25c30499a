// What /proc shows of an address space.
namespace Commence.Mm;

/// <summary>An area at one moment.</summary>
public struct VmAreaInfo
{
    public UserAddr Start;
    public UserAddr End;
    public MapProtection Protection;
    public bool IsShared;
    public ulong OffsetBytes;

    /// <summary>What is mapped; null for anonymous memory. No reference: valid as long as the caller knows it to be mapped.</summary>
    public MemoryObject? Source;

    public bool IsHeap;
    public bool IsStack;
}

/// <summary>Sizes in pages; /proc/pid/status has them in kB.</summary>
public struct VmStatistics
{
    /// <summary>All areas (<c>VmSize</c>).</summary>
    public ulong TotalPages;

    /// <summary>Highest value of <see cref="TotalPages"/> (<c>VmPeak</c>).</summary>
    public ulong PeakPages;

    /// <summary>Pages in the page table (<c>VmRSS</c>), anonymous and of objects.</summary>
    public ulong ResidentPages;

    /// <summary>Highest value of <see cref="ResidentPages"/> (<c>VmHWM</c>).</summary>
    public ulong ResidentPeakPages;

    /// <summary>Of the resident ones: anonymous (<c>RssAnon</c>).</summary>
    public ulong AnonymousPages;

    /// <summary>Private and writable areas, without stacks (<c>VmData</c>).</summary>
    public ulong DataPages;

    /// <summary>Areas that grow down (<c>VmStk</c>).</summary>
    public ulong StackPages;

    /// <summary>Executable areas (<c>VmExe</c> and <c>VmLib</c>).</summary>
    public ulong ExecutablePages;

    /// <summary>Areas that are locked (<c>VmLck</c>).</summary>
    public ulong LockedPages;

    /// <summary>Tables of the page table (<c>VmPTE</c>).</summary>
    public ulong TablePages;

    /// <summary>Number of areas.</summary>
    public int AreaCount;

    public ulong MinorFaults;
    public ulong MajorFaults;
}
