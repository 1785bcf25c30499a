// mem= and memmap= on a small machine.
using System;
using System.Text;
using Commence.Firmware;
using Xunit;

namespace Commence.Tests.Firmware;

public class MemoryMapOptionTests
{
    private const ulong Mib = 1 << 20;

    private static MemoryMap Machine()
    {
        MemoryMap map = default;
        map.Add(new PhysAddr(0), 640 << 10, MemoryKind.Usable);
        map.Add(new PhysAddr(Mib), 127 * Mib, MemoryKind.Usable);
        map.Add(new PhysAddr(128 * Mib), 64 << 10, MemoryKind.AcpiReclaimable);
        map.Add(new PhysAddr(4096 * Mib), 1024 * Mib, MemoryKind.Usable);
        return map;
    }

    private static string Show(in MemoryMap map)
    {
        StringBuilder text = new();
        foreach (MemoryMapEntry region in map.Regions)
            text.Append($"{region.Start.Value:x}-{region.End.Value:x} {region.Kind}; ");
        return text.ToString().TrimEnd(' ', ';');
    }

    [Theory]
    [InlineData("64M", "0-a0000 Usable; 100000-4000000 Usable; 8000000-8010000 AcpiReclaimable")]
    [InlineData("0x200000", "0-a0000 Usable; 100000-200000 Usable; 8000000-8010000 AcpiReclaimable")]
    [InlineData("4G", "0-a0000 Usable; 100000-8000000 Usable; 8000000-8010000 AcpiReclaimable")]
    [InlineData("4T", "0-a0000 Usable; 100000-8000000 Usable; 8000000-8010000 AcpiReclaimable; 100000000-140000000 Usable")]
    public void LimitsMemory(string value, string expected)
    {
        MemoryMap map = Machine();
        Assert.True(MemoryMapOption.TryLimit(Encoding.ASCII.GetBytes(value), ref map));
        Assert.Equal(expected, Show(in map));

        map = Machine();
        Assert.True(MemoryMapOption.TryChange(Encoding.ASCII.GetBytes(value), ref map));
        Assert.Equal(expected, Show(in map));
    }

    [Theory]
    [InlineData("exactmap", "")]
    [InlineData("exactmap,640K@0,3M@1M", "0-a0000 Usable; 100000-400000 Usable")]
    [InlineData("exactmap,4M@0,1M$1M", "0-100000 Usable; 100000-200000 Reserved; 200000-400000 Usable")]
    [InlineData("exactmap,1M#1M,4M@0", "0-100000 Usable; 100000-200000 AcpiReclaimable; 200000-400000 Usable")]
    [InlineData("64K!1M,16M", "0-a0000 Usable; 100000-110000 Persistent; 110000-1000000 Usable; 8000000-8010000 AcpiReclaimable")]
    public void ChangesTheMap(string value, string expected)
    {
        MemoryMap map = Machine();
        Assert.True(MemoryMapOption.TryChange(Encoding.ASCII.GetBytes(value), ref map));
        Assert.Equal(expected, Show(in map));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData(",")]
    [InlineData("M")]
    [InlineData("1M@")]
    [InlineData("1M@x")]
    [InlineData("0@1M")]
    [InlineData("@1M")]
    [InlineData("1M%1M-1+2")]
    [InlineData("1M@1M@1M")]
    [InlineData("16777216T")]
    [InlineData("exactmaps")]
    public void RefusesNonsense(string value)
    {
        MemoryMap map = Machine();
        Assert.False(MemoryMapOption.TryChange(Encoding.ASCII.GetBytes(value), ref map));
        Assert.Equal(Show(Machine()), Show(in map));
    }

    // Whatever is typed: sorted, disjoint, within bounds, and a limit leaves nothing usable above it.
    [Fact]
    public void AnyTextKeepsTheMapInOrder() => Fuzz.Run("memmap=", 1, static random =>
    {
        MemoryMap map = Machine();
        byte[] text = new byte[random.Next(60)];
        for (int i = 0; i < text.Length; i++)
            text[i] = (byte)"0123456789@#$!,,KMGTx%"[random.Next(22)];
        _ = MemoryMapOption.TryChange(text, ref map); // mostly nonsense; what holds is asserted below
        ulong limit = (ulong)random.NextInt64(1, 1L << 40);
        Assert.True(MemoryMapOption.TryLimit(Encoding.ASCII.GetBytes(limit.ToString()), ref map));

        ulong end = 0;
        foreach (MemoryMapEntry region in map.Regions)
        {
            Assert.True(region.Start.Value >= end && region.End.Value > region.Start.Value && region.End.Value <= MemoryMap.AddressEnd);
            Assert.True(region.Kind != MemoryKind.Usable || region.End.Value <= limit);
            end = region.End.Value;
        }
    });
}
