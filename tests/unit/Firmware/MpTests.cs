// MP structures that no machine at hand has: default configurations, PIC mode, every place of the search, extended entries,
// and damage of each kind.
using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Firmware;
using Commence.Firmware.Cpus;
using Commence.Firmware.Mp;
using Xunit;

namespace Commence.Tests.Firmware;

public class MpTests
{
    private const uint TableAt = 0x9000;

    private static readonly byte[][] s_twoCpus = [Tables.MpCpu(0, 3), Tables.MpCpu(1, 1)];

    private static bool TryFind(SparseMemory image, out MpConfiguration mp, out FaultLog faults)
    {
        faults = default;
        return MpConfiguration.TryFind(image.Memory, new byte[MpDefaultTable.SizeBytesMax], ref faults, out mp);
    }

    private static SparseMemory Machine(ulong pointerAt, byte[] pointer, byte[]? table = null)
    {
        SparseMemory image = new();
        image.Put(pointerAt, pointer);
        if (table is not null)
            image.Put(TableAt, table);
        return image;
    }

    private static byte[] TableOf(params byte[][] entries) => Tables.MpTable(entries);

    private static int CountEntries(MpTable table)
    {
        int count = 0;
        foreach (MpEntry entry in table.Entries)
            count += entry.Bytes.IsEmpty ? 0 : 1;
        return count;
    }

    private static FaultLog FaultsOf(byte[] bytes, out int count)
    {
        Assert.True(MpTable.TryParse(bytes, out MpTable table, out _));
        FaultLog faults = default;
        table.FindFaults(ref faults);
        count = CountEntries(table);
        return faults;
    }

    [Theory]
    [InlineData(0x81230, 0x8123, 0)]      // EBDA
    [InlineData(0x815F0, 0x8123, 0)]      // its first KiB ends at 0x81630
    [InlineData(0x7FC00, 0, 512)]         // last KiB of base memory
    [InlineData(0x7FFF0, 0, 512)]
    [InlineData(0x9FC00, 0, 0)]           // 639K, though the BIOS data area is empty
    [InlineData(0x9FFF0, 0, 0)]
    [InlineData(0x7FC00, 0, 0)]           // 511K
    [InlineData(0x10, 0, 0)]              // low page
    [InlineData(0xFF0, 0, 0)]
    [InlineData(0xF0000, 0, 0)]           // ROM
    [InlineData(0xFFFF0, 0, 0)]
    public void FindsThePointerInEachPlace(ulong at, int ebdaSegment, int baseKibibytes)
    {
        SparseMemory image = Machine(at, Tables.MpPointer(TableAt), TableOf(s_twoCpus));
        BitConverter.TryWriteBytes(image.Low.AsSpan(0x40E), (ushort)ebdaSegment);
        BitConverter.TryWriteBytes(image.Low.AsSpan(0x413), (ushort)baseKibibytes);
        Assert.True(TryFind(image, out MpConfiguration mp, out FaultLog faults));
        Assert.Equal((at, 2, 0), (mp.Pointer.At.Value, CountEntries(mp.Table), faults.TotalCount));
    }

    [Theory]
    [InlineData(0x81640, 0x8123, 0)]      // behind the EBDA's first KiB
    [InlineData(0x9FC08, 0, 0)]           // not on 16 bytes
    [InlineData(0xE0000, 0, 0)]           // no MP pointer belongs there
    [InlineData(0x1000, 0, 0)]
    [InlineData(0x50000, 0, 0)]
    [InlineData(0xA0000, 0xA000, 0)]      // an EBDA pointer that cannot be true
    public void LooksNowhereElse(ulong at, int ebdaSegment, int baseKibibytes)
    {
        SparseMemory image = Machine(at, Tables.MpPointer(TableAt), TableOf(s_twoCpus));
        BitConverter.TryWriteBytes(image.Low.AsSpan(0x40E), (ushort)ebdaSegment);
        BitConverter.TryWriteBytes(image.Low.AsSpan(0x413), (ushort)baseKibibytes);
        Assert.False(TryFind(image, out _, out FaultLog faults));
        Assert.Equal(0, faults.TotalCount);
    }

