// Which I/O APICs there are, and which of their inputs the sixteen ISA interrupts reach.
//
// ACPI numbers all inputs of all I/O APICs through (global system interrupts) and lists only the ISA interrupts that are not
// wired to the input of their own number. MP tables list every interrupt with the APIC and the input that it reaches.
// Both come to the same here: an index into the list of I/O APICs, an input of it, and how the line signals.
// Source: ACPI 6.5 §5.2.12.5 "Interrupt Source Override Structure", §5.2.13 "Global System Interrupts"; MP Spec 1.4 §4.3.4.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Commence.Firmware.Acpi;
using Commence.Firmware.Mp;

namespace Commence.Firmware.Interrupts;

/// <summary>One I/O APIC.</summary>
public readonly struct IoApicEntry
{
    public byte Id { get; init; }

    public PhysAddr Address { get; init; }

    /// <summary>The global number of its first input; 0 from MP tables, which have no such numbers.</summary>
    public uint GsiBase { get; init; }
}

/// <summary>Where an ISA interrupt ends.</summary>
public readonly struct IsaWire
{
    /// <summary>False if no input of an I/O APIC receives it.</summary>
    public bool IsWired { get; init; }

    /// <summary>Index into <see cref="InterruptWiring.IoApics"/>.</summary>
    public int IoApic { get; init; }

    /// <summary>The input. Whether the I/O APIC has as many, only its version register knows.</summary>
    public uint Pin { get; init; }

    /// <summary>The line is active low, else high.</summary>
    public bool IsActiveLow { get; init; }

    /// <summary>The line is level-triggered, else edge-triggered.</summary>
    public bool IsLevel { get; init; }
}

/// <summary>A machine's interrupt wiring. All-zero is a machine without I/O APIC.</summary>
/// <remarks>2 KiB: a static or a field, not a local.</remarks>
public struct InterruptWiring
{
    public const int IoApicCountMax = 64;
    public const int IsaIrqCount = 16;

    private const int CascadeIrq = 2; // the second legacy controller's output, no device's

    private Slots _ioApics;
    private Wires _isa;
    private int _count;

    [UnscopedRef]
    public readonly ReadOnlySpan<IoApicEntry> IoApics => ((ReadOnlySpan<IoApicEntry>)_ioApics).Slice(0, _count);

    /// <summary>I/O APICs that did not fit.</summary>
    public int LeftOutCount { get; private set; }

    /// <summary>The machine also has the two 8259s, which must be masked.</summary>
    public bool HasLegacyPics { get; private set; }

    /// <summary>The local APIC input that NMI is wired to on the boot processor; 1 unless firmware says otherwise.</summary>
    public byte NmiLocalInput { get; private set; }

    /// <summary>That NMI's line is active low.</summary>
    public bool IsNmiActiveLow { get; private set; }

    /// <summary>The boot processor's local APIC input that the 8259s' output is wired to; 0 unless firmware says otherwise.</summary>
    public byte ExternalLocalInput { get; private set; }

    /// <summary>The wire of an ISA interrupt, 0 to 15.</summary>
    public readonly IsaWire Isa(int irq) => _isa[irq];

    /// <summary>Reads the wiring from a MADT.</summary>
    /// <param name="madt">The table.</param>
    /// <param name="bootProcessor">The APIC id of the processor whose local inputs matter.</param>
    /// <param name="memory">What lies where: no register lies in memory.</param>
    /// <param name="wiring">The wiring.</param>
    /// <param name="faults">Gets all that is wrong.</param>
    public static void Read(Madt madt, ApicId bootProcessor, in MemoryMap memory, out InterruptWiring wiring, scoped ref FaultLog faults)
    {
        wiring = default;
        wiring.HasLegacyPics = madt.HasLegacyPics;
        wiring.NmiLocalInput = 1;
        bool hasUid = TryFindUid(madt, bootProcessor, out uint bootUid);
        foreach (MadtEntry entry in madt.Entries)
        {
            if (MadtIoApic.TryParse(entry.Bytes, out MadtIoApic apic))
                wiring.Add(new IoApicEntry { Id = apic.Id, Address = apic.Address, GsiBase = apic.GsiBase }, in memory, FirmwarePart.Madt, entry.Offset, ref faults);
            else if (MadtLocalApicNmi.TryParse(entry.Bytes, out MadtLocalApicNmi nmi) && (nmi.IsForAll || (hasUid && nmi.Uid == bootUid)))
                wiring.SetNmi(nmi.LocalInput, nmi.Mode);
        }

        // Without a word to the contrary, an ISA interrupt has the global number that is its own, and signals as ISA does.
        for (uint irq = 0; irq < IsaIrqCount; irq++)
            wiring._isa[(int)irq] = irq == CascadeIrq ? default : wiring.WireTo(irq, default);
        foreach (MadtEntry entry in madt.Entries)
        {
            if (MadtInterruptOverride.TryParse(entry.Bytes, out MadtInterruptOverride wire))
                wiring.Override(wire, entry.Offset, ref faults);
        }
    }

