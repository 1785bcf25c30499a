// ACPI structures that are missing, contradictory or damaged.
using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Commence.Firmware.Cpus;
using Xunit;
using static Commence.Tests.Firmware.Tables;

namespace Commence.Tests.Firmware;

public class AcpiTests
{
    private const uint A = 0x1000_0000;
    private const uint B = 0x1001_0000;
    private const uint C = 0x1002_0000;

    private static SparseMemory Machine(params (ulong At, byte[] Bytes)[] pieces)
    {
        SparseMemory image = new();
        foreach ((ulong at, byte[] bytes) in pieces)
            image.Put(at, bytes);
        return image;
    }

    private static AcpiTables Load(SparseMemory image, out FaultLog faults, ulong given = 0)
    {
        faults = default;
        AcpiTables.TryLoad(image.Memory, new PhysAddr(given), ref faults, out AcpiTables tables);
        return tables;
    }

    private static List<(uint Id, ProcessorAvailability Availability)> Read(byte[] madt, out FaultLog faults, uint boot = 0)
    {
        Madt table = CapturedMachineTests.OpenMadt(madt, out faults);
        ProcessorList list = default;
        list.Begin(new ApicId(boot), 0xFFFF_FFFE);
        list.TryAddMadt(table, ref faults);
        return [.. list.Entries.ToArray().Select(cpu => (cpu.ApicId.Value, cpu.Availability))];
    }

    private static byte[] Faulty(string name) =>
        System.IO.File.ReadAllBytes(System.IO.Path.Combine(CapturedMachine.Root, "madt-faulty", name + ".aml"));

    [Fact]
    public void FindsThePointerInTheEbdaBeforeTheRom()
    {
        SparseMemory image = Machine((0xF5200, Rsdp(A)), (0x9F100, Rsdp(B)), (A, Rsdt(C)), (B, Rsdt(C)), (C, Madt(3)));
        Assert.Equal(0xF5200ul, Load(image, out _).Rsdp.At.Value);
        BitConverter.TryWriteBytes(image.Low.AsSpan(0x40E), (ushort)0x9F10);
        Assert.Equal(0x9F100ul, Load(image, out _).Rsdp.At.Value);
        Assert.Equal(0xF5200ul, Load(image, out FaultLog faults, given: 0xF5200).Rsdp.At.Value); // boot information wins
        Assert.Equal(0, faults.TotalCount);
        Assert.Equal(0x9F100ul, Load(image, out faults, given: 0xDEAD_0000).Rsdp.At.Value);      // unless it is wrong
        Assert.True(faults.Contains(FirmwarePart.Rsdp, FaultKind.Unreadable));
    }

    [Fact]
    public void PassesOverAPointerWithAWrongChecksum()
    {
        byte[] broken = Rsdp(A);
        broken[8]++;
        AcpiTables tables = Load(Machine((0xE0000, broken), (0xE0010 + 16, Rsdp(B)), (B, Rsdt(C)), (C, Madt(3))), out FaultLog faults);
        Assert.Equal(B, tables.Rsdp.Rsdt.Value);
        Assert.Equal((1, FaultKind.BadChecksum), (faults.TotalCount, faults[0].Kind));
    }

    [Fact]
    public void FallsBackToTheRsdt()
    {
        byte[] broken = Rsdp(A, B, 2);
        broken[32]++;
        AcpiTables tables = Load(Machine((0xE0000, broken), (A, Rsdt(C)), (B, Xsdt(C)), (C, Madt(3))), out FaultLog faults);
        Assert.Equal((false, 1), (tables.IsFromXsdt, tables.Count));
        Assert.Equal((1, FaultKind.BadChecksum), (faults.TotalCount, faults[0].Kind));

        foreach (byte[] xsdt in (byte[][])[Xsdt(), Rsdt(C), []])
        {
            tables = Load(Machine((0xE0000, Rsdp(A, B, 2)), (A, Rsdt(C)), (B, xsdt), (C, Madt(3))), out _);
            Assert.Equal((false, 1), (tables.IsFromXsdt, tables.Count));
        }

        tables = Load(Machine((0xE0000, Rsdp(A, B, 2)), (A, Rsdt(C)), (B, Xsdt(C)), (C, Madt(3))), out faults);
        Assert.Equal((true, 1, 0), (tables.IsFromXsdt, tables.Count, faults.TotalCount));
    }

    [Fact]
    public void PassesOverNullDuplicateAndUnreadableEntries()
    {
        AcpiTables tables = Load(Machine((0xE0000, Rsdp(A)), (A, Rsdt(0, C, C, 0xF000_0000)), (C, Madt(3))), out FaultLog faults);
        Assert.Equal(1, tables.Count);
        Assert.Equal([FaultKind.NullPointer, FaultKind.Duplicate, FaultKind.Unreadable], faults.Faults.ToArray().Select(fault => fault.Kind));
        Assert.Equal([36ul, 44ul, 48ul], faults.Faults.ToArray().Select(fault => fault.Offset));
    }

