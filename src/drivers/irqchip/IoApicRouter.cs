// Which I/O APIC input a legacy line is wired to, by the firmware's word: the MADT, or the MP table where there is no MADT.
//
// Source: ACPI 6.5 §5.2.12.3, §5.2.12.5; MP Spec 1.4 §4.3.3, §4.3.4.
using System.Runtime.CompilerServices;
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Commence.Firmware.Mp;
using Commence.Init;
using Commence.Irq;

namespace Commence.Drivers.IrqChip;

/// <summary>The machine's I/O APICs.</summary>
public sealed class IoApicRouter : InterruptRouter
{
    private const int ApicsMax = 16;
    private const int LegacyLines = 16;

    [InlineArray(ApicsMax)]
    private struct Apics
    {
        private IoApic? _first;
    }

    private struct Wire
    {
        internal uint Gsi;
        internal bool IsLevel;
        internal bool IsActiveLow;
    }

    [InlineArray(LegacyLines)]
    private struct Wires
    {
        private Wire _first;
    }

    // Filled by the boot processor before the router is registered; only read afterwards.
    private Apics _apics;
    private int _count;
    private Wires _wires;

    /// <summary>Finds and masks all I/O APICs.</summary>
    /// <remarks>Context: early boot.</remarks>
    public void Find()
    {
        for (uint line = 0; line < LegacyLines; line++)
            _wires[(int)line].Gsi = line; // edge, active high, one to one: the ISA bus

        FaultLog faults = default;
        if (FirmwareTables.Acpi.TryOpen(FirmwareTables.Memory, "APIC"u8, FirmwarePart.Madt, ref faults, out AcpiTable table)
            && Madt.TryParse(table, out Madt madt, out ParseFault _))
            ReadMadt(madt);
        else if (FirmwareTables.HasMp)
            ReadMp();
        Printk.Info($"IOAPIC: {_count} found");
    }

    /// <inheritdoc/>
    public override bool TryRouteLegacyLine(int line, int vector, ApicId to)
    {
        if ((uint)line >= LegacyLines)
            return false;

        Wire wire = _wires[line];
        for (int i = 0; i < _count; i++)
        {
            IoApic apic = _apics[i]!;
            if (wire.Gsi < apic.GsiBase || wire.Gsi - apic.GsiBase >= apic.InputCount)
                continue;
            apic.Route(wire.Gsi - apic.GsiBase, vector, to, wire.IsLevel, wire.IsActiveLow);
            return true;
        }

        return false;
    }

    private void ReadMadt(Madt madt)
    {
        foreach (MadtEntry entry in madt.Entries)
        {
            if (MadtIoApic.TryParse(entry.Bytes, out MadtIoApic apic))
                Add(apic.Address, apic.GsiBase);
            else if (MadtInterruptOverride.TryParse(entry.Bytes, out MadtInterruptOverride wire) && wire.Irq < LegacyLines)
                _wires[wire.Irq] = Connect(wire.Gsi, wire.Mode);
        }
    }

    // MP tables number inputs per controller: the global number is made here, in the order of the table.
    private void ReadMp()
    {
        byte isaBus = FindIsaBus();
        foreach (MpEntry entry in FirmwareTables.Mp.Table.Entries)
        {
            if (MpIoApic.TryParse(entry.Bytes, out MpIoApic apic) && apic.IsUsable)
                AddMp(apic.Address);
        }

        foreach (MpEntry entry in FirmwareTables.Mp.Table.Entries)
        {
            // One controller as a rule; with several, ISA lines are on the first.
            if (MpInterrupt.TryParse(entry.Bytes, out MpInterrupt interrupt) && !interrupt.IsLocal
                && interrupt.Kind == MpInterruptKind.Vectored && interrupt.SourceBus == isaBus && interrupt.SourceIrq < LegacyLines)
                _wires[interrupt.SourceIrq] = Connect(interrupt.Pin, interrupt.Mode);
        }
    }

    private static byte FindIsaBus()
    {
        foreach (MpEntry entry in FirmwareTables.Mp.Table.Entries)
        {
            if (MpBus.TryParse(entry.Bytes, out MpBus bus) && bus.Kind == MpBusKind.Isa)
                return bus.Id;
        }

        return 0;
    }

    private void AddMp(PhysAddr address)
    {
        uint gsiBase = _count == 0 ? 0 : _apics[_count - 1]!.GsiBase + _apics[_count - 1]!.InputCount;
        Add(address, gsiBase);
    }

    private void Add(PhysAddr address, uint gsiBase)
    {
        if (_count == ApicsMax || !IoApic.TryOpen(address, gsiBase, out IoApic apic))
        {
            Printk.Warning($"IOAPIC at {address} left out");
            return;
        }

        _apics[_count++] = apic;
    }

    // The ISA bus is edge triggered and active high where the table does not say otherwise.
    private static Wire Connect(uint gsi, InterruptMode mode) => new()
    {
        Gsi = gsi,
        IsLevel = mode.Trigger == InterruptTrigger.Level,
        IsActiveLow = mode.Polarity == InterruptPolarity.Low,
    };
}
