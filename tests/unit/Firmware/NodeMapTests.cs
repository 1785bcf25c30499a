// Nodes from SRAT and SLIT: numbers, ranges, distances, and tables that contradict themselves.
using System.Linq;
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Commence.Firmware.Numa;
using Commence.Lib;
using Xunit;
using static Commence.Tests.Firmware.Tables;

namespace Commence.Tests.Firmware;

public class NodeMapTests
{
    private const uint Enabled = 1;

    private static byte[] Cpu(uint domain, uint id, uint flags = Enabled) => [2, 24, 0, 0, .. Bytes(domain, id, flags, 0, 0)];

    private static byte[] NarrowCpu(byte domain, byte id) => [0, 16, domain, id, .. Bytes(Enabled, 0, 0)];

    private static byte[] Memory(uint domain, ulong start, ulong length, uint flags = Enabled) =>
        [1, 40, .. Bytes(domain), 0, 0, .. Bytes64(start, length), .. Bytes(0, flags), .. Bytes64(0)];

    private static bool TryRead(out NodeMap map, out FaultLog faults, params byte[][] entries)
    {
        byte[] bytes = Acpi("SRAT", 3, [new byte[12], .. entries]);
        Assert.True(AcpiTable.TryParse(bytes, FirmwarePart.Srat, out AcpiTable table, out _));
        Assert.True(Srat.TryParse(table, out Srat srat, out _));
        faults = default;
        map = default;
        return map.TryRead(srat, ref faults);
    }

    private static byte[] SlitOf(int count, params byte[] distances) => Acpi("SLIT", 1, [.. Bytes64((ulong)count), .. distances]);

    private static void ReadDistances(ref NodeMap map, byte[] bytes)
    {
        Assert.True(AcpiTable.TryParse(bytes, FirmwarePart.Slit, out AcpiTable table, out _));
        Assert.True(Slit.TryParse(table, out Slit slit, out _));
        map.ReadDistances(slit);
    }

    [Fact]
    public void NodesAreNumberedInTheOrderInWhichTheirDomainsAppear()
    {
        // Memory stands first in the table, yet processors count first; domain 9 has no processor.
        Assert.True(TryRead(out NodeMap map, out FaultLog faults, Memory(9, 0x8000_0000, 0x1000), Cpu(7, 0), NarrowCpu(2, 1), Cpu(7, 2), Memory(7, 0, 0x8000_0000)));
        Assert.Equal((3, 0), (map.Count, faults.TotalCount));
        Assert.Equal([7u, 2u, 9u], Enumerable.Range(0, 3).Select(map.DomainOf));
        Assert.True(map.TryFind(2, out int node) && node == 1);
        Assert.False(map.TryFind(8, out _));
        Assert.Equal([2, 0], map.Memory.ToArray().Select(memory => memory.Node));
    }

    [Fact]
    public void WithoutATableThereIsOneNode()
    {
        NodeMap map = default;
        Assert.Equal((1, false, (byte)10, (byte)20), (map.Count, map.IsFromFirmware, map.Distance(0, 0), map.Distance(0, 1)));
        Assert.False(TryRead(out map, out _, Cpu(3, 0, flags: 0))); // nothing is enabled
        Assert.Equal(1, map.Count);
    }

    [Fact]
    public void DistancesFollowDomains()
    {
        Assert.True(TryRead(out NodeMap map, out _, Cpu(2, 0), Cpu(0, 1), Cpu(5, 2)));
        ReadDistances(ref map, SlitOf(3, 10, 21, 22, 31, 10, 33, 41, 42, 10));
        Assert.Equal([10, 41, 20, 22, 10, 20, 20, 20, 10], from a in Enumerable.Range(0, 3) from b in Enumerable.Range(0, 3) select (int)map.Distance(a, b));
        Assert.True(map.TryFindAsymmetry(out int one, out int other));
        Assert.Equal((0, 1), (one, other));
        ReadDistances(ref map, SlitOf(3, 10, 21, 30, 21, 10, 33, 30, 33, 10));
        Assert.False(map.TryFindAsymmetry(out _, out _));
    }