    /// <summary>Reads the wiring from an MP configuration.</summary>
    /// <inheritdoc cref="Read(Madt, ApicId, in MemoryMap, out InterruptWiring, ref FaultLog)"/>
    public static void Read(
        MpConfiguration configuration, ApicId bootProcessor, in MemoryMap memory, out InterruptWiring wiring, scoped ref FaultLog faults)
    {
        wiring = default;
        wiring.HasLegacyPics = true; // the specification requires them
        wiring.NmiLocalInput = 1;
        foreach (MpEntry entry in configuration.Table.Entries)
        {
            if (MpIoApic.TryParse(entry.Bytes, out MpIoApic apic) && apic.IsUsable)
                wiring.Add(new IoApicEntry { Id = apic.Id, Address = apic.Address }, in memory, FirmwarePart.MpTable, entry.Offset, ref faults);
        }

        foreach (MpEntry entry in configuration.Table.Entries)
        {
            if (!MpInterrupt.TryParse(entry.Bytes, out MpInterrupt source))
                continue;

            if (source.IsLocal)
                wiring.SetLocal(source, bootProcessor);
            else if (!source.IsLocal && source.Kind == MpInterruptKind.Vectored)
                wiring.Wire(source, BusKind(configuration.Table, source.SourceBus), entry.Offset, ref faults);
        }
    }

    // The number by which the MADT's NMI entries call a processor.
    private static bool TryFindUid(Madt madt, ApicId processor, out uint uid)
    {
        foreach (MadtEntry entry in madt.Entries)
        {
            if (MadtLocalApic.TryParse(entry.Bytes, madt.Revision, out MadtLocalApic apic) && apic.ApicId == processor)
            {
                uid = apic.Uid;
                return true;
            }

            if (MadtLocalX2Apic.TryParse(entry.Bytes, madt.Revision, out MadtLocalX2Apic wide) && wide.ApicId == processor)
            {
                uid = wide.Uid;
                return true;
            }
        }

        uid = 0;
        return false;
    }

    private void SetNmi(byte input, InterruptMode mode)
    {
        NmiLocalInput = (byte)(input & 1);
        IsNmiActiveLow = mode.Polarity == InterruptPolarity.Low;
    }

    private void SetLocal(MpInterrupt source, ApicId bootProcessor)
    {
        if (source.Destination != MpInterrupt.AllApics && source.Destination != bootProcessor.Value)
            return;
        if (source.Kind == MpInterruptKind.Nmi)
            SetNmi(source.Pin, source.Mode);
        else if (source.Kind == MpInterruptKind.External)
            ExternalLocalInput = (byte)(source.Pin & 1);
    }

    /// <summary>Finds the I/O APIC that has a global interrupt, by ACPI's numbers.</summary>
    /// <returns>False if the number lies before the first I/O APIC's.</returns>
    public readonly bool TryFindGsi(uint gsi, out int ioApic, out uint pin)
    {
        // The one with the highest base that is not above the number.
        ioApic = -1;
        for (int i = 0; i < _count; i++)
        {
            bool isCandidate = _ioApics[i].GsiBase <= gsi;
            if (isCandidate && (ioApic < 0 || _ioApics[i].GsiBase > _ioApics[ioApic].GsiBase))
                ioApic = i;
        }

        pin = ioApic < 0 ? 0 : gsi - _ioApics[ioApic].GsiBase;
        return ioApic >= 0;
    }

    private static MpBusKind BusKind(MpTable table, byte id)
    {
        foreach (MpEntry entry in table.Entries)
        {
            if (MpBus.TryParse(entry.Bytes, out MpBus bus) && bus.Id == id)
                return bus.Kind;
        }

        return MpBusKind.Other;
    }

