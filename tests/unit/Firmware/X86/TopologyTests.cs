// Packages, dies, cores, threads and caches from CPUID: as QEMU was told, and from processors that say nonsense.
using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Firmware.Cpus;
using Commence.Firmware.X86;
using Xunit;

namespace Commence.Tests.Firmware.X86;

public class TopologyTests
{
    private static TopologyShifts Decode(RecordedCpu cpu) => TopologyShifts.Decode(in cpu);

    private static (uint Package, uint Die, uint Core, uint Thread) Place(TopologyShifts shifts, uint id)
    {
        CpuPlace place = shifts.PlaceOf(new ApicId(id));
        return (place.Package, place.Die, place.Core, place.Thread);
    }

    // What QEMU was told: packages, dies in each, cores in each of those, threads in each of those.
    [Theory]
    [InlineData("max-8-2s2c2t", TopologySource.LeafB, 2, 1, 2, 2)]
    [InlineData("epyc-8-2s2c2t", TopologySource.LeafB, 2, 1, 2, 2)]
    [InlineData("skylake-4-1s2c2t", TopologySource.LeafB, 1, 1, 2, 2)]
    [InlineData("nehalem-6-2s3c", TopologySource.LeafB, 2, 1, 3, 1)]
    [InlineData("opteron-4-2s2c", TopologySource.Leaf80000008, 2, 1, 2, 1)]
    [InlineData("sapphire-8-2s2d2c", TopologySource.Leaf1F, 2, 2, 2, 1)]
    [InlineData("max-8-2d2c2t", TopologySource.LeafB, 1, 1, 4, 2)]   // leaf 0xB has no dies to tell of
    [InlineData("genoa-8-2d2c2t", TopologySource.LeafB, 1, 1, 4, 2)] // nor has this machine 0x80000026
    public void ARecordedMachineIsAsItWasBuilt(string name, TopologySource source, int packages, int dies, int cores, int threads)
    {
        List<RecordedCpu> cpus = RecordedCpu.Machine(name);
        Assert.Equal(packages * dies * cores * threads, cpus.Count);
        List<CpuPlace> places = [];
        foreach (RecordedCpu cpu in cpus)
        {
            TopologyShifts shifts = Decode(cpu);
            Assert.Equal(source, shifts.Source);
            places.Add(shifts.PlaceOf(shifts.ApicId));
        }

        Assert.Equal(cpus.Count, places.Distinct().Count());
        Assert.Equal(packages, places.Select(place => place.Package).Distinct().Count());
        Assert.Equal(packages * dies, places.Select(place => (place.Package, place.Die)).Distinct().Count());
        Assert.Equal(packages * dies, places.Select(place => place.Die).Distinct().Count()); // its own in all the machine
        Assert.Equal(packages * dies * cores, places.Select(place => (place.Package, place.Core)).Distinct().Count());
        Assert.All(places.GroupBy(place => (place.Package, place.Core)), core => Assert.Equal(Enumerable.Range(0, threads), core.Select(place => (int)place.Thread)));
    }

    [Theory]
    [InlineData("skylake-4-1s2c2t", "1 Data 32K 2, 1 Instruction 32K 2, 2 Unified 4096K 2, 3 Unified 16384K 4")]
    [InlineData("epyc-8-2s2c2t", "1 Data 32K 2, 1 Instruction 64K 2, 2 Unified 512K 2, 3 Unified 8192K 4")]
    [InlineData("max-8-2s2c2t", "")]
    public void CachesAndThoseWhoShareThem(string name, string expected)
    {
        List<RecordedCpu> cpus = RecordedCpu.Machine(name);
        CpuCacheList[] lists = new CpuCacheList[cpus.Count];
        for (int i = 0; i < cpus.Count; i++)
        {
            RecordedCpu cpu = cpus[i];
            CacheLeaves.Decode(in cpu, TopologyShifts.Decode(in cpu).ApicId, out lists[i]);
        }

        IEnumerable<string> found = lists[0].Caches.ToArray().Select(cache =>
            $"{cache.Level} {cache.Kind} {cache.SizeBytes >> 10}K {lists.Count(other => other.Caches.ToArray().Any(theirs => theirs.IsSame(in cache)))}");
        Assert.Equal(expected, string.Join(", ", found));
        Assert.Equal(expected.Length > 0, lists[0].TryGetLast(out CpuCache last));
        Assert.Equal(expected.Length > 0 ? 3 : 0, last.Level);
    }