    [Fact]
    public void TwoNodesCannotHaveTheSameMemory()
    {
        Assert.False(TryRead(out NodeMap map, out FaultLog faults, Memory(0, 0, 0x2000), Memory(1, 0x1000, 0x1000)));
        Assert.Equal((1, false), (map.Count, map.IsFromFirmware));
        Assert.True(faults.Contains(FirmwarePart.Srat, FaultKind.Duplicate));

        // The same node twice is only said; the first claim stands.
        Assert.True(TryRead(out map, out faults, Memory(0, 0, 0x2000), Memory(0, 0x1000, 0x1000), Memory(1, 0x2000, 0x1000)));
        Assert.Equal((2, 1), (map.Memory.Length, faults.TotalCount));
    }

    [Fact]
    public void ARangeThatWrapsIsNotBelieved()
    {
        Assert.False(TryRead(out _, out FaultLog faults, Memory(0, ulong.MaxValue - 10, 0x1000)));
        Assert.True(faults.Contains(FirmwarePart.Srat, FaultKind.Overflow));
    }

    [Fact]
    public void MoreThanTheKernelKeepsIsRefused()
    {
        Assert.True(TryRead(out NodeMap map, out _, [.. Enumerable.Range(0, NodeMap.Capacity).Select(i => Cpu((uint)i * 1000, (uint)i))]));
        Assert.Equal(NodeMap.Capacity, map.Count);
        Assert.False(TryRead(out map, out FaultLog faults, [.. Enumerable.Range(0, NodeMap.Capacity + 1).Select(i => Cpu((uint)i, (uint)i))]));
        Assert.True(faults.Contains(FirmwarePart.Srat, FaultKind.TooMany));
        Assert.False(TryRead(out map, out faults, [.. Enumerable.Range(0, NodeMap.MemoryCapacity + 1).Select(i => Memory(0, (ulong)i << 20, 0x1000))]));
        Assert.True(faults.Contains(FirmwarePart.Srat, FaultKind.TooMany));
        Assert.Equal(1, map.Count);
    }

    [Fact]
    public void MemoryThatNoNodeHasIsCounted()
    {
        Assert.True(TryRead(out NodeMap map, out _, Memory(0, 0, 0x8000), Memory(1, 0x9000, 0x7000)));
        Memblock memory = default;
        memory.TryAddMemory(default, 0x9800);
        memory.TryAddMemory(new PhysAddr(0x2_0000), 0x1000);
        Assert.Equal(0x2000ul, map.CountUncovered(in memory));
    }

    [Fact]
    public void RandomTables() => Fuzz.Run("nodes", 2, random =>
    {
        byte[] bytes = Fuzz.Mutate(Acpi("SRAT", (byte)random.Next(1, 4), new byte[12], Cpu(1, 0), Cpu(0, 1), NarrowCpu(3, 2), Memory(0, 0, 0x10000), Memory(1, 0x10000, 0x10000)), random);
        FaultLog faults = default;
        NodeMap map = default;
        if (!AcpiTable.TryParse(bytes, FirmwarePart.Srat, out AcpiTable table, out _) || !Srat.TryParse(table, out Srat srat, out _))
            return;

        map.TryRead(srat, ref faults);
        byte[] distances = Fuzz.Mutate(SlitOf(2, 10, 20, 20, 10), random);
        if (AcpiTable.TryParse(distances, FirmwarePart.Slit, out table, out _) && Slit.TryParse(table, out Slit slit, out _))
            map.ReadDistances(slit);
        Assert.True(map.Count is >= 1 and <= NodeMap.Capacity);
        for (int i = 0; i < map.Count; i++)
            Assert.Equal(10, map.Distance(i, i));
        foreach (NodeMemory memory in map.Memory)
            Assert.True(memory.Node < map.Count && memory.Region.End > memory.Region.Start);
        _ = map.TryFindAsymmetry(out _, out _);
    });
}