    // Registers lie on 1 KiB at least, not in memory, and not where a write is an interrupt message: a driver that wrote there
    // would change memory, or send itself an interrupt. Source: SDM Vol 3A §10.11.1, Message Address Register Format.
    private static bool CanBeIoApic(PhysAddr at, in MemoryMap memory)
    {
        const ulong alignment = 1024;
        const ulong messagesStart = 0xFEE0_0000;
        const ulong messagesEnd = 0xFEF0_0000;
        bool isMessage = at.Value is >= messagesStart and < messagesEnd;
        bool isFree = memory.KindAt(at) is MemoryKind.None or MemoryKind.Reserved;
        return at.Value % alignment == 0 && !isMessage && isFree;
    }

    private void Add(IoApicEntry apic, in MemoryMap memory, FirmwarePart part, int offset, scoped ref FaultLog faults)
    {
        foreach (IoApicEntry known in IoApics)
        {
            if (known.Address != apic.Address)
                continue;
            faults.Add(part, FaultKind.Duplicate, (ulong)offset, apic.Address.Value);
            return;
        }

        if (apic.Address.IsNull)
            faults.Add(part, FaultKind.NullPointer, (ulong)offset);
        else if (!CanBeIoApic(apic.Address, in memory))
            faults.Add(part, FaultKind.BadValue, (ulong)offset, apic.Address.Value);
        else if (_count < IoApicCountMax)
            _ioApics[_count++] = apic;
        else if (LeftOutCount++ == 0)
            faults.Add(part, FaultKind.TooMany, (ulong)offset, IoApicCountMax);
    }

    private readonly IsaWire WireTo(uint gsi, InterruptMode mode) => new()
    {
        IsWired = TryFindGsi(gsi, out int ioApic, out uint pin),
        IoApic = Math.Max(ioApic, 0),
        Pin = pin,

        // What conforms to ISA is active high and edge-triggered.
        IsActiveLow = mode.Polarity == InterruptPolarity.Low,
        IsLevel = mode.Trigger == InterruptTrigger.Level,
    };

    private void Override(MadtInterruptOverride source, int offset, scoped ref FaultLog faults)
    {
        bool isSound = source.Bus == 0 && source.Irq < IsaIrqCount
            && source.Mode.Polarity != InterruptPolarity.Reserved && source.Mode.Trigger != InterruptTrigger.Reserved;
        IsaWire wire = WireTo(source.Gsi, source.Mode);
        if (!isSound || !wire.IsWired)
        {
            faults.Add(FirmwarePart.Madt, FaultKind.BadValue, (ulong)offset, source.Irq);
            return;
        }

        // The input's old owner has lost it, unless it has an override of its own, which says so again.
        for (int irq = 0; irq < IsaIrqCount; irq++)
        {
            bool isTaken = irq != source.Irq && _isa[irq].IsWired && _isa[irq].IoApic == wire.IoApic && _isa[irq].Pin == wire.Pin;
            if (isTaken)
                _isa[irq] = default;
        }

        _isa[source.Irq] = wire;
    }

    private void Wire(MpInterrupt source, MpBusKind bus, int offset, scoped ref FaultLog faults)
    {
        bool isIsa = bus is MpBusKind.Isa or MpBusKind.Eisa or MpBusKind.MicroChannel;
        if (!isIsa)
            return; // PCI's wires are asked for by device

        if (source.SourceIrq >= IsaIrqCount || !TryFindIoApic(source.Destination, out int ioApic))
        {
            faults.Add(FirmwarePart.MpTable, FaultKind.BadValue, (ulong)offset, source.Destination);
            return;
        }

        // Micro Channel's lines are level-triggered and active low; those of ISA, and of EISA unless set otherwise, are not.
        bool isMicroChannel = bus == MpBusKind.MicroChannel;
        _isa[source.SourceIrq] = new IsaWire
        {
            IsWired = true,
            IoApic = ioApic,
            Pin = source.Pin,
            IsActiveLow = source.Mode.Polarity == InterruptPolarity.ConformsToBus ? isMicroChannel : source.Mode.Polarity == InterruptPolarity.Low,
            IsLevel = source.Mode.Trigger == InterruptTrigger.ConformsToBus ? isMicroChannel : source.Mode.Trigger == InterruptTrigger.Level,
        };
    }

    private readonly bool TryFindIoApic(byte id, out int index)
    {
        for (index = 0; index < _count; index++)
        {
            if (_ioApics[index].Id == id || id == MpInterrupt.AllApics)
                return true;
        }

        return false;
    }

    [InlineArray(IoApicCountMax)]
    private struct Slots
    {
        private IoApicEntry _first;
    }

    [InlineArray(IsaIrqCount)]
    private struct Wires
    {
        private IsaWire _first;
    }
}
