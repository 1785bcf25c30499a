// Every captured machine, read by our parsers and compared with what another decoder wrote down.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Commence.Firmware.Cpus;
using Commence.Firmware.Mp;
using Xunit;

namespace Commence.Tests.Firmware;

public class CapturedMachineTests
{
    public static TheoryData<string> Machines => new(CapturedMachine.Names);

    public static TheoryData<string> PcMachines => new(CapturedMachine.Names.Where(name => name.StartsWith("x86", StringComparison.Ordinal)));

    [Fact]
    public void ThereAreFixtures() => Assert.True(Machines.Count >= 50);

    [Theory]
    [MemberData(nameof(PcMachines))]
    public void FindsTheMpConfiguration(string name)
    {
        CapturedMachine machine = CapturedMachine.Load(name);
        FaultLog faults = default;
        bool isFound = MpConfiguration.TryFind(
            machine.Image.Memory, new byte[MpDefaultTable.SizeBytesMax], ref faults, out MpConfiguration mp);

        Assert.Equal(machine.MpPointer != 0, isFound);
        if (!isFound)
        {
            Assert.Equal(0, faults.TotalCount);
            return;
        }

        Assert.Equal(machine.MpPointer, mp.Pointer.At.Value);
        Assert.Equal(machine.MpPointer, mp.PointerRange.Start.Value);
        Assert.Equal(16ul, mp.PointerRange.Length);
        Assert.Equal(machine.MpTable, mp.TableRange.Start.Value);
        Assert.Equal((ulong)machine.File_("mpct.bin").Length, mp.TableRange.Length);
        Assert.True(mp.OemRange.IsEmpty);
        Assert.False(mp.IsDefault);
        Assert.False(mp.Pointer.HasImcr);
        Assert.Equal(4, mp.Pointer.Revision);
        Assert.Equal(0xFEE00000, mp.Table.LocalApic.Value);

        // qboot leaves the entry count at 0; SeaBIOS's tables are without fault.
        bool isQboot = mp.Table.OemId.StartsWith("QBOOT"u8);
        Assert.Equal(isQboot ? 1 : 0, faults.TotalCount);
        Assert.Equal(isQboot, faults.Contains(FirmwarePart.MpTable, FaultKind.BadCount));
    }

