using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Lib;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Memory;

public class MemblockTests
{
    private const ulong UnitBytes = 0x1000;
    private const int Units = 64; // the model: a flag for each unit of a small address space

    private static MemoryRegion Region(ulong start, ulong end) => new(new PhysAddr(start), new PhysAddr(end));

    private static PhysAddr At(int unit) => new((ulong)unit * UnitBytes);

    [Fact]
    public void NeighboursAreMerged()
    {
        RegionList list = default;
        Assert.True(list.TryAdd(Region(0x1000, 0x2000)));
        Assert.True(list.TryAdd(Region(0x3000, 0x4000)));
        Assert.Equal(2, list.Count);
        Assert.True(list.TryAdd(Region(0x2000, 0x3000)));
        Assert.Equal(1, list.Count);
        Assert.Equal(0x1000ul, list[0].Start.Value);
        Assert.Equal(0x4000ul, list[0].End.Value);
        Assert.True(list.TryRemove(Region(0x2000, 0x2800)));
        Assert.Equal(2, list.Count);
        Assert.Equal(0x2800ul, list.TotalBytes);
    }

    [Fact]
    public void AFullTableRefusesAndKeepsWhatItHas()
    {
        RegionList list = default;
        for (ulong i = 0; i < RegionList.Capacity; i++)
            Assert.True(list.TryAdd(Region(i * 0x2000, (i * 0x2000) + 0x1000)));
        Assert.False(list.TryAdd(Region(0x100_0000, 0x100_1000)));
        Assert.False(list.TryRemove(Region(0x400, 0x800)));
        Assert.Equal(RegionList.Capacity * 0x1000ul, list.TotalBytes);
        Assert.True(list.TryAdd(Region(0x1000, 0x2000))); // makes one of two
        Assert.Equal(RegionList.Capacity - 1, list.Count);
        Assert.True(list.TryAdd(Region(0, 0x100_0000)));
        Assert.Equal(1, list.Count);
    }

    [Fact]
    public void WhatWrapsIsCutOff()
    {
        Memblock memory = default;
        Assert.True(memory.TryAddMemory(new PhysAddr(0x1000), ulong.MaxValue));
        Assert.Equal(Memblock.AddressEnd, memory.MemoryEnd);
        Assert.True(memory.TryAddMemory(new PhysAddr(ulong.MaxValue), ulong.MaxValue));
        Assert.Equal(1, memory.MemoryCount);
        Assert.True(memory.TryReserve(new PhysAddr(1ul << 51), ulong.MaxValue));
        Assert.True(memory.TryAllocateTopDown(0x1000, 0x1000, Region(0, ulong.MaxValue), out PhysAddr start));
        Assert.Equal((1ul << 51) - 0x1000, start.Value);
        Assert.False(memory.TryAllocateBottomUp(ulong.MaxValue, 0x1000, Region(0, ulong.MaxValue), out _));
        Assert.False(memory.TryAllocateBottomUp(0x1000, 1ul << 63, Region(0x2000, ulong.MaxValue), out _));
    }

    [Fact]
    public void AllocationsKeepAlignmentAndLimits()
    {
        Memblock memory = default;
        Assert.True(memory.TryAddMemory(new PhysAddr(0x9000), 0x100_0000));
        Assert.True(memory.TryAllocateBottomUp(0x1000, 0x10000, Region(0, 0x20000), out PhysAddr low));
        Assert.Equal(0x10000ul, low.Value);
        Assert.False(memory.TryAllocateTopDown(0x1000, 0x10000, Region(0, 0x20000), out _)); // no other multiple in between
        Assert.True(memory.TryAllocateTopDown(0x1800, 0x1000, Region(0, 0x20000), out PhysAddr high));
        Assert.Equal(0x1E000ul, high.Value);
        Assert.False(memory.TryAllocateBottomUp(0x1000, 0x1000, Region(0, 0x9000), out _));
    }

    private abstract record Step(int Start, int End);

    private sealed record Add(int Start, int End) : Step(Start, End);

    private sealed record Remove(int Start, int End) : Step(Start, End);

