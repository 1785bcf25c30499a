// Physical memory as parsers of early boot may read it: what the page tables of early boot map, and nothing else.
using System;
using Commence.Firmware;

namespace Commence.Memory;

/// <summary>Reads physical memory through the direct map.</summary>
public readonly struct EarlyMemory : IPhysicalMemory
{
    private readonly PhysAddr _mappedEnd;

    /// <summary>Memory below <paramref name="mappedEnd"/> is mapped.</summary>
    public EarlyMemory(PhysAddr mappedEnd) => _mappedEnd = mappedEnd;

    /// <inheritdoc/>
    public bool TryRead(PhysAddr at, int length, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (length < 0 || at.Value >= _mappedEnd.Value || (ulong)length > _mappedEnd.Value - at.Value)
            return false;
        bytes = DirectMap.Bytes(at, length);
        return true;
    }
}
