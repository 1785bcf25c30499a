// Who are the processors? One list from whatever firmware says, cleaned of what cannot be true.
//
// Invariants: entry 0 is the boot processor, by the id that the hardware gave, whether or not firmware lists it. No id is in
// the list twice. Behind the boot processor come the enabled processors in firmware's order, then those that may be put on
// line later, then the disabled, then those whose id the APIC cannot address; so what is left out when the list is full is
// always the least useful. The enabled ones' places are what Linux would number them.
//
// The list takes 20 KiB: a static of the kernel, passed by reference.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Commence.Firmware.Acpi;
using Commence.Firmware.Mp;

namespace Commence.Firmware.Cpus;

/// <summary>The machine's processors, of fixed capacity. <see cref="Begin"/> comes first.</summary>
public struct ProcessorList
{
    public const int Capacity = Limits.CpuCountMax;

    // Twice the capacity, so that a free slot always ends a search soon.
    private const int HashShift = 11;
    private const int HashSlotCount = 1 << HashShift;

    private Slots _entries;
    private HashSlots _slots;      // index + 1 of the entry with an id of this hash; 0 is free
    private int _count;
    private uint _apicIdMax;

    public ProcessorSource Source { get; private set; }

    /// <summary>The default configuration's number, if <see cref="Source"/> says so.</summary>
    public byte DefaultConfiguration { get; private set; }

    public readonly int Count => _count;

    /// <summary>Processors to be started, the boot processor included: the list's first entries.</summary>
    public int EnabledCount { get; private set; }

    /// <summary>Processors that firmware did not enable, but that may be started later: they follow the enabled ones.</summary>
    public int OnlineCapableCount { get; private set; }

    /// <summary>Processors that may run, now or later: the list's first entries.</summary>
    public readonly int UsableCount => EnabledCount + OnlineCapableCount;

    public int DisabledCount { get; private set; }

    /// <summary>Usable processors whose id is above what the APIC can address in its present mode.</summary>
    public int OutOfRangeCount { get; private set; }

    /// <summary>Entries whose id is the broadcast address: they describe no processor.</summary>
    public int BogusCount { get; private set; }

    /// <summary>Entries that enable a processor which another entry had enabled already.</summary>
    public int DuplicateCount { get; private set; }

    /// <summary>Processors that did not fit, of any kind.</summary>
    public int LeftOutCount { get; private set; }

    /// <summary>Enabled processors that did not fit.</summary>
    public int EnabledLeftOutCount { get; private set; }

    /// <summary>Firmware names the boot processor.</summary>
    public bool IsBootProcessorListed { get; private set; }

    /// <summary>Firmware names the boot processor and says that it is not enabled.</summary>
    public bool IsBootProcessorMarkedDisabled { get; private set; }

    /// <summary>Entry 0 is the boot processor.</summary>
    public readonly ProcessorEntry this[int index] => Entries[index];

    [UnscopedRef]
    public readonly ReadOnlySpan<ProcessorEntry> Entries => ((ReadOnlySpan<ProcessorEntry>)_entries).Slice(0, _count);

    public readonly ReadOnlySpan<byte> SourceName => Source switch
    {
        ProcessorSource.Madt => "ACPI MADT"u8,
        ProcessorSource.MpTable => "MP configuration table"u8,
        ProcessorSource.MpDefault => "MP default configuration"u8,
        _ => "no firmware table"u8,
    };

    /// <summary>Empties the list and enters the boot processor.</summary>
    /// <param name="boot">The boot processor's id, from its own APIC.</param>
    /// <param name="apicIdMax">The highest id that can be addressed: 254 in xAPIC mode, 0xFFFFFFFE in x2APIC mode.</param>
    public void Begin(ApicId boot, uint apicIdMax)
    {
        this = default;
        _apicIdMax = apicIdMax;
        Append(new ProcessorEntry { ApicId = boot, Availability = ProcessorAvailability.Enabled });
    }

    /// <summary>Enters the processors of a MADT.</summary>
    /// <returns>False if it names no processor that could run; the list is then as it was.</returns>
    public bool TryAddMadt(Madt madt, scoped ref FaultLog faults)
    {
        if (!HasUsableProcessor(madt))
        {
            faults.Add(FirmwarePart.Madt, FaultKind.NoProcessor, 0);
            return false;
        }

        Source = ProcessorSource.Madt;
        for (var pass = ProcessorAvailability.Enabled; pass <= ProcessorAvailability.OutOfRange; pass++)
        {
            foreach (MadtEntry entry in madt.Entries)
            {
                if (TryReadProcessor(entry, madt.Revision, out ProcessorEntry cpu, out bool isBogus))
                    Consider(cpu, isBogus, pass, FirmwarePart.Madt, entry.Offset, ref faults);
            }
        }

        Finish(FirmwarePart.Madt, ref faults);
        return true;
    }

