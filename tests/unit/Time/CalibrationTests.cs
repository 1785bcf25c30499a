// Measurements that are disturbed, counters that stand still or come round, and what is taken of them.
using System;
using System.Diagnostics;
using Commence.Arch;
using Commence.Lib;
using Commence.Time;
using Xunit;

namespace Commence.Tests.Time;

public class CalibrationTests
{
    private const ulong TrueHertz = 2_600_000_000;
    private const ulong TimerHertz = 62_500_000;

    /// <summary>A reference whose intervals take as many times too long as is written, and then longer and longer.</summary>
    private sealed class Scripted(params double[] stretch) : ReferenceClock
    {
        public int Rounds { get; private set; }

        public bool IsShort { get; init; } // fails behind its script

        public ulong Loose { get; init; } = MeasuredInterval.Unbounded;

        public override ReadOnlySpan<byte> Name => "scripted"u8;

        public override ReadOnlySpan<byte> Absence => default;

        public override bool TryMeasure(Nanoseconds duration, out MeasuredInterval interval)
        {
            interval = default;
            if (IsShort && Rounds == stretch.Length)
                return false;
            double seconds = duration.Value * (Rounds < stretch.Length ? stretch[Rounds] : 10 + Rounds) / 1e9;
            Rounds++;
            TimerMeasurement own = new((uint)(TimerHertz * seconds), (ulong)(TrueHertz * seconds));
            interval = new MeasuredInterval(own, duration, Loose);
            return true;
        }
    }

    /// <summary>The host's clock as a counter of a few bits.</summary>
    private sealed class Counter(ulong hertz, ulong mask) : ClockSource
    {
        public override ReadOnlySpan<byte> Name => "counter"u8;

        public override int Rating => 1;

        public override ulong FrequencyHz => hertz;

        public override ulong Mask => mask;

        public override ulong Read() => (ulong)((UInt128)Stopwatch.GetTimestamp() * hertz / (ulong)Stopwatch.Frequency) | ~mask;
    }

    private sealed class Standing : ClockSource
    {
        public override ReadOnlySpan<byte> Name => "standing"u8;

        public override int Rating => 1;

        public override ulong FrequencyHz => 1_000_000;

        public override ulong Mask => 0xFFFF;

        public override ulong Read() => 0x1234;
    }

    [Theory]
    [InlineData(2, 1.0, 1.0, 9.9)]
    [InlineData(3, 4.0, 1.0, 1.0005, 9.9)]        // one that was disturbed
    [InlineData(3, 1.0, 2.0, 1.0, 9.9)]           // with the shortest so far
    [InlineData(Calibration.RoundsMax, 2.1, 1.0, 2.2, 2.3)] // none agree: the shortest
    public void TakesWhatAgrees(int rounds, params double[] stretch)
    {
        Scripted reference = new(stretch);
        Assert.True(Calibration.TryMeasure(reference, out ClockRates rates));
        Assert.Equal(rounds, reference.Rounds);
        Assert.InRange(rates.CyclesPerSecond, TrueHertz - 1000, TrueHertz + (TrueHertz / 1000));
        Assert.InRange(rates.TimerPerSecond, TimerHertz - 1000, TimerHertz + (TimerHertz / 1000));
    }

    [Theory]
    [InlineData(1, 12_000)] // of the 13 million cycles of an interval
    [InlineData(2, 14_000)]
    public void OneIsEnoughIfItIsKnownToBeExact(int rounds, ulong loose)
    {
        Scripted reference = new(1.0, 1.0) { Loose = loose };
        Assert.True(Calibration.TryMeasure(reference, out ClockRates rates));
        Assert.Equal(rounds, reference.Rounds);
        Assert.InRange(rates.CyclesPerSecond, TrueHertz - 1000, TrueHertz + 1000);
    }

    [Theory]
    [InlineData(3_579_545, 0xFF_FFFF, true)]
    [InlineData(1_193_182, 0xFFFF, false)] // it may have come round unseen
    public void ACounterKnowsHowFarItMayBeOff(ulong hertz, ulong mask, bool isKnown)
    {
        Assert.True(new CounterReference(new Counter(hertz, mask)).TryMeasure(new Nanoseconds(5_000_000), out MeasuredInterval interval));
        Assert.Equal(isKnown, interval.LooseCycles != MeasuredInterval.Unbounded);
        if (isKnown)
            Assert.True(interval.LooseCycles >= 2 * interval.Own.Cycles / (interval.Length.Value * hertz / 1_000_000_000), "less than two counts");
    }

    [Fact]
    public void AReferenceThatFailsFailsTheMeasurement()
    {
        Assert.False(Calibration.TryMeasure(new Scripted { IsShort = true }, out _));
        Assert.False(Calibration.TryMeasure(new Scripted(3.0) { IsShort = true }, out _));
        Assert.False(Calibration.TryMeasure(new CounterReference(new Standing()), out _));
        Assert.False(new CounterReference(new Standing()).IsRunning);
    }

    [Theory]
    [InlineData(3_579_545, 0xFF_FFFF)]
    [InlineData(3_579_545, 0xFFFF)] // comes round within 18 ms
    [InlineData(100_000_000, 0xFFFF_FFFF)]
    public void ACounterMeasuresWhateverItsWidth(ulong hertz, ulong mask)
    {
        Assert.True(Calibration.TryMeasure(new CounterReference(new Counter(hertz, mask)), out ClockRates rates));
        Assert.InRange(rates.CyclesPerSecond, (ulong)(Stopwatch.Frequency * 0.98), (ulong)(Stopwatch.Frequency * 1.02));
    }

    [Theory]
    [InlineData(10_474_960, "5237.48")]
    [InlineData(0, "0.00")]
    [InlineData(2_000, "1.00")]
    [InlineData(2_020, "1.01")]
    [InlineData(4_294_967_295, "2147483.64")]
    public void BogoMipsAreLinuxs(ulong loopsPerTick, string expected)
    {
        TextWriter text = new(new byte[32]);
        new BogoMips(loopsPerTick).Format(ref text);
        Assert.Equal(expected, System.Text.Encoding.ASCII.GetString(text.Text));
    }
}