    [Fact]
    public void TheNewestLeafIsBelieved()
    {
        RecordedCpu cpu = RecordedCpu.Intel()
            .With(0xB, 0, 1, 2, 0x100, 0x23).With(0xB, 1, 4, 16, 0x201, 0x23)
            .With(0x1F, 0, 1, 2, 0x100, 0x123).With(0x1F, 1, 3, 8, 0x201, 0x123).With(0x1F, 2, 4, 16, 0x302, 0x123)
            .With(0x1F, 3, 5, 32, 0x503, 0x123).With(0x1F, 4, 7, 128, 0x604, 0x123);
        TopologyShifts shifts = Decode(cpu);
        Assert.Equal((TopologySource.Leaf1F, 1, 4, 7, 0x123u), (shifts.Source, shifts.CoreShift, shifts.DieShift, shifts.PackageShift, shifts.ApicId.Value));
        Assert.Equal((2u, 0x12u, 0x11u, 1u), Place(shifts, 0x123));

        cpu = RecordedCpu.Amd()
            .With(0xB, 0, 1, 2, 0x100, 7).With(0xB, 1, 8, 256, 0x201, 7)
            .With(0x8000_0026, 0, 1, 2, 0x100, 0x1FF).With(0x8000_0026, 1, 4, 16, 0x201, 0x1FF)
            .With(0x8000_0026, 2, 5, 32, 0x302, 0x1FF).With(0x8000_0026, 3, 8, 256, 0x403, 0x1FF);
        shifts = Decode(cpu);
        Assert.Equal((TopologySource.Leaf80000026, 1, 5, 8), (shifts.Source, shifts.CoreShift, shifts.DieShift, shifts.PackageShift));
        Assert.Equal((1u, 0xFu, 0x7Fu, 1u), Place(shifts, 0x1FF));
    }

    [Theory]
    [InlineData(16u, 7u, 1, 4)]  // 16 ids a package, 8 of them for cores: 2 threads
    [InlineData(6u, 2u, 1, 3)]   // counts that are no powers of two
    [InlineData(2u, 63u, 0, 1)]  // more cores than ids
    [InlineData(255u, 0u, 8, 8)]
    public void IntelBeforeLeafB(uint ids, uint coresLess1, int coreShift, int packageShift)
    {
        RecordedCpu cpu = RecordedCpu.Intel().With(1, 0, 0x6F6, 0x0300_0000 | (ids << 16), 0, 1 << 28).With(4, 0, 1 | (coresLess1 << 26), 0, 0, 0);
        TopologyShifts shifts = Decode(cpu);
        Assert.Equal((TopologySource.Leaf4, coreShift, packageShift, packageShift), (shifts.Source, shifts.CoreShift, shifts.DieShift, shifts.PackageShift));
        Assert.Equal(3u, shifts.ApicId.Value);
    }

    [Theory]
    [InlineData(0x3007u, 1u << 22, 0x100u, 1, 3)] // the width of the core field, and 2 threads a core
    [InlineData(0x0002u, 0u, 0x100u, 0, 2)]       // no width: 3 processors need 2 bits; no TOPOEXT: no threads
    [InlineData(0x1001u, 1u << 22, 0xFF00u, 1, 1)] // more threads than there are bits
    public void AmdBeforeLeafB(uint sizes, uint extended, uint unit, int coreShift, int packageShift)
    {
        RecordedCpu cpu = RecordedCpu.Amd().With(0x8000_0001, 0, 0, 0, extended, 0).With(0x8000_0008, 0, 0, 0, sizes, 0).With(0x8000_001E, 0, 0, unit, 0, 0);
        TopologyShifts shifts = Decode(cpu);
        Assert.Equal((TopologySource.Leaf80000008, coreShift, packageShift), (shifts.Source, shifts.CoreShift, shifts.PackageShift));
    }

