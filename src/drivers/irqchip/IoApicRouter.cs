// Brings legacy lines to processors through the machine's I/O APICs, along the wires that firmware describes.
using System;
using System.Runtime.CompilerServices;
using Commence.Arch;
using Commence.Firmware.Interrupts;
using Commence.Init;
using Commence.Irq;

namespace Commence.Drivers.IrqChip;

/// <summary>The machine's I/O APICs.</summary>
public sealed class IoApicRouter : InterruptRouter
{
    [InlineArray(InterruptWiring.IoApicCountMax)]
    private struct Apics
    {
        private IoApic? _first;
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "IO-APIC"u8;

    /// <summary>I/O APICs that answered.</summary>
    public int Count { get; private set; }

    // Filled by the boot processor before the router is registered; only read afterwards. An APIC that does not answer is null.
    private Apics _apics;

    /// <summary>Opens all I/O APICs and masks their inputs.</summary>
    /// <remarks>Context: early boot.</remarks>
    public void Open()
    {
        int index = 0;
        foreach (IoApicEntry entry in FirmwareTables.Wiring.IoApics)
        {
            if (IoApic.TryOpen(entry.Address, out IoApic apic))
            {
                _apics[index] = apic;
                Count++;
                Printk.Info($"IOAPIC[{index}]: apic_id {entry.Id}, address {entry.Address}, GSI {entry.GsiBase}-{entry.GsiBase + apic.InputCount - 1}");
            }
            else
            {
                Printk.Warning($"IOAPIC[{index}]: nobody answers at {entry.Address}; left out");
            }

            index++;
        }
    }

    /// <inheritdoc/>
    public override bool TryRouteLegacyLine(int line, int vector, ApicId to)
    {
        if ((uint)line >= InterruptWiring.IsaIrqCount)
            return false;

        IsaWire wire = FirmwareTables.Wiring.Isa(line);
        if (!wire.IsWired || _apics[wire.IoApic] is not { } apic || wire.Pin >= apic.InputCount)
            return false;
        apic.Route(wire.Pin, vector, to, wire.IsLevel, wire.IsActiveLow);
        return true;
    }

    /// <inheritdoc/>
    public override void EndOfInterrupt(int line)
    {
        _ = line; // the local APIC knows which it was, and tells the I/O APIC of a level-triggered one
        InterruptController.EndOfInterrupt();
    }

    /// <summary>Masks all inputs: the lines come another way from now on.</summary>
    /// <remarks>Context: early boot.</remarks>
    public void MaskAll()
    {
        foreach (IoApic? apic in (ReadOnlySpan<IoApic?>)_apics)
            apic?.MaskAll();
    }
}