    [Fact]
    public void KeepsATableWithAWrongChecksumAndSaysSo()
    {
        byte[] madt = Faulty("badsum");
        Assert.Equal([(0u, ProcessorAvailability.Enabled), (1u, ProcessorAvailability.Enabled)], Read(madt, out FaultLog faults));
        Assert.True(faults.Contains(FirmwarePart.Madt, FaultKind.BadChecksum));
        Assert.True(AcpiTable.TryParse(madt, FirmwarePart.Madt, out AcpiTable table, out _));
        Assert.False(table.IsChecksumValid);
    }

    [Fact]
    public void ListsNoMoreTablesThanItHolds()
    {
        SparseMemory image = Machine((0xE0000, Rsdp(A)), (A, Rsdt([.. Enumerable.Range(0, 100).Select(i => B + ((uint)i * 64))])));
        image.Put(B, [.. Enumerable.Repeat((byte[])[.. Acpi("SSDT", 2), .. new byte[28]], 100).SelectMany(x => x)]);
        AcpiTables tables = Load(image, out FaultLog faults);
        Assert.Equal((AcpiTables.Capacity, 100 - AcpiTables.Capacity), (tables.Count, tables.LeftOutCount));
        Assert.True(faults.Contains(FirmwarePart.Rsdt, FaultKind.TooMany));
        Assert.True(tables.TryFind("SSDT"u8, out AcpiTableEntry third, skip: 2));
        Assert.Equal(B + 128, third.At.Value);
        Assert.False(tables.TryFind("SSD"u8, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(35)]
    [InlineData(0x1000001)]
    [InlineData(-1)]
    public void RefusesImpossibleLengths(int length)
    {
        byte[] madt = Madt(3, LocalApic(0, 0, 1));
        BitConverter.TryWriteBytes(madt.AsSpan(4), length);
        AcpiTables tables = Load(Machine((0xE0000, Rsdp(A)), (A, Rsdt(C)), (C, madt)), out FaultLog faults);
        Assert.Equal(0, tables.Count);
        Assert.Equal((FirmwarePart.AcpiTable, FaultKind.BadLength, (ulong)(uint)length), (faults[0].Part, faults[0].Kind, faults[0].Value));
    }

    [Fact]
    public void AGhostOfAProcessorIsListed() // only an attempt to start it can tell
    {
        Assert.Equal([0u, 1u, 7u], Read(Faulty("ghost"), out FaultLog faults).Select(cpu => cpu.Id));
        Assert.Equal(0, faults.TotalCount);
    }

    [Fact]
    public void MergesDuplicates()
    {
        Assert.Equal([0u, 1u], Read(Faulty("dup"), out FaultLog faults).Select(cpu => cpu.Id));
        Assert.Equal((1, FaultKind.Duplicate, 1ul), (faults.TotalCount, faults[0].Kind, faults[0].Value));
    }

    [Fact]
    public void GoesOnBehindAnEntryOfLengthZeroIfTheRestIsWhole()
    {
        byte[] bytes = Faulty("zerolen");
        Assert.Equal([0u, 1u], Read(bytes, out FaultLog faults).Select(cpu => cpu.Id));
        Assert.Equal((1, FaultKind.ZeroLength, 0x3Cul), (faults.TotalCount, faults[0].Kind, faults[0].Offset));
        Madt madt = CapturedMachineTests.OpenMadt(bytes, out _);
        List<MadtEntryType> types = [];
        foreach (MadtEntry entry in madt.Entries)
            types.Add(entry.Type);
        Assert.Equal(2 + 1 + 5 + 1, types.Count);
        Assert.Equal(MadtEntryType.LocalApicNmi, types[^1]);
    }

    [Fact]
    public void StopsAtAnEntryOfLengthZeroIfTheRestIsNotWhole()
    {
        byte[] bytes = Madt(3, LocalApic(0, 0, 1), [0, 0], LocalApic(1, 1, 1), [0, 0], LocalApic(2, 2, 1));
        Assert.Equal([0u], Read(bytes, out FaultLog faults).Select(cpu => cpu.Id));
        Assert.Equal((1, FaultKind.ZeroLength, 52ul), (faults.TotalCount, faults[0].Kind, faults[0].Offset));
    }

    [Fact]
    public void KeepsWhatPrecedesACutEntry()
    {
        Assert.Equal([0u, 1u], Read(Faulty("trunc"), out FaultLog faults).Select(cpu => cpu.Id));
        Assert.Equal((1, FaultKind.Truncated, 0x80ul), (faults.TotalCount, faults[0].Kind, faults[0].Offset));
    }

    [Fact]
    public void PassesOverAnEntryShorterThanItsType()
    {
        byte[] bytes = Madt(3, [0, 4, 9, 9], LocalApic(0, 0, 1), [0, 10, 1, 1, 1, 0, 0, 0, 0xAA, 0xAA]);
        Assert.Equal([0u, 1u], Read(bytes, out FaultLog faults).Select(cpu => cpu.Id));
        Assert.Equal((1, FaultKind.BadLength, 44ul, 4ul), (faults.TotalCount, faults[0].Kind, faults[0].Offset, faults[0].Value));
    }

    [Fact]
    public void ABootProcessorMarkedDisabledRunsAllTheSame()
    {
        Assert.Equal([(0u, ProcessorAvailability.Enabled), (1u, ProcessorAvailability.Enabled)], Read(Faulty("bspdis"), out FaultLog faults));
        Assert.Equal((1, FaultKind.BootProcessorDisabled), (faults.TotalCount, faults[0].Kind));
    }

    [Fact]
    public void ReadsOnlineCapableFromRevision5On()
    {
        // "online" has revision 5, CPU 1 online capable only, and an enabled entry with the broadcast id 255.
        byte[] bytes = Faulty("online");
        Assert.Equal([(0u, ProcessorAvailability.Enabled), (1u, ProcessorAvailability.OnlineCapable)], Read(bytes, out _));
        bytes[8] = 4;
        Assert.Equal([(0u, ProcessorAvailability.Enabled), (1u, ProcessorAvailability.Disabled)], Read(bytes, out _));
    }

    [Fact]
    public void TakesTheWiderLocalApicAddress()
    {
        Madt madt = CapturedMachineTests.OpenMadt(Madt(3, [5, 12, 0, 0, .. Bytes64(0x12_FEE0_0000)]), out _);
        Assert.Equal(0x12_FEE0_0000ul, madt.LocalApic.Value);
        Assert.True(madt.HasLegacyPics);
    }

    [Fact]
    public void ReadsNmiSources()
    {
        Assert.True(MadtNmiSource.TryParse([3, 8, 0x0F, 0, .. Bytes(23)], out MadtNmiSource source));
        Assert.Equal((23u, InterruptPolarity.Low, InterruptTrigger.Level), (source.Gsi, source.Mode.Polarity, source.Mode.Trigger));
        Assert.True(MadtLocalApicNmi.TryParse([4, 6, 3, 5, 0, 1], out MadtLocalApicNmi nmi));
        Assert.Equal((false, 3u, 1, InterruptTrigger.Edge), (nmi.IsForAll, nmi.Uid, nmi.LocalInput, nmi.Mode.Trigger));
        Assert.True(MadtLocalApicNmi.TryParse([10, 12, 5, 0, .. Bytes(300), 1, 0, 0, 0], out nmi));
        Assert.Equal((false, 300u, 1), (nmi.IsForAll, nmi.Uid, nmi.LocalInput));
    }

    [Theory]
    [InlineData("08 5F 53 35 5F 12 06 04 00 00 00 00", 0, 0)]
    [InlineData("08 5C 5F 53 35 5F 12 0A 04 0A 05 0A 07 00 00", 5, 7)]
    [InlineData("08 5F 53 35 5F 12 08 02 0B 07 00 01", 7, 1)]
    [InlineData("08 5F 53 35 5F 12 46 00 01 0C 03 00 00 00", 3, 0)]                 // length in two bytes, one element
    [InlineData("5F 53 35 5F 08 5F 53 35 5F 12 06 04 01 01 00 00", 1, 1)]           // the first mention is no name
    [InlineData("08 5F 53 35 5F 12 06 02 0A 09 00 08 5F 53 35 5F 12 04 02 0A 06 0A 06", 6, 6)] // 9 does not fit the register
    public void FindsTheSoftOffSleepType(string hex, byte first, byte second)
    {
        Assert.True(SleepType.TryFindSoftOff(FromHex(hex), out SleepType type));
        Assert.Equal((first, second), (type.Pm1a, type.Pm1b));
    }

    [Theory]
    [InlineData("")]
    [InlineData("08 5F 53 35 5F")]
    [InlineData("08 5F 53 35 5F 12")]
    [InlineData("08 5F 53 35 5F 12 C6")]
    [InlineData("08 5F 53 35 5F 12 06 04 0A")]
    [InlineData("08 5F 53 35 5F 12 06 00 00 00")]
    [InlineData("14 5F 53 35 5F 12 06 04 00 00 00 00")]
    [InlineData("08 5F 53 35 5F 12 06 04 60 00 00 00")]   // a local variable: computed
    public void FindsNoSleepTypeWhereThereIsNone(string hex) => Assert.False(SleepType.TryFindSoftOff(FromHex(hex), out _));

    [Theory]
    [InlineData("ghost")]
    [InlineData("zerolen")]
    public void FindsTheSleepTypeInAForgedMachine(string name)
    {
        byte[] blob = System.IO.File.ReadAllBytes(System.IO.Path.Combine(CapturedMachine.Root, "acpi-forged", name, "tables.bin"));
        Assert.True(SleepType.TryFindSoftOff(blob, out SleepType type));
        Assert.Equal((0, 0), (type.Pm1a, type.Pm1b));
    }

    [Fact]
    public void ReadsSratDomainsByRevision()
    {
        byte[] narrow = [0, 16, 5, 9, .. Bytes(1), 0xEE, 1, 2, 3, .. Bytes(0)];
        Assert.True(SratProcessor.TryParse(narrow, 1, out SratProcessor cpu));
        Assert.Equal((5u, 9u, true), (cpu.Domain, cpu.ApicId.Value, cpu.IsEnabled));
        Assert.True(SratProcessor.TryParse(narrow, 2, out cpu));
        Assert.Equal(0x03020105u, cpu.Domain);
        Assert.True(SratProcessor.TryParse([2, 24, 0, 0, .. Bytes(7, 0x220, 1, 0, 0)], 2, out cpu));
        Assert.Equal((7u, 0x220u, true), (cpu.Domain, cpu.ApicId.Value, cpu.IsEnabled));

        byte[] memory = [1, 40, .. Bytes(0x0201_0003)[..4], 0, 0, .. Bytes64(1 << 30, 1 << 20), .. Bytes(0, 3, 0, 0)];
        Assert.True(SratMemory.TryParse(memory, 1, out SratMemory range));
        Assert.Equal((3u, 1ul << 30, 1ul << 20, true, true, false),
            (range.Domain, range.Range.Start.Value, range.Range.Length, range.IsEnabled, range.IsHotPluggable, range.IsNonVolatile));
        Assert.True(SratMemory.TryParse(memory, 3, out range));
        Assert.Equal(0x0201_0003u, range.Domain);
        BitConverter.TryWriteBytes(memory.AsSpan(8), ulong.MaxValue);
        Assert.False(SratMemory.TryParse(memory, 3, out _));
    }

    [Theory]
    [InlineData(0, FaultKind.BadCount)]
    [InlineData(5000, FaultKind.BadCount)]
    [InlineData(ulong.MaxValue, FaultKind.BadCount)]
    [InlineData(3, FaultKind.Truncated)]
    public void RefusesASlitWithoutItsMatrix(ulong count, FaultKind expected)
    {
        Assert.True(AcpiTable.TryParse(Acpi("SLIT", 1, Bytes64(count), [10, 20, 20, 10]), FirmwarePart.Slit, out AcpiTable table, out _));
        Assert.False(Slit.TryParse(table, out _, out ParseFault fault));
        Assert.Equal(expected, fault.Kind);
    }

    [Theory]
    [InlineData(11, 20, 44)]
    [InlineData(10, 10, 45)]
    [InlineData(10, 5, 45)]
    public void RefusesASlitThatContradictsItself(byte self, byte other, ulong offset)
    {
        Assert.True(AcpiTable.TryParse(Acpi("SLIT", 1, Bytes64(2), [self, other, 20, 10]), FirmwarePart.Slit, out AcpiTable table, out _));
        Assert.False(Slit.TryParse(table, out _, out ParseFault fault));
        Assert.Equal((FaultKind.BadValue, offset), (fault.Kind, fault.Offset));
    }

    [Fact]
    public void ReadsAnOldFadtWithoutReadingBehindIt()
    {
        byte[] body = new byte[116 - 36];
        BitConverter.TryWriteBytes(body.AsSpan(64 - 36), 0xB004);
        body[89 - 36] = 2;
        BitConverter.TryWriteBytes(body.AsSpan(112 - 36), 1 << 10);
        Assert.True(AcpiTable.TryParse(Acpi("FACP", 1, body), FirmwarePart.Fadt, out AcpiTable table, out _));
        Assert.True(Fadt.TryParse(table, out Fadt fadt, out _));
        Assert.Equal((AddressSpace.Io, 0xB004ul, 16), (fadt.Pm1aControl.Space, fadt.Pm1aControl.Address, fadt.Pm1aControl.BitWidth));
        Assert.False(fadt.ResetRegister.IsPresent);
        Assert.False(fadt.SleepControl.IsPresent);
        Assert.Equal((0, 0, 0), (fadt.ResetValue, fadt.MinorRevision, fadt.BootArchitecture));
        Assert.False(Fadt.TryParse(default, out _, out _));
    }

    private static byte[] FromHex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