    /// <summary>Enters the processors of an MP configuration.</summary>
    /// <returns>False if it names no processor that could run; the list is then as it was.</returns>
    public bool TryAddMp(MpConfiguration configuration, scoped ref FaultLog faults)
    {
        if (!HasUsableProcessor(configuration.Table))
        {
            faults.Add(FirmwarePart.MpTable, FaultKind.NoProcessor, 0);
            return false;
        }

        Source = configuration.IsDefault ? ProcessorSource.MpDefault : ProcessorSource.MpTable;
        DefaultConfiguration = configuration.Pointer.DefaultConfiguration;
        for (var pass = ProcessorAvailability.Enabled; pass <= ProcessorAvailability.OutOfRange; pass++)
        {
            foreach (MpEntry entry in configuration.Table.Entries)
            {
                if (TryReadProcessor(entry, out ProcessorEntry cpu, out bool isBogus))
                    Consider(cpu, isBogus, pass, FirmwarePart.MpTable, entry.Offset, ref faults);
            }
        }

        Finish(FirmwarePart.MpTable, ref faults);
        return true;
    }

    /// <summary>Gives the listed processors the proximity domains of a SRAT.</summary>
    public void ApplyDomains(Srat srat)
    {
        foreach (SratEntry entry in srat.Entries)
        {
            if (!SratProcessor.TryParse(entry.Bytes, srat.Revision, out SratProcessor affinity) || !affinity.IsEnabled)
                continue;

            if (!TryFind(affinity.ApicId, out int index))
                continue;

            ProcessorEntry cpu = _entries[index];
            _entries[index] = new ProcessorEntry
            {
                ApicId = cpu.ApicId,
                Uid = cpu.Uid,
                Availability = cpu.Availability,
                HasDomain = true,
                Domain = affinity.Domain,
            };
        }
    }

    /// <summary>Finds a processor by its id.</summary>
    public readonly bool TryFind(ApicId id, out int index)
    {
        index = _slots[SlotOf(id)] - 1;
        return index >= 0;
    }

    private static bool HasUsableProcessor(Madt madt)
    {
        foreach (MadtEntry entry in madt.Entries)
        {
            bool isUsable = TryReadProcessor(entry, madt.Revision, out ProcessorEntry cpu, out bool isBogus)
                && !isBogus && cpu.Availability == ProcessorAvailability.Enabled;
            if (isUsable)
                return true;
        }

        return false;
    }

    private static bool HasUsableProcessor(MpTable table)
    {
        foreach (MpEntry entry in table.Entries)
        {
            bool isUsable = TryReadProcessor(entry, out ProcessorEntry cpu, out bool isBogus)
                && !isBogus && cpu.Availability == ProcessorAvailability.Enabled;
            if (isUsable)
                return true;
        }

        return false;
    }

    private static bool TryReadProcessor(MadtEntry entry, byte revision, out ProcessorEntry cpu, out bool isBogus)
    {
        cpu = default;
        isBogus = false;
        if (MadtLocalApic.TryParse(entry.Bytes, revision, out MadtLocalApic narrow))
        {
            isBogus = narrow.ApicId.Value == MadtLocalApic.InvalidId;
            cpu = new ProcessorEntry { ApicId = narrow.ApicId, Uid = narrow.Uid, Availability = narrow.Availability };
            return true;
        }

        if (!MadtLocalX2Apic.TryParse(entry.Bytes, revision, out MadtLocalX2Apic wide))
            return false;

        isBogus = wide.ApicId.Value == MadtLocalX2Apic.InvalidId;
        cpu = new ProcessorEntry { ApicId = wide.ApicId, Uid = wide.Uid, Availability = wide.Availability };
        return true;
    }

    private static bool TryReadProcessor(MpEntry entry, out ProcessorEntry cpu, out bool isBogus)
    {
        bool isProcessor = MpProcessor.TryParse(entry.Bytes, out MpProcessor processor);
        isBogus = processor.ApicId.Value == MadtLocalApic.InvalidId;
        cpu = new ProcessorEntry
        {
            ApicId = processor.ApicId,
            Availability = processor.IsEnabled ? ProcessorAvailability.Enabled : ProcessorAvailability.Disabled,
        };
        return isProcessor;
    }

