// Physical memory as far as firmware's tables may lie in it.
//
// A table that states more bytes than it has leads out of memory, into nothing or into device registers, and to read 16 MiB of
// those takes seconds. So a range must be of one piece, as the memory map sees it. Below 1 MiB, where the map knows of some
// ROMs and not of others, anything goes.
using System;
using Commence.Firmware;
using Commence.Memory;

namespace Commence.Init;

/// <summary>Early memory, in pieces that the memory map calls one.</summary>
internal readonly struct FirmwareMemory : IPhysicalMemory
{
    private const ulong LowEnd = 0x10_0000;

    private readonly EarlyMemory _memory;

    internal FirmwareMemory(EarlyMemory memory) => _memory = memory;

    /// <inheritdoc/>
    public bool TryRead(PhysAddr at, int length, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        bool isLow = length >= 0 && at.Value < LowEnd && (ulong)length <= LowEnd - at.Value;
        bool isTaken = isLow || (length >= 0 && BootInformation.MemoryMap.IsOnePiece(at, (ulong)length));
        return isTaken && _memory.TryRead(at, length, out bytes);
    }
}