    private sealed record Reserve(int Start, int End) : Step(Start, End);

    private sealed record Release(int Start, int End) : Step(Start, End);

    private sealed record Allocate(int Start, int End, int Size, bool IsTopDown) : Step(Start, End);

    private static Gen<Step> Steps { get; } =
        from a in Gen.Choose(0, Units)
        from b in Gen.Choose(0, Units)
        from kind in Gen.Choose(0, 5)
        from size in Gen.Choose(1, 6)
        let start = Math.Min(a, b)
        let end = Math.Max(a, b)
        select kind switch
        {
            0 => (Step)new Add(start, end),
            1 => new Remove(start, Math.Min(end, start + 4)),
            2 => new Reserve(start, Math.Min(end, start + 6)),
            3 => new Release(start, Math.Min(end, start + 6)),
            _ => new Allocate(start, end, size, kind == 4),
        };

    [Fact]
    public void BehavesLikeAFlagPerUnit() =>
        Prop.ForAll(Steps.ListOf().ToArbitrary(), steps => Follows(steps.ToList())).Holds(1000);

    private static bool Follows(List<Step> steps)
    {
        Memblock memory = default;
        bool[] isMemory = new bool[Units];
        bool[] isReserved = new bool[Units];
        foreach (Step step in steps)
        {
            ulong bytes = (ulong)(step.End - step.Start) * UnitBytes;
            switch (step)
            {
                case Add:
                    Assert.True(memory.TryAddMemory(At(step.Start), bytes));
                    Array.Fill(isMemory, true, step.Start, step.End - step.Start);
                    break;
                case Remove:
                    Assert.True(memory.TryRemoveMemory(At(step.Start), bytes));
                    Array.Fill(isMemory, false, step.Start, step.End - step.Start);
                    break;
                case Reserve:
                    Assert.True(memory.TryReserve(At(step.Start), bytes));
                    Array.Fill(isReserved, true, step.Start, step.End - step.Start);
                    break;
                case Release:
                    Assert.True(memory.TryRelease(At(step.Start), bytes));
                    Array.Fill(isReserved, false, step.Start, step.End - step.Start);
                    break;
                case Allocate allocate:
                    CheckAllocation(ref memory, isMemory, isReserved, allocate);
                    break;
            }

            CheckFree(in memory, isMemory, isReserved);
        }

        return true;
    }

    private static void CheckAllocation(ref Memblock memory, bool[] isMemory, bool[] isReserved, Allocate step)
    {
        MemoryRegion within = new(At(step.Start), At(step.End));
        int[] fits = Enumerable.Range(step.Start, Math.Max(0, step.End - step.Start - step.Size + 1))
            .Where(s => Enumerable.Range(s, step.Size).All(u => isMemory[u] && !isReserved[u])).ToArray();
        ulong bytes = (ulong)step.Size * UnitBytes;
        bool isFound = step.IsTopDown
            ? memory.TryAllocateTopDown(bytes, UnitBytes, within, out PhysAddr start)
            : memory.TryAllocateBottomUp(bytes, UnitBytes, within, out start);
        Assert.Equal(fits.Length > 0, isFound);
        if (!isFound)
            return;
        Assert.Equal(At(step.IsTopDown ? fits.Max() : fits.Min()), start);
        Array.Fill(isReserved, true, (int)(start.Value / UnitBytes), step.Size);
    }

    private static void CheckFree(in Memblock memory, bool[] isMemory, bool[] isReserved)
    {
        bool[] free = new bool[Units];
        PhysAddr cursor = default;
        while (memory.TryFindFree(cursor, out MemoryRegion region))
        {
            Assert.True(region.SizeBytes > 0 && region.End > cursor);
            for (ulong u = region.Start.Value / UnitBytes; u < region.End.Value / UnitBytes; u++)
            {
                Assert.False(free[u]);
                free[u] = true;
            }

            cursor = region.End;
        }

        for (int u = 0; u < Units; u++)
            Assert.Equal(isMemory[u] && !isReserved[u], free[u]);
    }
}