    /// <summary>Enters what belongs to this pass over the table; entries of other passes are left to them.</summary>
    private void Consider(
        ProcessorEntry cpu, bool isBogus, ProcessorAvailability pass, FirmwarePart part, int offset, scoped ref FaultLog faults)
    {
        if (isBogus)
        {
            if (pass == ProcessorAvailability.Enabled) // each entry once
                AddBogus(cpu, part, offset, ref faults);
            return;
        }

        bool isBoot = cpu.ApicId == _entries[0].ApicId;
        bool isAddressable = isBoot || cpu.ApicId.Value <= _apicIdMax || cpu.Availability == ProcessorAvailability.Disabled;
        ProcessorAvailability rank = isAddressable ? cpu.Availability : ProcessorAvailability.OutOfRange;
        if (rank != pass)
            return;

        if (isBoot)
        {
            ConsiderBoot(cpu, part, offset, ref faults);
            return;
        }

        if (TryFind(cpu.ApicId, out int index))
        {
            // A second entry that is no better than the first says nothing new; unless it enables the same processor again.
            if (rank == ProcessorAvailability.Enabled)
                AddDuplicate(cpu, part, offset, ref faults);
            _ = index; // the first entry stands
            return;
        }

        Append(new ProcessorEntry { ApicId = cpu.ApicId, Uid = cpu.Uid, Availability = rank });
    }

    // Enabled entries come first, so if the first mention of the boot processor is another one, no entry enables it.
    private void ConsiderBoot(ProcessorEntry cpu, FirmwarePart part, int offset, scoped ref FaultLog faults)
    {
        bool isEnabled = cpu.Availability == ProcessorAvailability.Enabled;
        if (IsBootProcessorListed)
        {
            if (isEnabled)
                AddDuplicate(cpu, part, offset, ref faults);
            return;
        }

        IsBootProcessorListed = true;
        IsBootProcessorMarkedDisabled = !isEnabled;
        _entries[0] = new ProcessorEntry { ApicId = cpu.ApicId, Uid = cpu.Uid, Availability = ProcessorAvailability.Enabled };
        if (!isEnabled)
            faults.Add(part, FaultKind.BootProcessorDisabled, (ulong)offset, cpu.ApicId.Value);
    }

    // Firmware fills its table's unused places with disabled processors of this id: only an enabled one is a fault.
    private void AddBogus(ProcessorEntry cpu, FirmwarePart part, int offset, scoped ref FaultLog faults)
    {
        BogusCount++;
        if (cpu.Availability == ProcessorAvailability.Enabled)
            faults.Add(part, FaultKind.BroadcastId, (ulong)offset, cpu.ApicId.Value);
    }

    private void AddDuplicate(ProcessorEntry cpu, FirmwarePart part, int offset, scoped ref FaultLog faults)
    {
        DuplicateCount++;
        faults.Add(part, FaultKind.Duplicate, (ulong)offset, cpu.ApicId.Value);
    }

    private void Append(ProcessorEntry cpu)
    {
        if (_count == Capacity)
        {
            LeftOutCount++;
            EnabledLeftOutCount += cpu.Availability == ProcessorAvailability.Enabled ? 1 : 0;
            return;
        }

        _slots[SlotOf(cpu.ApicId)] = (ushort)(_count + 1);
        _entries[_count++] = cpu;
        switch (cpu.Availability)
        {
            case ProcessorAvailability.Enabled:
                EnabledCount++;
                break;
            case ProcessorAvailability.OnlineCapable:
                OnlineCapableCount++;
                break;
            case ProcessorAvailability.Disabled:
                DisabledCount++;
                break;
            default:
                OutOfRangeCount++;
                break;
        }
    }

    // What did not fit is no fault of the firmware's: the counts tell.
    private readonly void Finish(FirmwarePart part, scoped ref FaultLog faults)
    {
        if (!IsBootProcessorListed)
            faults.Add(part, FaultKind.BootProcessorMissing, 0, _entries[0].ApicId.Value);
    }

    // Open addressing: the slot that holds the id, else the free slot where it belongs. Half of the slots are always free.
    private readonly int SlotOf(ApicId id)
    {
        // Multiplication by 2^32 divided by the golden ratio spreads neighbouring ids (Knuth, vol. 3, §6.4).
        int slot = (int)((id.Value * 0x9E37_79B1) >> (32 - HashShift));
        while (_slots[slot] != 0 && _entries[_slots[slot] - 1].ApicId != id)
            slot = (slot + 1) % HashSlotCount;
        return slot;
    }

    [InlineArray(Capacity)]
    private struct Slots
    {
        private ProcessorEntry _first;
    }

    [InlineArray(HashSlotCount)]
    private struct HashSlots
    {
        private ushort _first;
    }
}