    [Fact]
    public void PrefersTheEbdaToTheRom()
    {
        SparseMemory image = Machine(0xF0000, Tables.MpPointer(TableAt), TableOf(s_twoCpus));
        image.Put(0x80000, Tables.MpPointer(0xA000));
        image.Put(0xA000, TableOf(Tables.MpCpu(9, 1)));
        BitConverter.TryWriteBytes(image.Low.AsSpan(0x40E), (ushort)0x8000);
        Assert.True(TryFind(image, out MpConfiguration mp, out _));
        Assert.Equal(0x80000ul, mp.Pointer.At.Value);
    }

    [Theory]
    [InlineData(8, 2, FaultKind.BadLength)]
    [InlineData(8, 0, FaultKind.BadLength)]
    [InlineData(9, 2, FaultKind.BadRevision)]
    [InlineData(9, 0, FaultKind.BadRevision)]
    [InlineData(10, 0x77, FaultKind.BadChecksum)]
    public void PassesOverAnUnsoundPointer(int offset, byte value, FaultKind expected)
    {
        byte[] broken = Tables.MpPointer(TableAt);
        broken[offset] = value;
        if (expected != FaultKind.BadChecksum)
            Tables.WithChecksum(broken, 10);
        SparseMemory image = Machine(0x9FC00, broken, TableOf(s_twoCpus));
        image.Put(0xF1230, Tables.MpPointer(TableAt));
        Assert.True(TryFind(image, out MpConfiguration mp, out FaultLog faults));
        Assert.Equal(0xF1230ul, mp.Pointer.At.Value);
        Assert.Equal((1, expected, (ulong)offset), (faults.TotalCount, faults[0].Kind, faults[0].Offset));
    }

    [Theory]
    [InlineData(0, (byte)'Q', FaultKind.BadSignature)]
    [InlineData(4, 43, FaultKind.BadLength)]
    [InlineData(6, 9, FaultKind.BadRevision)]
    [InlineData(7, 0x55, FaultKind.BadChecksum)]
    public void PassesOverAnUnsoundTable(int offset, byte value, FaultKind expected)
    {
        byte[] broken = TableOf(s_twoCpus);
        broken[offset] = value;
        if (expected == FaultKind.BadRevision)
            Tables.WithChecksum(broken, 7);
        SparseMemory image = Machine(0x9FC00, Tables.MpPointer(TableAt), broken);
        image.Put(0xF1230, Tables.MpPointer(0xA000));
        image.Put(0xA000, TableOf(Tables.MpCpu(9, 1)));
        Assert.True(TryFind(image, out MpConfiguration mp, out FaultLog faults));
        Assert.Equal(0xF1230ul, mp.Pointer.At.Value);
        Assert.True(faults.Contains(FirmwarePart.MpTable, expected));
    }

    [Fact]
    public void ANullOrUnreachableTableIsNamed()
    {
        Assert.False(TryFind(Machine(0x9FC00, Tables.MpPointer(0)), out _, out FaultLog faults));
        Assert.True(faults.Contains(FirmwarePart.MpPointer, FaultKind.NullPointer));
        Assert.False(TryFind(Machine(0x9FC00, Tables.MpPointer(0xF000_0000)), out _, out faults));
        Assert.True(faults.Contains(FirmwarePart.MpTable, FaultKind.Unreadable));
        Assert.Equal(0xF000_0000ul, faults[0].Value);
    }

    [Fact]
    public void ReadsTheImcrBit()
    {
        Assert.True(TryFind(Machine(0x9FC00, Tables.MpPointer(TableAt, hasImcr: true), TableOf(s_twoCpus)), out MpConfiguration mp, out _));
        Assert.True(mp.Pointer.HasImcr);
    }

