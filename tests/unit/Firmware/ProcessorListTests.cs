// The processor list against a plain model of the same rules.
using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Commence.Firmware.Cpus;
using Commence.Firmware.Mp;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Firmware;

public class ProcessorListTests
{
    private static ProcessorList ListOf(byte[] madtBytes, uint boot, uint idMax, out FaultLog faults)
    {
        Madt madt = CapturedMachineTests.OpenMadt(madtBytes, out faults);
        ProcessorList list = default;
        list.Begin(new ApicId(boot), idMax);
        list.TryAddMadt(madt, ref faults);
        return list;
    }

    private static byte[] Enabled(params uint[] ids) => Tables.Madt(5, [.. ids.Select(id => Tables.LocalX2Apic(id, 1, id))]);

    [Fact]
    public void TheBootProcessorComesFirstWhereverItIsListed()
    {
        ProcessorList list = ListOf(Enabled(0, 1, 2, 3), 2, uint.MaxValue - 1, out FaultLog faults);
        Assert.Equal([2u, 0u, 1u, 3u], list.Entries.ToArray().Select(cpu => cpu.ApicId.Value));
        Assert.Equal((true, false, 0), (list.IsBootProcessorListed, list.IsBootProcessorMarkedDisabled, faults.TotalCount));
    }

    [Fact]
    public void AMissingBootProcessorIsAddedAndNamed()
    {
        ProcessorList list = ListOf(Enabled(4, 5), 9, uint.MaxValue - 1, out FaultLog faults);
        Assert.Equal([9u, 4u, 5u], list.Entries.ToArray().Select(cpu => cpu.ApicId.Value));
        Assert.False(list.IsBootProcessorListed);
        Assert.Equal((FirmwarePart.Madt, FaultKind.BootProcessorMissing, 9ul), (faults[0].Part, faults[0].Kind, faults[0].Value));
    }

    [Fact]
    public void ABroadcastIdIsAFaultOnlyIfItIsEnabled()
    {
        byte[] madt = Tables.Madt(3, Tables.LocalApic(0, 0, 1), Tables.LocalApic(1, 255, 1), Tables.LocalApic(2, 255, 0));
        ProcessorList list = ListOf(madt, 0, 254, out FaultLog faults);
        Assert.Equal((1, 2), (list.Count, list.BogusCount));
        Assert.Equal((1, FaultKind.BroadcastId), (faults.TotalCount, faults[0].Kind));
    }

    [Fact]
    public void ADisabledBootProcessorIsNamedAndRuns()
    {
        ProcessorList list = ListOf(Tables.Madt(3, Tables.LocalApic(0, 0, 0), Tables.LocalApic(1, 1, 1)), 0, 254, out FaultLog faults);
        Assert.Equal((2, true), (list.EnabledCount, list.IsBootProcessorMarkedDisabled));
        Assert.Equal((1, FaultKind.BootProcessorDisabled, 44ul), (faults.TotalCount, faults[0].Kind, faults[0].Offset));
    }

    [Fact]
    public void LeavesOutTheLeastUsefulAndCountsThem()
    {
        // First 1,000 processors that may be plugged in, then 1,100 enabled ones.
        byte[][] entries =
        [
            .. Enumerable.Range(5000, 1000).Select(id => Tables.LocalX2Apic((uint)id, 0, 0)),
            .. Enumerable.Range(0, 1100).Select(id => Tables.LocalX2Apic((uint)id, 1, 0)),
        ];
        ProcessorList list = ListOf(Tables.Madt(5, entries), 0, uint.MaxValue - 1, out FaultLog faults);
        Assert.Equal((ProcessorList.Capacity, ProcessorList.Capacity), (list.Count, list.EnabledCount));
        Assert.Equal((1076, 76), (list.LeftOutCount, list.EnabledLeftOutCount));
        Assert.Equal(0, faults.TotalCount); // the kernel's limit, not the firmware's fault
        Assert.Equal(Enumerable.Range(0, 1024).Select(id => (uint)id), list.Entries.ToArray().Select(cpu => cpu.ApicId.Value));
    }

    [Fact]
    public void ATableWithoutUsableProcessorsLeavesTheBootProcessor()
    {
        ProcessorList list = ListOf(Tables.Madt(3, Tables.LocalApic(0, 3, 0), Tables.LocalApic(1, 255, 1)), 7, 254, out FaultLog faults);
        Assert.Equal((1, ProcessorSource.None), (list.Count, list.Source));
        Assert.Equal(7u, list[0].ApicId.Value);
        Assert.True(faults.Contains(FirmwarePart.Madt, FaultKind.NoProcessor));
    }