    [Theory]
    [MemberData(nameof(PcMachines))]
    public void ReadsTheMpEntries(string name)
    {
        CapturedMachine machine = CapturedMachine.Load(name);
        if (machine.MpPointer == 0)
            return;

        Assert.True(MpTable.TryParse(machine.File_("mpct.bin"), out MpTable table, out _));
        Dictionary<string, int> counts = new() { ["CPU"] = 0, ["BUS"] = 0, ["IOAPIC"] = 0, ["INTSRC"] = 0, ["LINTSRC"] = 0 };
        List<string> cpus = [];
        List<string> apics = [];
        int enabled = 0;
        foreach (MpEntry entry in table.Entries)
        {
            if (MpProcessor.TryParse(entry.Bytes, out MpProcessor cpu))
            {
                counts["CPU"]++;
                enabled += cpu.IsEnabled ? 1 : 0;
                int flags = (cpu.IsEnabled ? 1 : 0) | (cpu.IsBootstrap ? 2 : 0);
                cpus.Add(Text($"{cpu.ApicId.Value}/0x{cpu.ApicVersion:x}/{flags}/0x{cpu.Signature:x}/0x{cpu.Features:x}"));
            }
            else if (MpBus.TryParse(entry.Bytes, out MpBus bus))
            {
                counts["BUS"]++;
                Assert.True(bus.Kind is MpBusKind.Isa or MpBusKind.Pci);
            }
            else if (MpIoApic.TryParse(entry.Bytes, out MpIoApic apic))
            {
                counts["IOAPIC"]++;
                apics.Add(Text($"{apic.Id}/0x{apic.Version:x}/{(apic.IsUsable ? 1 : 0)}/0x{apic.Address.Value:x}"));
            }
            else if (MpInterrupt.TryParse(entry.Bytes, out MpInterrupt interrupt))
            {
                counts[interrupt.IsLocal ? "LINTSRC" : "INTSRC"]++;
            }
        }

        Assert.Equal(machine.Counts("MPCT"), counts.Where(pair => pair.Value != 0).ToDictionary());
        string cpuLine = machine.Line("CPUs (")!;
        foreach (string listed in cpuLine[(cpuLine.IndexOf("): ", StringComparison.Ordinal) + 3)..cpuLine.LastIndexOf(" (", StringComparison.Ordinal)].Split(' '))
            Assert.Contains(listed, cpus);
        Assert.EndsWith(Text($"({cpus.Count} total, {enabled} enabled)"), cpuLine);
        Assert.EndsWith(": " + string.Join(' ', apics), machine.Line("IOAPICs (")!);
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void FindsTheAcpiTables(string name)
    {
        CapturedMachine machine = CapturedMachine.Load(name);
        FaultLog faults = default;

        // Only BIOSes put the root pointer where it can be searched for; UEFI's is handed over.
        bool isSearchable = machine.Rsdp is >= 0xE0000 and < 0x100000;
        var given = new PhysAddr(isSearchable ? 0 : machine.Rsdp);
        bool isFound = AcpiTables.TryLoad(machine.Image.Memory, given, ref faults, out AcpiTables tables);

        Assert.Equal(machine.Rsdp != 0, isFound);
        if (!isFound)
        {
            Assert.Equal(0, tables.Count);
            Assert.Equal(0, faults.TotalCount);
            return;
        }

        Assert.Equal(machine.Rsdp, tables.Rsdp.At.Value);
        Assert.Equal(machine.RootTable, (tables.IsFromXsdt ? tables.Rsdp.Xsdt : tables.Rsdp.Rsdt).Value);
        Assert.Equal(machine.HasNullEntry, faults.Contains(machine.HasFile("XSDT.bin") ? FirmwarePart.Xsdt : FirmwarePart.Rsdt, FaultKind.NullPointer));
        Assert.Equal(machine.HasNullEntry ? 1 : 0, faults.TotalCount);
        Assert.Equal(machine.Tables.Count, tables.Count);
        foreach ((string signature, ulong at, int length, int revision) in machine.Tables)
        {
            Assert.True(tables.TryFind(System.Text.Encoding.ASCII.GetBytes(signature), out AcpiTableEntry entry));
            Assert.Equal((at, length, revision), (entry.At.Value, entry.Length, entry.Revision));
            if (!machine.HasFile(signature + ".bin"))
                continue;

            Assert.True(AcpiTable.TryRead(machine.Image.Memory, entry.At, FirmwarePart.AcpiTable, ref faults, out AcpiTable table));
            Assert.True(table.IsChecksumValid);
            Assert.Equal(machine.File_(signature + ".bin"), table.Bytes.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void ReadsTheMadt(string name)
    {
        CapturedMachine machine = CapturedMachine.Load(name);
        if (!machine.HasFile("APIC.bin"))
            return;

        Madt madt = OpenMadt(machine.File_("APIC.bin"), out FaultLog faults);
        Assert.Equal(0, faults.TotalCount);
        Dictionary<string, int> counts = [];
        List<string> lines = [];
        foreach (MadtEntry entry in madt.Entries)
        {
            (string kind, string? line) = Describe(entry, madt.Revision);
            counts[kind] = counts.GetValueOrDefault(kind) + 1;
            if (line is not null)
                lines.Add(line);
        }

        Assert.Equal(machine.Counts("MADT"), counts);
        Assert.Equal(Text($" MADT rev={madt.Revision} len={machine.File_("APIC.bin").Length} lapic=0x{madt.LocalApic.Value:x} flags=0x{(madt.HasLegacyPics ? 1 : 0):x}"), machine.Line("MADT")!);
        if (!name.StartsWith("x86", StringComparison.Ordinal))
            return; // the lines are about arm64's entries

        // DECODED.txt leaves out the middle of a long list of processors.
        List<string?> expected = machine.MadtLines();
        int gap = expected.IndexOf(null);
        if (gap >= 0)
            lines.RemoveRange(gap, lines.Count - (expected.Count - 1));
        Assert.Equal(expected.Where(line => line is not null), lines);
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void ReadsTheSrat(string name)
    {
        CapturedMachine machine = CapturedMachine.Load(name);
        if (!machine.HasFile("SRAT.bin"))
            return;

        Assert.True(AcpiTable.TryParse(machine.File_("SRAT.bin"), FirmwarePart.Srat, out AcpiTable table, out _));
        Assert.True(Srat.TryParse(table, out Srat srat, out _));
        FaultLog faults = default;
        srat.FindFaults(ref faults);
        Assert.Equal(0, faults.TotalCount);

        int processors = 0;
        int memories = 0;
        List<string> lines = [];
        ulong memory = 0;
        foreach (SratEntry entry in srat.Entries)
        {
            if (SratProcessor.TryParse(entry.Bytes, srat.Revision, out SratProcessor cpu))
            {
                processors++;
                lines.Add(Text($"LAPIC id={cpu.ApicId.Value} dom={cpu.Domain} fl={(cpu.IsEnabled ? 1 : 0)}"));
            }
            else if (SratMemory.TryParse(entry.Bytes, srat.Revision, out SratMemory range))
            {
                memories++;
                memory += range.IsEnabled ? range.Range.Length : 0;
            }
        }

        Dictionary<string, int> counts = machine.Counts("SRAT");
        Assert.Equal(counts["MEM_AFF"], memories);
        Assert.Equal(counts.GetValueOrDefault("LAPIC_AFF"), processors);
        Assert.True(memory >= 255ul << 20); // both machines have 256 MiB or more; the VGA hole is left out
        if (processors != 0)
            Assert.Equal(machine.LineAfter("SRAT rev").Trim(), string.Join("; ", lines));
    }

    [Fact]
    public void ReadsTheSlit()
    {
        CapturedMachine machine = CapturedMachine.Load("x86-q35-numa2");
        Assert.True(AcpiTable.TryParse(machine.File_("SLIT.bin"), FirmwarePart.Slit, out AcpiTable table, out _));
        Assert.True(Slit.TryParse(table, out Slit slit, out _));
        Assert.Equal(2, slit.Count);
        Assert.Equal((10, 20, 20, 10), (slit.Distance(0, 0), slit.Distance(0, 1), slit.Distance(1, 0), slit.Distance(1, 1)));
        Assert.Equal((10, 20), (slit.Distance(7, 7), slit.Distance(7, 0))); // unknown to the table
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void ReadsTheFadt(string name)
    {
        CapturedMachine machine = CapturedMachine.Load(name);
        if (!machine.HasFile("FACP.bin"))
            return;

        Assert.True(AcpiTable.TryParse(machine.File_("FACP.bin"), FirmwarePart.Fadt, out AcpiTable table, out _));
        Assert.True(Fadt.TryParse(table, out Fadt fadt, out _));
        bool isMicrovm = name.Contains("microvm", StringComparison.Ordinal);
        bool isArm = name.StartsWith("arm", StringComparison.Ordinal);
        Assert.Equal(isMicrovm || isArm, fadt.IsHardwareReduced);
        Assert.NotEqual(0ul, fadt.Dsdt.Value);
        if (isArm)
        {
            Assert.Equal(1, fadt.ArmBootArchitecture & 1); // PSCI
            return;
        }

        if (isMicrovm)
        {
            // The generic event device: reset and sleep control are memory-mapped.
            Assert.Equal((AddressSpace.Memory, 0xFEA00202ul), (fadt.ResetRegister.Space, fadt.ResetRegister.Address));
            Assert.Equal((AddressSpace.Memory, 0xFEA00200ul), (fadt.SleepControl.Space, fadt.SleepControl.Address));
            Assert.False(fadt.Pm1aControl.IsPresent);
            return;
        }

        Assert.Equal(AddressSpace.Io, fadt.Pm1aControl.Space);
        Assert.Contains(fadt.Pm1aControl.Address, (ulong[])[0x604, 0xB004]); // where the firmware puts the block
        Assert.Equal(fadt.Pm1aControl.Address + 4, fadt.PmTimer.Address);
        Assert.Equal(fadt.Pm1aEvent.Address + 4, fadt.Pm1aControl.Address);
        Assert.False(fadt.Pm1bControl.IsPresent);
        Assert.Equal(9, fadt.SciInterrupt);
        Assert.Equal(0xB2u, fadt.SmiCommand);
        Assert.False(fadt.SleepControl.IsPresent);
        if (fadt.Revision >= 3)
            Assert.Equal((AddressSpace.Io, 0xCF9ul, 0x0F), (fadt.ResetRegister.Space, fadt.ResetRegister.Address, fadt.ResetValue));
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void FindsHowToPowerOff(string name)
    {
        CapturedMachine machine = CapturedMachine.Load(name);
        if (!machine.HasFile("DSDT.bin"))
            return;

        Assert.True(SleepType.TryFindSoftOff(machine.File_("DSDT.bin"), out SleepType type));
        Assert.Equal((0, 0), (type.Pm1a, type.Pm1b)); // so in QEMU
    }

    [Theory]
    [MemberData(nameof(PcMachines))]
    public void ListsTheProcessors(string name)
    {
        CapturedMachine machine = CapturedMachine.Load(name);
        ProcessorList list = Discover(machine, out _);

        int inMadt = machine.HasFile("APIC.bin") ? machine.Counts("MADT").GetValueOrDefault("LAPIC(0)") + machine.Counts("MADT").GetValueOrDefault("X2APIC(9)") : 0;
        int inMp = machine.MpPointer != 0 ? machine.Counts("MPCT")["CPU"] : 0;
        ProcessorSource source = inMadt != 0 ? ProcessorSource.Madt : inMp != 0 ? ProcessorSource.MpTable : ProcessorSource.None;
        Assert.Equal(source, list.Source);
        Assert.Equal(inMadt != 0 ? inMadt : Math.Max(inMp, 1), list.Count);
        Assert.Equal(0u, list[0].ApicId.Value);
        Assert.Equal(source != ProcessorSource.None, list.IsBootProcessorListed);
        Assert.Equal(list.Count, list.EnabledCount + list.OnlineCapableCount + list.DisabledCount + list.OutOfRangeCount);
        Assert.Equal((0, 0, 0), (list.DuplicateCount, list.BogusCount, list.LeftOutCount));
    }

    [Theory]
    [InlineData("x86-q35-holes-2s3c1t", new uint[] { 0, 1, 2, 4, 5, 6 })]
    [InlineData("x86-q35-holes-2s3c2t", new uint[] { 0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13 })]
    [InlineData("x86-q35-acpioff-holes-2s3c1t", new uint[] { 0, 1, 2, 4, 5, 6, 3 })] // id 3 is disabled
    [InlineData("x86-q35-maxcpus", new uint[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData("x86-pc-acpioff-seabios-smp2sockets", new uint[] { 0, 1 })]
    [InlineData("x86-pc-acpioff-seabios-smp8", new uint[] { 0 })]
    public void KeepsFirmwaresOrderAndIds(string name, uint[] ids)
    {
        ProcessorList list = Discover(CapturedMachine.Load(name), out _);
        Assert.Equal(ids, list.Entries.ToArray().Select(cpu => cpu.ApicId.Value));
    }

    [Fact]
    public void KnowsHotPluggableProcessorsAndLargeIds()
    {
        ProcessorList list = Discover(CapturedMachine.Load("x86-q35-smp8-holes-idgt255"), out _);
        Assert.Equal(297, list.Count);
        Assert.Equal(list.EnabledCount + list.DisabledCount, list.Count);
        Assert.True(list.TryFind(new ApicId(0x220), out int index));
        Assert.Equal(ProcessorAvailability.Disabled, list[index].Availability);

        list = Discover(CapturedMachine.Load("x86-microvm-smp288"), out _, apicIdMax: 254);
        Assert.Equal((255, 33), (list.EnabledCount, list.OutOfRangeCount));
        Assert.Equal(287u, list[287].ApicId.Value);
    }

    [Fact]
    public void KnowsTheNodes()
    {
        ProcessorList list = Discover(CapturedMachine.Load("x86-q35-numa2"), out _);
        Assert.Equal(new uint[] { 0, 0, 1, 1 }, list.Entries.ToArray().Select(cpu => cpu.Domain));
        Assert.All(list.Entries.ToArray(), cpu => Assert.True(cpu.HasDomain));
    }

    internal static ProcessorList Discover(CapturedMachine machine, out FaultLog faults, uint apicIdMax = 0xFFFF_FFFE)
    {
        faults = default;
        SparseMemory.View memory = machine.Image.Memory;
        bool hasMp = MpConfiguration.TryFind(memory, new byte[MpDefaultTable.SizeBytesMax], ref faults, out MpConfiguration mp);
        var given = new PhysAddr(machine.Rsdp);
        AcpiTables.TryLoad(memory, given, ref faults, out AcpiTables tables);
        ProcessorList list = default;
        ProcessorDiscovery.Run(
            memory, in tables, mp, hasMp, new DiscoveryOptions { BootProcessor = new ApicId(0), ApicIdMax = apicIdMax }, ref list, ref faults);
        return list;
    }

    internal static Madt OpenMadt(byte[] bytes, out FaultLog faults)
    {
        faults = default;
        Assert.True(AcpiTable.TryParse(bytes, FirmwarePart.Madt, out AcpiTable table, out ParseFault fault));
        if (fault.IsFault)
            faults.Add(fault);
        Assert.True(Madt.TryParse(table, out Madt madt, out _));
        madt.FindFaults(ref faults);
        return madt;
    }

    private static (string Kind, string? Line) Describe(MadtEntry entry, byte revision)
    {
        if (MadtLocalApic.TryParse(entry.Bytes, revision, out MadtLocalApic narrow))
            return ("LAPIC(0)", Text($"LAPIC uid={narrow.Uid} id={narrow.ApicId.Value} fl={Flags(narrow.Availability)}"));
        if (MadtLocalX2Apic.TryParse(entry.Bytes, revision, out MadtLocalX2Apic wide))
            return ("X2APIC(9)", Text($"X2APIC id={wide.ApicId.Value} fl={Flags(wide.Availability)} uid={wide.Uid}"));
        if (MadtIoApic.TryParse(entry.Bytes, out MadtIoApic apic))
            return ("IOAPIC(1)", Text($"IOAPIC id={apic.Id} addr=0x{apic.Address.Value:x} gsi={apic.GsiBase}"));
        if (MadtInterruptOverride.TryParse(entry.Bytes, out MadtInterruptOverride wire))
            return ("ISO(2)", Text($"ISO bus={wire.Bus} irq={wire.Irq} gsi={wire.Gsi} fl=0x{Mode(wire.Mode):x}"));
        if (MadtLocalApicNmi.TryParse(entry.Bytes, out MadtLocalApicNmi nmi))
        {
            Assert.True(nmi.IsForAll);
            return entry.Type == MadtEntryType.LocalApicNmi
                ? ("LAPIC_NMI(4)", Text($"LAPIC_NMI uid=0x{nmi.Uid:x} fl=0x{Mode(nmi.Mode):x} lint={nmi.LocalInput}"))
                : ("X2APIC_NMI(10)", Text($"X2APIC_NMI fl=0x{Mode(nmi.Mode):x} uid=0x{nmi.Uid:x} lint={nmi.LocalInput}"));
        }

        return ((byte)entry.Type) switch
        {
            11 => ("GICC(11)", null),
            12 => ("GICD(12)", null),
            13 => ("GICMSI(13)", null),
            14 => ("GICR(14)", null),
            15 => ("GIC_ITS(15)", null),
            byte other => (Text($"type {other}"), null),
        };
    }

    private static int Flags(ProcessorAvailability availability) => availability == ProcessorAvailability.Enabled ? 1 : 0;

    private static int Mode(InterruptMode mode) => (int)mode.Polarity | ((int)mode.Trigger << 2);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