    [Theory]
    [InlineData(1, MpBusKind.Isa, false, 16)]
    [InlineData(2, MpBusKind.Eisa, false, 14)]
    [InlineData(3, MpBusKind.Eisa, false, 16)]
    [InlineData(4, MpBusKind.MicroChannel, false, 16)]
    [InlineData(5, MpBusKind.Isa, true, 16)]
    [InlineData(6, MpBusKind.Eisa, true, 16)]
    [InlineData(7, MpBusKind.MicroChannel, true, 16)]
    public void WritesTheDefaultConfigurations(byte number, MpBusKind bus, bool isIntegrated, int interrupts)
    {
        Assert.True(TryFind(Machine(0xF0000, Tables.MpPointer(0, number)), out MpConfiguration mp, out FaultLog faults));
        Assert.Equal(0, faults.TotalCount);
        Assert.True(mp.IsDefault);
        Assert.True(mp.TableRange.IsEmpty);
        List<uint> ids = [];
        List<MpBusKind> buses = [];
        List<MpInterrupt> wires = [];
        foreach (MpEntry entry in mp.Table.Entries)
        {
            if (MpProcessor.TryParse(entry.Bytes, out MpProcessor cpu))
            {
                ids.Add(cpu.ApicId.Value);
                Assert.True(cpu.IsEnabled);
                Assert.Equal(isIntegrated, cpu.ApicVersion >= 0x10);
            }
            else if (MpBus.TryParse(entry.Bytes, out MpBus found))
                buses.Add(found.Kind);
            else if (MpInterrupt.TryParse(entry.Bytes, out MpInterrupt wire))
                wires.Add(wire);
            else if (MpIoApic.TryParse(entry.Bytes, out MpIoApic apic))
                Assert.Equal((2, 0xFEC00000ul, true), (apic.Id, apic.Address.Value, apic.IsUsable));
        }

        Assert.Equal([0u, 1u], ids);
        Assert.Equal(isIntegrated ? [bus, MpBusKind.Pci] : [bus], buses);
        Assert.Equal(interrupts, wires.Count(wire => !wire.IsLocal));
        Assert.Equal(number != 2, wires.Any(wire => !wire.IsLocal && wire is { Kind: MpInterruptKind.Vectored, SourceIrq: 0, Pin: 2 }));
        Assert.Contains(wires, wire => !wire.IsLocal && wire is { Kind: MpInterruptKind.External, Pin: 0 });
        Assert.Contains(wires, wire => wire is { IsLocal: true, Kind: MpInterruptKind.Nmi, Pin: 1, Destination: MpInterrupt.AllApics });

        ProcessorList list = default;
        list.Begin(new ApicId(1), 254);
        Assert.True(list.TryAddMp(mp, ref faults));
        Assert.Equal((ProcessorSource.MpDefault, number, 2), (list.Source, list.DefaultConfiguration, list.EnabledCount));
        Assert.Equal([1u, 0u], list.Entries.ToArray().Select(cpu => cpu.ApicId.Value));
    }

    [Fact]
    public void AnUnknownDefaultConfigurationIsNamed()
    {
        Assert.False(TryFind(Machine(0xF0000, Tables.MpPointer(0, 8)), out _, out FaultLog faults));
        Assert.Equal((FirmwarePart.MpPointer, FaultKind.BadValue, 8ul), (faults[0].Part, faults[0].Kind, faults[0].Value));
        Assert.False(MpDefaultTable.TryWrite(1, new byte[10], out _));
    }

    [Fact]
    public void WalksByLengthWhereTheCountLies()
    {
        FaultLog faults = FaultsOf(Tables.MpTable(s_twoCpus, count: 0), out int count);
        Assert.Equal((2, 1, FaultKind.BadCount), (count, faults.TotalCount, faults[0].Kind));
        faults = FaultsOf(Tables.MpTable(s_twoCpus, count: 900), out count);
        Assert.Equal((2, 1, 900ul), (count, faults.TotalCount, faults[0].Value));
    }

