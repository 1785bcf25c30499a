// A stretch of physical memory.
namespace Commence.Lib;

/// <summary>Physical memory from <see cref="Start"/> up to, not including, <see cref="End"/>.</summary>
public readonly struct MemoryRegion
{
    /// <summary>Memory from <paramref name="start"/> up to <paramref name="end"/>.</summary>
    /// <remarks>Fails: misuse if the end lies before the start.</remarks>
    public MemoryRegion(PhysAddr start, PhysAddr end)
    {
        Misuse.On(end < start);
        Start = start;
        End = end;
    }

    /// <summary>First byte.</summary>
    public PhysAddr Start { get; }

    /// <summary>First byte behind.</summary>
    public PhysAddr End { get; }

    /// <summary>Bytes in between.</summary>
    public ulong SizeBytes => End - Start;

    /// <summary>The part that is whole pages; empty if there is none.</summary>
    public MemoryRegion WholePages
    {
        get
        {
            PhysAddr start = Start.AlignUp(Limits.PageSizeBytes);
            PhysAddr end = End.AlignDown(Limits.PageSizeBytes);
            return start < end ? new MemoryRegion(start, end) : new MemoryRegion(start, start);
        }
    }

    /// <summary>The part that lies in <paramref name="other"/> too; empty if there is none.</summary>
    public MemoryRegion Intersect(MemoryRegion other)
    {
        PhysAddr start = Start > other.Start ? Start : other.Start;
        PhysAddr end = End < other.End ? End : other.End;
        return start < end ? new MemoryRegion(start, end) : new MemoryRegion(start, start);
    }
}
