using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Arch;
using Commence.Arch.Hosted;
using Commence.Lib;
using Commence.Memory;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Memory;

public class PageTableTests
{
    private const PageProtection User = PageProtection.User;

    private readonly PageAllocator _pages = TestMemory.Pages((TestMemory.MiB, 31 * TestMemory.MiB));
    private readonly PageTable _kernel;

    public PageTableTests() => Assert.True(PageTable.TryCreate(_pages, null, out _kernel));

    [Fact]
    public void PagesAreFoundWhereTheyAreMapped()
    {
        Assert.True(PageTable.TryCreate(_pages, _kernel, out PageTable table));
        VirtAddr address = new(0x7000_1234_5000);
        Assert.False(table.TryLookup(address, out _));
        Assert.True(table.TryMap(address, new PhysAddr(0xABC000), 0, User | PageProtection.Write));
        Assert.True(table.TryLookup(address + 0x123, out PageMapping mapping));
        Assert.Equal(address, mapping.Address);
        Assert.Equal(0xABC000ul, mapping.Target.Value);
        Assert.Equal(User | PageProtection.Write, mapping.Protection);
        Assert.Equal(0, mapping.Level);
        Assert.Equal(4, table.TableCount);
        Assert.Throws<KernelBugException>(() => table.TryMap(address, new PhysAddr(0xABC000), 0, User));

        Assert.True(table.TryProtect(address, User));
        Assert.True(table.TryReplace(address, new PhysAddr(0xDEF000), User | PageProtection.Execute, out PageMapping old));
        Assert.Equal(0xABC000ul, old.Target.Value);
        Assert.Equal(User, old.Protection);
        Assert.True(table.TryUnmap(address, out old));
        Assert.Equal(0xDEF000ul, old.Target.Value);
        Assert.False(table.TryUnmap(address, out _));
        Assert.False(table.TryProtect(address, User));
        table.Destroy();
    }

    [Fact]
    public void LargePagesAreLeavesOfTheirOwn()
    {
        VirtAddr address = AddressLayout.VmallocStart + (4ul << 20);
        Assert.True(_kernel.TryMap(address, new PhysAddr(0x4000_0000), 1, PageProtection.Write));
        Assert.True(_kernel.TryLookup(address + 0x12_3456, out PageMapping mapping));
        Assert.Equal(1, mapping.Level);
        Assert.Equal(2ul << 20, mapping.SizeBytes);
        Assert.Equal(address, mapping.Address);
        Assert.True(_kernel.TryFindMapped(address + 0x1000, address + 0x2000, out mapping));
        Assert.Equal(address, mapping.Address);
        Assert.Throws<KernelBugException>(() => _kernel.TryMap(address + 0x1000, default, 0, User));
        Assert.True(_kernel.TryUnmap(address + 0x5000, out _));
    }

    [Fact]
    public void PagesOutOfReachKeepTheirPage()
    {
        Assert.True(PageTable.TryCreate(_pages, _kernel, out PageTable table));
        VirtAddr address = new(0x10_0000);
        Assert.True(table.TryMap(address, new PhysAddr(0x123_4000), 0, User | PageProtection.NoAccess));
        Assert.True(table.TryLookup(address, out PageMapping mapping));
        Assert.Equal(0x123_4000ul, mapping.Target.Value);
        Assert.NotEqual(PageProtection.None, mapping.Protection & PageProtection.NoAccess);
        Assert.True(table.TryProtect(address, User));
        Assert.True(table.TryLookup(address, out mapping));
        Assert.Equal(User, mapping.Protection);
        Assert.Equal(0x123_4000ul, mapping.Target.Value);
        Assert.True(table.TryUnmap(address, out _));
        table.Destroy();
    }

    [Fact]
    public void AddressSpacesShareTheKernelsHalf()
    {
        Assert.True(_kernel.TryPrepareTop(AddressLayout.VmallocStart));
        Assert.True(PageTable.TryCreate(_pages, _kernel, out PageTable table));
        Assert.True(_kernel.TryMap(AddressLayout.VmallocStart + 0x5000, new PhysAddr(0x7000), 0, PageProtection.Write));
        Assert.True(table.TryLookup(AddressLayout.VmallocStart + 0x5000, out PageMapping mapping));
        Assert.Equal(0x7000ul, mapping.Target.Value);
        table.Destroy();
        Assert.True(_kernel.TryLookup(AddressLayout.VmallocStart + 0x5000, out _));
    }

