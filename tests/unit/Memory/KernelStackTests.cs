using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Arch.Hosted;
using Commence.Memory;
using Xunit;

namespace Commence.Tests.Memory;

public class KernelStackTests
{
    private readonly PageAllocator _pages = TestMemory.Pages((TestMemory.MiB, 31 * TestMemory.MiB));
    private readonly PageTable _table;
    private readonly KernelStackPool _pool;

    public KernelStackTests()
    {
        Assert.True(PageTable.TryCreate(_pages, null, out _table));
        _pool = new KernelStackPool(_pages, _table, AddressLayout.VmallocStart);
    }

    [Fact]
    public void StacksHaveAGuardBelow()
    {
        Assert.True(_pool.TryAllocate(out KernelStack first));
        Assert.True(_pool.TryAllocate(out KernelStack second));
        foreach (KernelStack stack in (KernelStack[])[first, second])
        {
            Assert.Equal((ulong)KernelStack.SizeBytes, stack.Top - stack.Bottom);
            for (VirtAddr at = stack.Bottom; at < stack.Top; at += 4096)
                Assert.True(_table.TryLookup(at, out _));
            Assert.False(_table.TryLookup(stack.Bottom - 1, out _));
            Assert.True(_pool.IsGuard(stack.Bottom - 1));
            Assert.False(_pool.IsGuard(stack.Bottom));
            Assert.False(_table.TryLookup(stack.Top, out _));
        }

        Assert.False(first.Contains(second.Bottom));
        Assert.Equal(2, _pool.InUseCount);
    }

    [Fact]
    public void AFreedStackIsTheNextOne()
    {
        Assert.True(_pool.TryAllocate(out KernelStack stack));
        _pool.Free(stack);
        ulong free = _pages.ReadStatistics().FreePages;
        Assert.Throws<KernelBugException>(() => _pool.Free(stack));
        Assert.True(_pool.TryAllocate(out KernelStack again));
        Assert.Equal(stack.Bottom, again.Bottom);
        Assert.Equal(free, _pages.ReadStatistics().FreePages);
    }

    [Fact]
    public void TooManyKeptStacksGoBack()
    {
        List<KernelStack> stacks = Enumerable.Range(0, 300).Select(_ => Take()).ToList();
        Assert.Equal(300, stacks.Select(s => s.Bottom.Value).Distinct().Count());
        ulong low = _pages.ReadStatistics().FreePages;
        foreach (KernelStack stack in stacks)
            _pool.Free(stack);
        for (int i = 0; i < 300; i++)
            _pool.Free(Take());
        Assert.Equal(0, _pool.InUseCount);
        ulong kept = (low + (300 * 4) - _pages.ReadStatistics().FreePages) / 4;
        Assert.InRange(kept, 1ul, (ulong)KernelStackPool.KeptMax);
    }

    [Fact]
    public void WithoutMemoryThereIsNoStack()
    {
        PageChain taken = TestMemory.Exhaust(_pages, left: _pages.ReadStatistics().ReservePages + 5);
        ulong free = _pages.ReadStatistics().FreePages;
        Assert.False(_pool.TryAllocate(out _)); // four pages and three tables
        Assert.Equal(0, _pool.InUseCount);
        Assert.InRange(free - _pages.ReadStatistics().FreePages, 0ul, 3ul); // tables may stay
        taken.FreeAll(_pages);
        Assert.True(_pool.TryAllocate(out _));
    }

    [Fact]
    public void BuffersOfPagesLieApart()
    {
        VirtualArea area = new(_pages, _table, _pool.End, AddressLayout.VmallocEnd);
        List<VirtualBuffer> held = [];
        Random random = new(1);
        for (int i = 0; i < 500; i++)
        {
            if (held.Count > 20 && random.Next(2) == 0)
            {
                int at = random.Next(held.Count);
                area.Free(held[at]);
                held.RemoveAt(at);
            }
            else
            {
                Assert.True(area.TryAllocate(random.Next(1, 20000), out VirtualBuffer buffer));
                held.Add(buffer);
            }
        }

        held.Sort((a, b) => a.Address.CompareTo(b.Address));
        for (int i = 1; i < held.Count; i++)
        {
            VirtAddr end = held[i - 1].Address + (ulong)held[i - 1].LengthBytes;
            Assert.True(held[i].Address - end >= 4096); // a page that is not mapped
            Assert.False(_table.TryLookup(end.AlignUp(4096), out _));
            Assert.True(_table.TryLookup(end - 1, out _));
        }

        foreach (VirtualBuffer buffer in held)
            area.Free(buffer);
        Assert.False(_table.TryFindMapped(_pool.End, AddressLayout.VmallocEnd, out _));
    }

    private KernelStack Take()
    {
        Assert.True(_pool.TryAllocate(out KernelStack stack));
        return stack;
    }
}
