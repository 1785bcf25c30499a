// The choice of a clock source, and the switch from one to the next.
using System;
using Commence.Time;
using Xunit;

namespace Commence.Tests.Time;

public class ClockSourcesTests
{
    private sealed class Counter : ClockSource
    {
        private readonly ulong _mask;

        internal Counter(ulong mask) => _mask = mask;

        internal ulong Value { get; set; }

        public override ReadOnlySpan<byte> Name => "counter"u8;

        public override int Rating => 1;

        public override ulong FrequencyHz => 1_000_000;

        public override ulong Mask => _mask;

        public override ulong Read() => Value | ~_mask; // bits above the mask are noise
    }

    [Fact]
    public void ASwitchIsNoJump()
    {
        ulong before = Clock.Monotonic().Value;
        Counter slow = new(0xFFF);
        Clock.Start(slow);
        ulong at = Clock.Monotonic().Value;
        Assert.InRange(at, before, before + Nanoseconds.PerSecond * 60);

        // The counter stands, so does the time; it counts 16 rounds, and so does the time.
        Assert.Equal(at, Clock.Monotonic().Value);
        for (ulong i = 1; i <= 160; i++)
        {
            slow.Value = (i * 0x19A) & 0xFFF;
            Clock.Accumulate();
            Assert.InRange(Clock.Monotonic().Value, at + (i * 0x19A * 1000) - i, at + (i * 0x19A * 1000));
        }

        Assert.True(Clock.TryReadMonotonic(out Nanoseconds tried));
        Assert.Equal(Clock.Monotonic().Value, tried.Value);
        ulong last = Clock.Monotonic().Value;
        Clock.Start((ulong)System.Diagnostics.Stopwatch.Frequency);
        Assert.InRange(Clock.Monotonic().Value, last, last + (Nanoseconds.PerSecond * 60));
    }
}
