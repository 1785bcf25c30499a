using System;
using System.Text;
using Commence.Lib;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Lib;

public class UnitsTests
{
    private static string Text<T>(T value)
        where T : struct, ITextFormattable
    {
        TextWriter text = new(new byte[64]);
        text.Append(value);
        return Encoding.UTF8.GetString(text.Text);
    }

    [Fact]
    public void AddressesCompareAndCount() =>
        Properties.ForWords((a, b) =>
        {
            PhysAddr left = new(a);
            PhysAddr right = (PhysAddr)b;
            return (left < right) == (a < b) && (left >= right) == (a >= b) && left.CompareTo(right) == Math.Sign(a.CompareTo(b))
                && (left == right) == (a == b) && left.Equals(right) == (a == b) && (ulong)(left + b) == unchecked(a + b)
                && left - right == unchecked(a - b);
        });

    [Fact]
    public void AlignmentBracketsTheAddress() =>
        Prop.ForAll<uint, byte>((value, shift) =>
        {
            ulong alignment = 1ul << (shift % 32);
            UserAddr at = new(value);
            return at.AlignDown(alignment) <= at && at.AlignUp(alignment) >= at
                && at.AlignDown(alignment).IsAligned(alignment) && at.AlignUp(alignment).IsAligned(alignment)
                && at - at.AlignDown(alignment) < alignment && at.AlignUp(alignment) - at < alignment;
        }).Holds();

    [Fact]
    public void TryAddSeesTheWrap()
    {
        Assert.True(new UserAddr(ulong.MaxValue - 1).TryAdd(1, out UserAddr last));
        Assert.Equal(ulong.MaxValue, last.Value);
        Assert.False(last.TryAdd(1, out _));
    }

    [Fact]
    public void AlignmentMustBeAPowerOfTwo() => Assert.Throws<InvalidOperationException>(() => new VirtAddr(5).AlignDown(3));

    [Fact]
    public void FramesAndAddressesMeet()
    {
        Assert.Equal(new Pfn(0x1234), new PhysAddr(0x1234FFF).Frame);
        Assert.Equal(0xFFF, new PhysAddr(0x1234FFF).PageOffset);
        Assert.Equal(new PhysAddr(0x1234000), new Pfn(0x1234).Address);
    }

    [Theory]
    [InlineData(0ul, "0 ns")]
    [InlineData(999ul, "999 ns")]
    [InlineData(1_500ul, "1.500 us")]
    [InlineData(20_000_999ul, "20.000 ms")]
    [InlineData(3_007_000_000ul, "3.007 s")]
    public void DurationsPickTheirUnit(ulong value, string expected) => Assert.Equal(expected, Text(new Nanoseconds(value)));

    [Fact]
    public void NewtypesWriteThemselves()
    {
        Assert.Equal("0xffffffff80000000", Text(new VirtAddr(0xFFFFFFFF80000000)));
        Assert.Equal("0x1a", Text(new Pfn(26)));
        Assert.Equal("26", Text(new CpuId(26)));
        Assert.Equal("4294967295", Text(new ApicId(uint.MaxValue)));
    }

    [Fact]
    public void CpuNumbersHaveALimit()
    {
        Assert.True(new CpuId(Limits.CpuCountMax - 1).IsValid);
        Assert.False(new CpuId(Limits.CpuCountMax).IsValid);
        Assert.False(new CpuId(-1).IsValid);
        Assert.True(new ApicId(254).FitsXApic);
        Assert.False(new ApicId(255).FitsXApic);
    }
}
