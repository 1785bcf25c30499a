// The memory map against a map of single bytes, and the PVH structure that it comes from.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Commence.Firmware;
using Commence.Firmware.Pvh;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Firmware;

public class MemoryMapTests
{
    private static readonly Gen<(int Start, int Length, uint Kind)> s_range =
        from start in Gen.Choose(0, 60)
        from length in Gen.Choose(0, 20)
        from kind in Gen.Frequency((8, Gen.Choose(1, 7)), (1, Gen.Constant(0)), (1, Gen.Constant(99)))
        select (start, length, (uint)kind);

    [Fact]
    public void TheHigherKindWins() => Prop.ForAll(s_range.ListOf().ToArbitrary(), ranges =>
    {
        MemoryMap map = default;
        MemoryKind[] model = new MemoryKind[100];
        foreach ((int start, int length, uint kind) in ranges)
        {
            map.Add(new PhysAddr((ulong)start), (ulong)length, (MemoryKind)kind);
            MemoryKind known = kind is >= 1 and <= 7 ? (MemoryKind)kind : MemoryKind.Reserved;
            foreach (int i in Enumerable.Range(start, length))
                model[i] = (MemoryKind)Math.Max((uint)model[i], (uint)known);
        }

        return IsOrdered(in map)
            && map.LeftOutCount == 0
            && map.UsableBytes == (ulong)model.Count(kind => kind == MemoryKind.Usable)
            && Enumerable.Range(0, 100).All(i => Kind(map, (ulong)i) == model[i]);
    }).Holds(1000);

    [Fact]
    public void ARangeIsOfOnePieceIfAllOrNothingOfItIsListed() => Prop.ForAll(s_range.ListOf().ToArbitrary(), s_range.ToArbitrary(), (ranges, range) =>
    {
        MemoryMap map = default;
        bool[] isListed = new bool[100];
        foreach ((int start, int length, uint kind) in ranges)
        {
            map.Add(new PhysAddr((ulong)start), (ulong)length, (MemoryKind)kind);
            Array.Fill(isListed, true, start, length);
        }

        bool[] asked = isListed[range.Start..(range.Start + range.Length)];
        return map.IsOnePiece(new PhysAddr((ulong)range.Start), (ulong)range.Length) == (asked.All(listed => listed) || !asked.Any(listed => listed));
    }).Holds(2000);

    [Theory]
    [InlineData(MemoryMap.AddressEnd, 0)]
    [InlineData(0x1000, MemoryMap.AddressEnd)]
    [InlineData(ulong.MaxValue, 1)]
    public void NoRangeLeavesTheAddressSpace(ulong start, ulong length) => Assert.False(default(MemoryMap).IsOnePiece(new PhysAddr(start), length));

    [Fact]
    public void AFullMapNeverMakesReservedMemoryUsable() => Prop.ForAll(
        Gen.Choose(0, 8000).Zip(Gen.Choose(1, 7)).ArrayOf(400).ToArbitrary(),
        ranges =>
        {
            MemoryMap map = default;
            map.Add(default, 100_000, MemoryKind.Usable);
            MemoryKind[] model = new MemoryKind[100_000];
            Array.Fill(model, MemoryKind.Usable);
            foreach ((int start, int kind) in ranges)
            {
                map.Add(new PhysAddr((ulong)start * 10), 5, (MemoryKind)kind);
                for (int i = start * 10; i < (start * 10) + 5; i++)
                    model[i] = (MemoryKind)Math.Max((uint)model[i], (uint)kind);
            }

            return IsOrdered(in map) && map.LeftOutCount > 0 && map.Count <= MemoryMap.Capacity
                && map.Regions.ToArray().All(region => Enumerable.Range((int)region.Start.Value, (int)region.Length).All(i => model[i] == region.Kind));
        }).Holds(20);

