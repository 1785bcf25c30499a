// I/O APICs: the controllers that bring device lines to local APICs.
//
//   select register at 0, data register at 0x10
//   index 1: version (bits 16–23: highest input)     index 0x10 + 2n: input n, low word; + 1: high word (destination)
//
// Source: Intel 82093AA I/O APIC data sheet, §3 "Register Description".
using Commence.Locking;
using Commence.Memory;

namespace Commence.Drivers.IrqChip;

/// <summary>One I/O APIC.</summary>
internal sealed class IoApic
{
    private const uint SelectOffset = 0x00;
    private const uint DataOffset = 0x10;
    private const uint WindowBytes = 0x20;
    private const uint IndexVersion = 0x01;
    private const uint IndexInputs = 0x10;

    private const uint Masked = 1 << 16;
    private const uint LevelTriggered = 1 << 15;
    private const uint ActiveLow = 1 << 13;
    private const int DestinationShift = 24;

    private Mmio _registers;
    private IrqSpinLock _lock; // the pair select, data

    /// <summary>Inputs that it has.</summary>
    internal uint InputCount { get; private set; }

    /// <summary>Maps the controller and masks all its inputs.</summary>
    /// <returns>False if its registers cannot be mapped or nobody answers there.</returns>
    internal static bool TryOpen(PhysAddr address, out IoApic apic)
    {
        apic = null!;
        if (!Mmio.TryMap(address, WindowBytes, out Mmio registers))
            return false;

        apic = new IoApic();
        apic._registers = registers;
        uint version = apic.Read(IndexVersion);
        if (version == uint.MaxValue)
            return false; // an empty bus reads as all ones

        apic.InputCount = (version >> 16 & 0xFF) + 1;
        apic.MaskAll();
        return true;
    }

    /// <summary>Masks all inputs.</summary>
    internal void MaskAll()
    {
        for (uint input = 0; input < InputCount; input++)
            Write(IndexInputs + (input * 2), Masked);
    }

    /// <summary>Routes an input to one processor and unmasks it.</summary>
    internal void Route(uint input, int vector, ApicId to, bool isLevel, bool isActiveLow)
    {
        uint low = (uint)vector | (isLevel ? LevelTriggered : 0) | (isActiveLow ? ActiveLow : 0);
        Write(IndexInputs + (input * 2) + 1, to.Value << DestinationShift);
        Write(IndexInputs + (input * 2), low); // last: it unmasks
    }

    private uint Read(uint index)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        _registers.Write32(SelectOffset, index);
        return _registers.Read32(DataOffset);
    }

    private void Write(uint index, uint value)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        _registers.Write32(SelectOffset, index);
        _registers.Write32(DataOffset, value);
    }
}
