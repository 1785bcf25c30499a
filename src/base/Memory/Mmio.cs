// Device registers in memory. Each access is one load or store of its width, in program order: the compiler neither merges
// nor moves it, and the mapping is uncached.
using System.Threading;
using Commence.Lib;

namespace Commence.Memory;

/// <summary>A window on a device's registers.</summary>
public readonly struct Mmio
{
    private readonly VirtAddr _start;
    private readonly uint _lengthBytes;

    private Mmio(VirtAddr start, uint lengthBytes)
    {
        _start = start;
        _lengthBytes = lengthBytes;
    }

    /// <summary>Maps registers for the kernel's whole life.</summary>
    /// <param name="start">First register; 4-byte aligned.</param>
    /// <param name="lengthBytes">Size of the window.</param>
    /// <param name="window">The window.</param>
    /// <returns>False if the address is misaligned or cannot be mapped.</returns>
    /// <remarks>Context: early boot after <see cref="KernelMemory.TryBuildTable"/>, thread.</remarks>
    public static bool TryMap(PhysAddr start, uint lengthBytes, out Mmio window)
    {
        window = default;
        if ((start.Value & 3) != 0)
            return false;
        if (!KernelPageTable.TryMapDevice(KernelMemory.Table, new MemoryRegion(start, start + lengthBytes)))
            return false;
        window = new Mmio(DirectMap.ToVirtual(start), lengthBytes);
        return true;
    }

    /// <summary>Reads a 32-bit register.</summary>
    /// <param name="offset">From the start; a multiple of 4, inside the window.</param>
    public unsafe uint Read32(uint offset)
    {
        Check(offset);
        // SAFETY: the offset is inside a window that TryMap mapped and nobody unmaps.
        return Volatile.Read(ref *(uint*)(_start.Value + offset));
    }

    /// <summary>Writes a 32-bit register.</summary>
    /// <inheritdoc cref="Read32"/>
    public unsafe void Write32(uint offset, uint value)
    {
        Check(offset);
        // SAFETY: as in Read32.
        Volatile.Write(ref *(uint*)(_start.Value + offset), value);
    }

    private void Check(uint offset) => Bug.On((offset & 3) != 0 || offset + sizeof(uint) > _lengthBytes);
}