    [Theory]
    [InlineData(0x1000, 0x2000, 0x2000, true)]
    [InlineData(0x0FFF, 0x10, 0, false)]        // begins before the region
    [InlineData(0x2FFF, 2, 1, false)]           // ends in the hole behind it
    [InlineData(0x2FFF, 1, 1, true)]
    [InlineData(0x4000, 0x1000, 0, true)]       // reserved
    [InlineData(0x5800, 0x1000, 0x800, true)]   // firmware took the end
    [InlineData(0x4FFF, 0x2001, 0, true)]
    [InlineData(0x6FFF, 2, 0, false)]           // ACPI's
    [InlineData(0x1000, 0x8000, 0x2000, false)] // has a hole
    [InlineData(0x1000, ulong.MaxValue, 0x2000, false)]
    [InlineData(ulong.MaxValue, 2, 0, false)]
    [InlineData(0x9000, 0, 0, true)]
    public void ARangeIsHeldAgainstTheMap(ulong start, ulong length, ulong usable, bool isListed)
    {
        MemoryMap map = default;
        map.Add(new PhysAddr(0x2000), 0x1000, MemoryKind.Usable);
        map.Add(new PhysAddr(0x1000), 0x1000, MemoryKind.Usable);
        map.Add(new PhysAddr(0x4000), 0x1000, MemoryKind.Reserved);
        map.Add(new PhysAddr(0x5000), 0x1000, MemoryKind.Usable);
        map.Add(new PhysAddr(0x6000), 0x1000, MemoryKind.Reserved);
        map.Add(new PhysAddr(0x7000), 0x1000, MemoryKind.AcpiNvs);
        PhysRange range = new(new PhysAddr(start), length);
        Assert.Equal((usable, isListed), (map.UsablePart(range).Length, map.IsUsableOrReserved(range)));
    }

    [Theory]
    [InlineData(0, 0x1000, 0x1000, 1, false)]
    [InlineData(0, 0x1001, 0x1000, 1, true)]
    [InlineData(0x1800, 1, 0x1000, 0x1000, true)]
    [InlineData(0x1800, 0, 0x1000, 0x1000, false)]
    [InlineData(ulong.MaxValue, 1, 0, ulong.MaxValue, false)]
    [InlineData(0x1000, ulong.MaxValue, 0x2000, 1, true)] // the sum does not fit
    public void RangesThatShareAByteOverlap(ulong start, ulong length, ulong otherStart, ulong otherLength, bool overlaps)
    {
        PhysRange range = new(new PhysAddr(start), length);
        PhysRange other = new(new PhysAddr(otherStart), otherLength);
        Assert.Equal((overlaps, overlaps), (range.Overlaps(other), other.Overlaps(range)));
    }

    [Fact]
    public void CutsAddressesThatNoProcessorHas()
    {
        MemoryMap map = default;
        map.Add(new PhysAddr(0xFFFF_FFFF_FFFF_F000), 0x2000, MemoryKind.Usable);
        Assert.Equal(0, map.Count);
        map.Add(new PhysAddr(0x1000), ulong.MaxValue, MemoryKind.Usable);
        Assert.Equal((0x1000ul, MemoryMap.AddressEnd), (map.Regions[0].Start.Value, map.Regions[0].End.Value));
    }

    [Fact]
    public void ReadsPvhStartInfo()
    {
        SparseMemory image = Machine(1);
        FaultLog faults = default;
        Assert.True(PvhStartInfo.TryRead(image.Memory, new PhysAddr(0x6000), out PvhStartInfo info, out ParseFault fault));
        Assert.False(fault.IsFault);
        Assert.Equal((1u, 2u, 0xF5B60ul, 56ul), (info.Version, info.ModuleCount, info.Rsdp.Value, info.Range.Length));

        Assert.True(info.TryReadCommandLine(image.Memory, ref faults, out ReadOnlySpan<byte> line));
        Assert.Equal("console=ttyS0 quiet", Encoding.ASCII.GetString(line));
        Assert.True(info.TryReadModule(image.Memory, 0, ref faults, out PvhModule module));
        Assert.Equal((0x0780_0000ul, 12345ul), (module.Range.Start.Value, module.Range.Length));
        Assert.True(PvhStartInfo.TryReadText(image.Memory, module.CommandLine, ref faults, out line));
        Assert.Equal("rd", Encoding.ASCII.GetString(line));
        Assert.False(info.TryReadModule(image.Memory, 1, ref faults, out _)); // its range overflows
        Assert.False(info.TryReadModule(image.Memory, 2, ref faults, out _)); // there is none
        Assert.Equal((1, FaultKind.Overflow), (faults.TotalCount, faults[0].Kind));

        MemoryMap map = default;
        Assert.True(info.TryReadMemoryMap(image.Memory, ref faults, ref map));
        Assert.Equal(
            [(0ul, 0x9FC00ul, MemoryKind.Usable), (0x9FC00, 0xA0000, MemoryKind.Reserved), (0x100000, 0x8000000, MemoryKind.Usable)],
            map.Regions.ToArray().Select(region => (region.Start.Value, region.End.Value, region.Kind)));
        Assert.Equal(1, faults.TotalCount);
    }

