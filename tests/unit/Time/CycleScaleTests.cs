using System;
using System.Numerics;
using Commence.Arch.Hosted;
using Commence.Time;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Time;

public class CycleScaleTests
{
    private const ulong PerSecond = Nanoseconds.PerSecond;

    [Theory]
    [InlineData(1_000)]
    [InlineData(62_500_000)]
    [InlineData(1_000_000_000)]
    [InlineData(2_399_998_765)]
    [InlineData(100_000_000_000)]
    public void SecondsComeOut(ulong frequency)
    {
        CycleScale scale = CycleScale.FromFrequency(frequency);
        for (ulong seconds = 1; seconds < 400_000_000 && seconds < ulong.MaxValue / frequency; seconds *= 7)
        {
            BigInteger exact = (BigInteger)seconds * PerSecond;
            BigInteger got = scale.ToNanoseconds(frequency * seconds);
            Assert.True(BigInteger.Abs(got - exact) <= 2 + (exact >> 27), $"{seconds} s gave {got} ns");
        }
    }

    // Monotone, and never further off than one part in 2^30 and a nanosecond, for any frequency of a real machine.
    [Fact]
    public void CloseToExact() => Properties.ForWords((word, cycles) =>
    {
        ulong frequency = 1_000_000 + (word % 10_000_000_000);
        cycles %= frequency * 20 * 365 * 86_400; // twenty years
        CycleScale scale = CycleScale.FromFrequency(frequency);
        BigInteger exact = (BigInteger)cycles * PerSecond / frequency;
        BigInteger got = scale.ToNanoseconds(cycles);
        return BigInteger.Abs(got - exact) <= 2 + (exact >> 30)
            && scale.ToNanoseconds(cycles + 1) >= scale.ToNanoseconds(cycles);
    });

    [Fact]
    public void NotSetGivesZero()
    {
        Assert.Equal(0ul, default(CycleScale).ToNanoseconds(123456789));
        Assert.False(default(CycleScale).IsSet);
    }

    [Fact]
    public void AbsurdFrequencyIsABug()
    {
        Assert.Throws<KernelBugException>(() => CycleScale.FromFrequency(0));
        Assert.Throws<KernelBugException>(() => CycleScale.FromFrequency(ulong.MaxValue));
    }
}
