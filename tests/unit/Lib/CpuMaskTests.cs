using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Commence.Lib;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Lib;

public class CpuMaskTests
{
    private static CpuMask Make(IEnumerable<int> cpus)
    {
        CpuMask mask = default;
        foreach (int cpu in cpus)
            mask.Add(new CpuId(cpu));
        return mask;
    }

    private static List<int> Members(in CpuMask mask)
    {
        List<int> members = [];
        foreach (CpuId cpu in mask)
            members.Add(cpu.Value);
        return members;
    }

    private static int[] Numbers(ushort[]? raw) => [.. (raw ?? []).Select(x => x % CpuMask.Capacity)];

    private static string Text(in CpuMask mask)
    {
        TextWriter text = new(new byte[256]);
        text.Append(mask);
        return Encoding.ASCII.GetString(text.Text);
    }

    [Fact]
    public void BehavesLikeASet() =>
        Prop.ForAll<ushort[]?, ushort[]?>((rawLeft, rawRight) =>
        {
            SortedSet<int> left = [.. Numbers(rawLeft)];
            SortedSet<int> right = [.. Numbers(rawRight)];
            CpuMask a = Make(left);
            CpuMask b = Make(right);

            CpuMask union = a;
            union.UnionWith(in b);
            CpuMask both = a;
            both.IntersectWith(in b);
            CpuMask rest = a;
            rest.ExceptWith(in b);

            return Members(in a).SequenceEqual(left) && a.Count == left.Count && a.IsEmpty == (left.Count == 0)
                && Members(in union).SequenceEqual(left.Union(right).Order())
                && Members(in both).SequenceEqual(left.Intersect(right).Order())
                && Members(in rest).SequenceEqual(left.Except(right).Order())
                && a.Overlaps(in b) == left.Overlaps(right) && a.SetEquals(in b) == left.SetEquals(right);
        }).Holds();

    [Fact]
    public void KnowsItsEnds()
    {
        CpuMask mask = Make([0, CpuMask.Capacity - 1]);
        Assert.True(mask.TryFindFirst(out CpuId first));
        Assert.Equal(0, first.Value);
        Assert.True(mask.TryFindNext(first, out CpuId last));
        Assert.Equal(CpuMask.Capacity - 1, last.Value);
        Assert.False(mask.TryFindNext(last, out _));
        mask.Remove(first);
        Assert.False(mask.Contains(first));
        mask.Clear();
        Assert.True(mask.IsEmpty);
    }

    [Theory]
    [InlineData(CpuMask.Capacity)]
    [InlineData(-64)]
    [InlineData(int.MaxValue)]
    public void RefusesOtherNumbers(int cpu) => Assert.ThrowsAny<Exception>(() => { CpuMask mask = default; mask.Add(new CpuId(cpu)); });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1023)]
    [InlineData(1024)]
    public void TheFirstAreThoseBelowTheCount(int count)
    {
        var mask = CpuMask.FirstCpus(count);
        for (int cpu = 0; cpu < CpuMask.Capacity; cpu++)
            Assert.Equal(cpu < count, mask.Contains(new CpuId(cpu)));
    }

    [Fact]
    public void WritesRanges()
    {
        Assert.Equal("", Text(default));
        Assert.Equal("0-3,8,1022-1023", Text(Make([0, 1, 2, 3, 8, 1022, 1023])));
        Assert.Equal("0-1023", Text(CpuMask.FirstCpus(1024)));
        Assert.Equal("7", Text(CpuMask.Of(new CpuId(7))));
    }

    [Fact]
    public void ManyThreadsAddWithoutLoss()
    {
        Shared shared = new();
        int added = 0;
        Parallel.For(0, CpuMask.Capacity * 2, i =>
        {
            if (shared.Mask.AddAtomic(new CpuId(i / 2)))
                System.Threading.Interlocked.Increment(ref added);
        });
        Assert.Equal(CpuMask.Capacity, added);
        Assert.Equal(CpuMask.Capacity, shared.Mask.Count);
        Parallel.For(0, CpuMask.Capacity, i => shared.Mask.RemoveAtomic(new CpuId(i)));
        Assert.True(shared.Mask.IsEmpty);
    }

    private sealed class Shared
    {
        public CpuMask Mask;
    }
}