    [Fact]
    public void WithoutMemoryNothingIsMapped()
    {
        Assert.True(PageTable.TryCreate(_pages, _kernel, out PageTable table));
        PageChain taken = TestMemory.Exhaust(_pages, left: _pages.ReadStatistics().ReservePages + 2);
        Assert.False(table.TryMap(new VirtAddr(0x10_0000), new PhysAddr(0x1000), 0, User)); // three tables are missing
        Assert.False(table.TryLookup(new VirtAddr(0x10_0000), out _));
        taken.FreeAll(_pages);
        Assert.True(table.TryMap(new VirtAddr(0x10_0000), new PhysAddr(0x1000), 0, User));
        Assert.True(table.TryUnmap(new VirtAddr(0x10_0000), out _));
        table.Destroy();
    }

    // Page numbers that meet in some tables and not in others.
    private static Gen<ulong> PageNumbers { get; } =
        from top in Gen.Elements(0ul, 1ul, 100ul, 255ul)
        from third in Gen.Elements(0ul, 1ul, 511ul)
        from second in Gen.Elements(0ul, 7ul, 511ul)
        from first in Gen.Elements(0ul, 1ul, 2ul, 300ul, 510ul)
        select (top << 27) | (third << 18) | (second << 9) | first;

    [Fact]
    public void BehavesLikeADictionary() =>
        Prop.ForAll(PageNumbers.Zip(Gen.Choose(0, 99)).ListOf(200).ToArbitrary(), steps => Follows(steps.ToList())).Holds(100);

    private bool Follows(List<(ulong Page, int Kind)> steps)
    {
        ulong free = _pages.ReadStatistics().FreePages;
        Assert.True(PageTable.TryCreate(_pages, _kernel, out PageTable table));
        SortedDictionary<ulong, ulong> model = [];
        foreach ((ulong page, int kind) in steps)
        {
            VirtAddr address = new(page << 12);
            if (model.Remove(page, out ulong target))
            {
                Assert.True(table.TryUnmap(address, out PageMapping old));
                Assert.Equal(target, old.Target.Value);
            }
            else
            {
                target = ((ulong)kind + 1) << 12;
                Assert.True(table.TryMap(address, new PhysAddr(target), 0, User));
                model.Add(page, target);
            }

            if (kind < 10)
                CheckEmptyTables(table, page, model);
        }

        CheckWalk(table, model);
        foreach (ulong page in model.Keys)
            Assert.True(table.TryUnmap(new VirtAddr(page << 12), out _));
        table.Destroy();
        Assert.Equal(free, _pages.ReadStatistics().FreePages);
        return true;
    }

    private void CheckEmptyTables(PageTable table, ulong page, SortedDictionary<ulong, ulong> model)
    {
        PageChain detached = default;
        ulong start = page & ~0x3FFFFul;
        table.DetachEmptyTables(new VirtAddr(start << 12), new VirtAddr(Math.Min((start + 0x40000) << 12, AddressLayout.UserEnd.Value)), ref detached);
        detached.FreeAll(_pages);
        CheckWalk(table, model);
    }

    private static void CheckWalk(PageTable table, SortedDictionary<ulong, ulong> model)
    {
        VirtAddr at = default;
        foreach ((ulong page, ulong target) in model)
        {
            Assert.True(table.TryFindMapped(at, new VirtAddr(AddressLayout.UserEnd.Value), out PageMapping mapping));
            Assert.Equal(page << 12, mapping.Address.Value);
            Assert.Equal(target, mapping.Target.Value);
            at = mapping.Address + 4096;
        }

        Assert.False(table.TryFindMapped(at, new VirtAddr(AddressLayout.UserEnd.Value), out _));
        if (model.Count > 0)
        {
            ulong first = model.Keys.First();
            Assert.False(table.TryFindMapped(default, new VirtAddr(first << 12), out _));
        }
    }
}
