// How parsers follow the physical addresses that firmware tables hold, without touching memory themselves.
//
// The kernel implements it over its direct map, tests over captured images; a parser stays a pure function of what it reads.
using System;

namespace Commence.Firmware;

/// <summary>Read-only physical memory, as far as the implementer can reach it.</summary>
public interface IPhysicalMemory
{
    /// <summary>Gives the bytes of a physical range.</summary>
    /// <returns>False if any byte of the range cannot be read. The range may be anything: it comes from firmware.</returns>
    /// <remarks>Context: early boot. The span stays valid, and its bytes do not change, while the parser runs.</remarks>
    bool TryRead(PhysAddr at, int length, out ReadOnlySpan<byte> bytes);
}

/// <summary>A range of physical memory; of length 0 when there is none.</summary>
public readonly struct PhysRange
{
    public PhysRange(PhysAddr start, ulong length)
    {
        Start = start;
        Length = length;
    }

    public PhysAddr Start { get; }

    public ulong Length { get; }

    public bool IsEmpty => Length == 0;

    /// <summary>Whether any byte is in both ranges.</summary>
    public bool Overlaps(PhysRange other) => Start.Value >= other.Start.Value
        ? Start.Value - other.Start.Value < other.Length && !IsEmpty
        : other.Start.Value - Start.Value < Length && !other.IsEmpty;
}

/// <summary>Readers shared by several parsers.</summary>
public static class PhysicalMemoryExtensions
{
    /// <summary>Reads text that ends in a zero byte.</summary>
    /// <param name="memory">Where to read.</param>
    /// <param name="at">The first byte.</param>
    /// <param name="lengthMax">How long the text may be, its zero not counted.</param>
    /// <param name="text">The text without its zero; cut at <paramref name="lengthMax"/> if no zero came before.</param>
    /// <param name="isComplete">False if it was cut.</param>
    /// <returns>False if it cannot be read.</returns>
    public static bool TryReadText<TMemory>(this TMemory memory, PhysAddr at, int lengthMax, out ReadOnlySpan<byte> text, out bool isComplete)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        text = default;
        isComplete = false;

        // By whole pages: the text may be the last thing before the end of memory.
        int length = Limits.PageSizeBytes - at.PageOffset;
        while (true)
        {
            length = Math.Min(length, lengthMax + 1);
            if (!memory.TryRead(at, length, out ReadOnlySpan<byte> bytes))
                return !text.IsEmpty;

            int end = bytes.IndexOf((byte)0);
            isComplete = end >= 0;
            text = bytes.Slice(0, isComplete ? end : Math.Min(length, lengthMax));
            if (isComplete || length == lengthMax + 1)
                return true;
            length += Limits.PageSizeBytes;
        }
    }
}