    [Fact]
    public void AProcessorThatSaysNothingIsAPackage()
    {
        TopologyShifts shifts = Decode(new RecordedCpu());
        Assert.Equal((TopologySource.None, 0, 0), (shifts.Source, shifts.CoreShift, shifts.PackageShift));
        Assert.Equal((5u, 5u, 0u, 0u), Place(shifts, 5));
    }

    // Levels out of order, of kinds nobody knows, without end, with widths that no id has.
    [Theory]
    [InlineData(0x1Fu)]
    [InlineData(0xBu)]
    [InlineData(0x8000_0026u)]
    public void NonsenseStaysWithinBounds(uint leaf)
    {
        int reads = 0;
        RecordedCpu endless = new()
        {
            Otherwise = (wanted, subleaf) =>
            {
                reads++;
                return wanted == leaf ? new CpuIdLeaf { Eax = 0xFFFF_FFFF, Ebx = 0xFFFF_FFFF, Ecx = (subleaf + 1) << 8, Edx = 0xFFFF_FFFF } : default;
            },
        };
        AssertSane(Decode(endless));
        Assert.True(reads < 100);

        // Descending: the core is wider than the package.
        RecordedCpu descending = new RecordedCpu().With(leaf, 0, 20, 1, 0x100, 0).With(leaf, 1, 3, 1, 0x201, 0).With(leaf, 2, 1, 1, 0x502, 0);
        AssertSane(Decode(descending));

        // A kind made later between cores and dies belongs to the die.
        RecordedCpu later = new RecordedCpu().With(leaf, 0, 1, 2, 0x100, 0).With(leaf, 1, 3, 8, 0x2001, 0).With(leaf, 2, 5, 32, 0x502, 0);
        Assert.Equal(5, Decode(later).PackageShift);

        // Widths of zero: each id is all by itself.
        RecordedCpu zero = new RecordedCpu().With(leaf, 0, 0, 1, 0x100, 9).With(leaf, 1, 0, 1, 0x201, 9);
        Assert.Equal((9u, 9u, 0u, 0u), Place(Decode(zero), 9));
    }

    [Fact]
    public void RandomLeaves() => Fuzz.Run("CPUID topology", 1, random =>
    {
        uint[] leaves = [0, 1, 4, 0xB, 0x1F, 0x8000_0001, 0x8000_0008, 0x8000_001D, 0x8000_001E, 0x8000_0026];
        RecordedCpu cpu = random.Next(2) == 0 ? RecordedCpu.Intel() : RecordedCpu.Amd();
        for (int i = random.Next(12); i > 0; i--)
        {
            uint kind = (uint)random.Next(9) << 8;
            cpu.With(leaves[random.Next(leaves.Length)], (uint)random.Next(4), (uint)random.NextInt64(1L << 32), (uint)random.Next(0x20000), kind, (uint)random.NextInt64(1L << 32));
        }

        TopologyShifts shifts = TopologyShifts.Decode(in cpu);
        AssertSane(shifts);
        CacheLeaves.Decode(in cpu, shifts.ApicId, out CpuCacheList caches);
        foreach (CpuCache cache in caches.Caches)
            Assert.True(cache.Level is > 0 and <= 7 && cache.Kind != CpuCacheKind.None && cache.SizeBytes > 0);
    });

    private static void AssertSane(TopologyShifts shifts)
    {
        Assert.True(shifts.CoreShift >= 0 && shifts.CoreShift <= shifts.DieShift && shifts.DieShift <= shifts.PackageShift && shifts.PackageShift <= 31);

        // All numbers together are the id again: no two processors are in one place.
        foreach (uint id in (uint[])[0, 1, 0x7F, 0x220, 0x8000_0000, uint.MaxValue])
        {
            CpuPlace place = shifts.PlaceOf(new ApicId(id));
            ulong again = ((ulong)place.Package << shifts.PackageShift) | ((ulong)place.Core << shifts.CoreShift) | place.Thread;
            Assert.Equal(id, again);
        }
    }
}