    [Fact]
    public void Version0HasNoMap()
    {
        SparseMemory image = Machine(0);
        FaultLog faults = default;
        MemoryMap map = default;
        Assert.True(PvhStartInfo.TryRead(image.Memory, new PhysAddr(0x6000), out PvhStartInfo info, out _));
        Assert.False(info.TryReadMemoryMap(image.Memory, ref faults, ref map));
        Assert.Equal((FirmwarePart.PvhMemoryMap, FaultKind.Missing), (faults[0].Part, faults[0].Kind));
    }

    [Fact]
    public void NamesWhatIsWrongWithPvhStartInfo()
    {
        SparseMemory image = Machine(1);
        Assert.False(PvhStartInfo.TryRead(image.Memory, new PhysAddr(0x6001), out _, out ParseFault fault));
        Assert.Equal(FaultKind.BadSignature, fault.Kind);
        Assert.False(PvhStartInfo.TryRead(image.Memory, new PhysAddr(ulong.MaxValue - 3), out _, out fault));
        Assert.Equal((FaultKind.Unreadable, ulong.MaxValue - 3), (fault.Kind, fault.Value));

        // More entries than can be: what can be read is read.
        BitConverter.TryWriteBytes(image.Low.AsSpan(0x6000 + 48), 0xFFFF_FFFF);
        FaultLog faults = default;
        MemoryMap map = default;
        Assert.True(PvhStartInfo.TryRead(image.Memory, new PhysAddr(0x6000), out PvhStartInfo info, out _));
        Assert.True(info.TryReadMemoryMap(image.Memory, ref faults, ref map));
        Assert.True(faults.Contains(FirmwarePart.PvhStartInfo, FaultKind.BadCount));
    }

    [Theory]
    [InlineData(0x8000, 100)]
    [InlineData(0x8FF0, 100)]         // over a page boundary
    [InlineData(0xFFFF0, 15)]         // the last bytes of memory
    [InlineData(0xFF000, 2048)]
    public void ReadsTextUpToTheEndOfMemory(ulong at, int length)
    {
        SparseMemory image = new();
        byte[] text = [.. Enumerable.Range(0, length).Select(i => (byte)('a' + (i % 26)))];
        image.Put(at, text);
        Assert.True(image.Memory.TryReadText(new PhysAddr(at), 2048, out ReadOnlySpan<byte> found, out bool isComplete));
        Assert.True(isComplete);
        Assert.Equal(text, found.ToArray());
    }

    [Fact]
    public void CutsTextThatDoesNotEnd()
    {
        SparseMemory image = new();
        image.Low.AsSpan().Fill((byte)'x');
        Assert.True(image.Memory.TryReadText(new PhysAddr(0x8FFF), 2048, out ReadOnlySpan<byte> found, out bool isComplete));
        Assert.Equal((2048, false), (found.Length, isComplete));
        Assert.True(image.Memory.TryReadText(new PhysAddr(0xFFFFC), 2048, out found, out isComplete));
        Assert.Equal((4, false), (found.Length, isComplete));
        Assert.False(image.Memory.TryReadText(new PhysAddr(0x4000_0000), 2048, out _, out _));
    }

    private static SparseMemory Machine(uint version)
    {
        SparseMemory image = new();
        image.Put(0x6000, [.. Tables.Bytes(PvhStartInfo.Magic, version, 0, 2), .. Tables.Bytes64(0x6100, 0x6200, 0xF5B60, 0x6300), .. Tables.Bytes(3, 0)]);
        image.Put(0x6100, Tables.Bytes64(0x0780_0000, 12345, 0x6280, 0, ulong.MaxValue - 5, 6, 0, 0));
        image.Put(0x6200, "console=ttyS0 quiet\0"u8);
        image.Put(0x6280, "rd\0"u8);
        image.Put(0x6300, [.. Entry(0x100000, 0x7F00000, 1), .. Entry(0, 0x9FC00, 1), .. Entry(0x9FC00, 0x400, 2)]);
        return image;
    }

    private static byte[] Entry(ulong start, ulong length, uint kind) => [.. Tables.Bytes64(start, length), .. Tables.Bytes(kind, 0)];

    private static MemoryKind Kind(MemoryMap map, ulong at) => map.KindAt(new PhysAddr(at));

    private static bool IsOrdered(in MemoryMap map)
    {
        ReadOnlySpan<MemoryMapEntry> regions = map.Regions;
        for (int i = 0; i < regions.Length; i++)
        {
            if (regions[i].Length == 0 || regions[i].Start.Value >= regions[i].End.Value)
                return false;
            if (i == 0)
                continue;
            bool touches = regions[i - 1].End.Value == regions[i].Start.Value;
            if (regions[i - 1].End.Value > regions[i].Start.Value || (touches && regions[i - 1].Kind == regions[i].Kind))
                return false;
        }

        return true;
    }
}
