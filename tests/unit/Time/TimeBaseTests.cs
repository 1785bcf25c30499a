// A counter that comes round is no jump, neither is a base that moves, and one that looks back a little gives no time back.
using Commence.Time;
using Xunit;

namespace Commence.Tests.Time;

public class TimeBaseTests
{
    private const ulong PmTimerHz = 3_579_545;
    private const ulong Mask24 = 0xFF_FFFF;
    private const ulong StepsPerWrap = 10;

    [Theory]
    [InlineData(PmTimerHz, Mask24)]
    [InlineData(PmTimerHz, 0xFFFF_FFFFul)]
    [InlineData(100_000_000, 0xFFFF_FFFFul)]
    [InlineData(3_000_000_000, ulong.MaxValue)]
    public void TimeGoesOnWhereTheCounterComesRound(ulong frequencyHz, ulong mask)
    {
        ulong start = mask - 5;
        TimeBase now = new(frequencyHz, mask, start, ns: 1000);
        ulong step = (mask / StepsPerWrap) + 1;
        ulong last = 1000;
        ulong elapsed = 0;
        for (int i = 0; i < 40 && elapsed <= ulong.MaxValue - step; i++)
        {
            elapsed += step;
            ulong count = (start + elapsed) & mask;
            ulong ns = now.ToNanoseconds(count);
            Assert.True(ns > last, $"{ns} after {last} in step {i}");
            last = ns;
            if (now.IsOld(count))
                now = now.MoveTo(count);
            Assert.InRange(now.ToNanoseconds(count), ns, ns);
        }

        System.Numerics.BigInteger exact = ((System.Numerics.BigInteger)elapsed * Nanoseconds.PerSecond / frequencyHz) + 1000;
        System.Numerics.BigInteger off = System.Numerics.BigInteger.Abs(exact - last);
        Assert.True(off <= 40 + (exact >> 27), $"off by {off} ns");
    }

    [Fact]
    public void WhatLiesJustBeforeTheBaseIsTheBase()
    {
        TimeBase now = new(PmTimerHz, Mask24, count: 3, ns: 77);
        Assert.Equal(77ul, now.ToNanoseconds(3));
        Assert.Equal(77ul, now.ToNanoseconds(2));
        Assert.Equal(77ul, now.ToNanoseconds(Mask24));
        Assert.Equal(77ul, now.ToNanoseconds(Mask24 - 1000));
        Assert.False(now.IsOld(Mask24));
        Assert.Equal(77ul, now.MoveTo(Mask24).ToNanoseconds(3));
    }

    [Fact]
    public void BitsBeyondTheMaskDoNotCount()
    {
        TimeBase now = new(PmTimerHz, Mask24, count: 0xAB00_0010, ns: 0);
        Assert.Equal(now.ToNanoseconds(0x20), now.ToNanoseconds(0xCD00_0020));
    }

    [Fact]
    public void ABaseThatMovesLosesLessThanANanosecond() => Properties.ForWords((word, step) =>
    {
        TimeBase whole = new(PmTimerHz, uint.MaxValue, word, ns: 0);
        step &= 0x0FFF_FFFF;
        ulong middle = word + (step / 3);
        ulong end = word + step;
        ulong direct = whole.ToNanoseconds(end);
        ulong inTwo = whole.MoveTo(middle).ToNanoseconds(end);
        return inTwo <= direct && direct - inTwo <= 1;
    });

    [Fact]
    public void WithoutASourceItIsZero()
    {
        TimeBase none = default;
        Assert.False(none.IsSet);
        Assert.Equal(0ul, none.ToNanoseconds(12345));
    }
}