    [Fact]
    public void StopsAtAnUnknownTypeAndKeepsWhatCameBefore()
    {
        FaultLog faults = FaultsOf(TableOf(Tables.MpCpu(0, 3), [77, 0, 0, 0, 0, 0, 0, 0], Tables.MpCpu(1, 1)), out int count);
        Assert.Equal(1, count);
        Assert.Equal((FaultKind.UnknownType, 64ul, 77ul), (faults[0].Kind, faults[0].Offset, faults[0].Value));
    }

    [Fact]
    public void StopsAtACutEntry()
    {
        FaultLog faults = FaultsOf(TableOf(Tables.MpCpu(0, 3), Tables.MpCpu(1, 1)[..19]), out int count);
        Assert.Equal(1, count);
        Assert.Equal((FaultKind.Truncated, 64ul), (faults[0].Kind, faults[0].Offset));
    }

    [Fact]
    public void StepsOverExtendedEntriesByTheirLength()
    {
        byte[] extension = [128, 20, .. new byte[18], 129, 8, 0, 0, 0, 0, 0, 0, 200, 2];
        byte[] bytes = Tables.MpTable(s_twoCpus, extension);
        Assert.True(MpTable.TryParse(bytes, out MpTable table, out _));
        List<(MpEntryType, int, int)> found = [];
        foreach (MpEntry entry in table.ExtendedEntries)
            found.Add((entry.Type, entry.Offset, entry.Bytes.Length));
        Assert.Equal([(MpEntryType.SystemAddressSpace, 0, 20), (MpEntryType.BusHierarchy, 20, 8), ((MpEntryType)200, 28, 2)], found);
        Assert.Equal(bytes.Length, table.StatedLength);
        Assert.Equal(0, FaultsOf(bytes, out _).TotalCount);

        bytes[^1] = 0; // a length of zero would never end; the checksum is wrong as well
        FaultLog faults = FaultsOf(bytes, out int count);
        Assert.Equal(2, count);
        Assert.True(faults.Contains(FirmwarePart.MpTable, FaultKind.BadChecksum));
        Assert.True(faults.Contains(FirmwarePart.MpExtension, FaultKind.ZeroLength));

        faults = FaultsOf(bytes[..^5], out count);
        Assert.Equal(2, count);
        Assert.True(faults.Contains(FirmwarePart.MpExtension, FaultKind.Truncated));
    }

    [Fact]
    public void AnUnreadableExtensionDoesNotCostTheTable()
    {
        byte[] bytes = Tables.MpTable(s_twoCpus, [128, 20, .. new byte[18]]);
        SparseMemory image = Machine(0xF0000, Tables.MpPointer(0x4000_0000));
        image.Put(0x4000_0000, bytes.AsSpan(0, bytes.Length - 20));
        Assert.True(TryFind(image, out MpConfiguration mp, out FaultLog faults));
        Assert.Equal(2, CountEntries(mp.Table));
        Assert.True(faults.Contains(FirmwarePart.MpExtension, FaultKind.Truncated));
        Assert.Equal((ulong)bytes.Length, mp.TableRange.Length); // reserved whole all the same
    }

    [Fact]
    public void ReadsInterruptModes()
    {
        Assert.True(MpInterrupt.TryParse([3, 0, 0x0F, 0, 1, 0x2C, 2, 19], out MpInterrupt wire));
        Assert.Equal((InterruptPolarity.Low, InterruptTrigger.Level), (wire.Mode.Polarity, wire.Mode.Trigger));
        Assert.Equal((1, 0x2C, 2, 19, false), (wire.SourceBus, wire.SourceIrq, wire.Destination, wire.Pin, wire.IsLocal));
        Assert.False(MpInterrupt.TryParse([3, 0, 0, 0, 0, 0, 0], out _));
        Assert.False(MpInterrupt.TryParse([2, 0, 0, 0, 0, 0, 0, 0], out _));
    }
}