    [Fact]
    public void FallsBackToMpTablesWhereTheMadtHasNoProcessor()
    {
        SparseMemory image = new();
        image.Put(0xE0000, Tables.Rsdp(0x2000_0000));
        image.Put(0x2000_0000, Tables.Rsdt(0x2001_0000));
        image.Put(0x2001_0000, Tables.Madt(3));
        image.Put(0xF0000, Tables.MpPointer(0x9000));
        image.Put(0x9000, Tables.MpTable([Tables.MpCpu(0, 3), Tables.MpCpu(1, 1), Tables.MpCpu(1, 1), Tables.MpCpu(255, 1), Tables.MpCpu(4, 0)]));
        ProcessorList list = Discover(image, ignoreAcpi: false, out FaultLog faults);
        Assert.Equal((ProcessorSource.MpTable, 2, 1, 1, 1), (list.Source, list.EnabledCount, list.DisabledCount, list.DuplicateCount, list.BogusCount));
        Assert.True(faults.Contains(FirmwarePart.Madt, FaultKind.NoProcessor));

        image.Put(0x2001_0000, Tables.Madt(3, Tables.LocalApic(0, 0, 1), Tables.LocalApic(1, 8, 1)));
        SparseMemory both = new();
        foreach ((ulong at, byte[] bytes) in image.Pieces.Reverse())
            both.Put(at, bytes);
        image.Low.CopyTo(both.Low, 0);
        Assert.Equal(ProcessorSource.Madt, Discover(both, ignoreAcpi: false, out _).Source);
        Assert.Equal(ProcessorSource.MpTable, Discover(both, ignoreAcpi: true, out _).Source);
        Assert.Equal(ProcessorSource.None, Discover(new SparseMemory(), ignoreAcpi: false, out faults).Source);
        Assert.Equal(0, faults.TotalCount);
    }

    [Fact]
    public void AgreesWithAModel()
    {
        Gen<(uint Id, uint Flags, bool IsWide)> entry =
            from isWide in Gen.Elements(true, false)
            from id in Gen.Frequency((5, Gen.Choose(0, 12)), (1, Gen.Choose(250, 260)), (1, Gen.Constant(-1)))
            from flags in Gen.Choose(0, 3)
            select ((uint)id, (uint)flags, isWide);
        Prop.ForAll(
            entry.ListOf().ToArbitrary(), Gen.Choose(0, 14).ToArbitrary(), Gen.Elements(254u, 0xFFFF_FFFEu).ToArbitrary(), IsAsTheModelSays)
            .Holds(1000);
    }

    private static bool IsAsTheModelSays(List<(uint Id, uint Flags, bool IsWide)> entries, int bootId, uint idMax)
    {
        byte[] bytes = Tables.Madt(5, [.. entries.Select(entry =>
            entry.IsWide ? Tables.LocalX2Apic(entry.Id, entry.Flags, 0) : Tables.LocalApic(0, (byte)entry.Id, entry.Flags))]);
        ProcessorList list = ListOf(bytes, (uint)bootId, idMax, out _);

        uint boot = (uint)bootId;
        var sound = entries
            .Select(entry => (Id: entry.IsWide ? entry.Id : (byte)entry.Id, entry.Flags, entry.IsWide))
            .Where(entry => entry.Id != (entry.IsWide ? uint.MaxValue : 255u))
            .Select(entry => (entry.Id, Rank: RankOf(entry.Id, entry.Flags, boot, idMax)))
            .ToList();
        List<(uint, ProcessorAvailability)> expected = [(boot, ProcessorAvailability.Enabled)];
        if (sound.Any(entry => entry.Rank == ProcessorAvailability.Enabled || (entry.Rank == ProcessorAvailability.OutOfRange && IsEnabled(entries, entry.Id))))
        {
            expected.AddRange(sound.Where(entry => entry.Id != boot)
                .GroupBy(entry => entry.Id)
                .Select(group => (Id: group.Key, Rank: group.Min(entry => entry.Rank), First: sound.FindIndex(entry => entry.Id == group.Key && entry.Rank == group.Min(x => x.Rank))))
                .OrderBy(cpu => cpu.Rank).ThenBy(cpu => cpu.First)
                .Select(cpu => (cpu.Id, cpu.Rank)));
        }

        return expected.SequenceEqual(list.Entries.ToArray().Select(cpu => (cpu.ApicId.Value, cpu.Availability)))
            && list.Entries.ToArray().Select((cpu, i) => list.TryFind(cpu.ApicId, out int index) && index == i).All(isFound => isFound);
    }

    private static bool IsEnabled(List<(uint Id, uint Flags, bool IsWide)> entries, uint id) =>
        entries.Any(entry => (entry.Flags & 1) != 0 && (entry.IsWide ? entry.Id == id : (byte)entry.Id == id && id != 255)); // a narrow 255 is the broadcast address

    private static ProcessorAvailability RankOf(uint id, uint flags, uint boot, uint idMax)
    {
        ProcessorAvailability said = (flags & 1) != 0 ? ProcessorAvailability.Enabled
            : (flags & 2) != 0 ? ProcessorAvailability.OnlineCapable : ProcessorAvailability.Disabled;
        return id > idMax && id != boot && said != ProcessorAvailability.Disabled ? ProcessorAvailability.OutOfRange : said;
    }

    private static ProcessorList Discover(SparseMemory image, bool ignoreAcpi, out FaultLog faults)
    {
        faults = default;
        bool hasMp = MpConfiguration.TryFind(image.Memory, new byte[256], ref faults, out MpConfiguration mp);
        AcpiTables.TryLoad(image.Memory, default, ref faults, out AcpiTables tables);
        ProcessorList list = default;
        var options = new DiscoveryOptions { BootProcessor = new ApicId(0), ApicIdMax = 254, IgnoreAcpi = ignoreAcpi };
        ProcessorDiscovery.Run(image.Memory, in tables, mp, hasMp, in options, ref list, ref faults);
        return list;
    }
}
