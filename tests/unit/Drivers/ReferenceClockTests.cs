// Legacy timers as references: models that count, and ports where nobody is.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using Commence.Arch.Hosted;
using Commence.Drivers.Timer;
using Commence.Time;
using Xunit;

namespace Commence.Tests.Drivers;

public class ReferenceClockTests
{
    private static readonly Nanoseconds s_interval = new(5_000_000);

    /// <summary>Channel 0 of an 8254 in mode 2, whose clock is the host's.</summary>
    private sealed class Pit : HostedPortDevice
    {
        private readonly long _start = Stopwatch.GetTimestamp();
        private uint _latched;
        private int _bytesLeft;

        public List<(int Offset, uint Value)> Written { get; } = [];

        public bool IsStopped { get; init; }

        public override uint Read(int offset, int sizeBytes)
        {
            Assert.Equal(0, offset);
            Assert.True(_bytesLeft-- > 0, "a read without a latch");
            uint value = _latched & 0xFF;
            _latched >>= 8;
            return value;
        }

        public override void Write(int offset, int sizeBytes, uint value)
        {
            if (offset == 3 && value == 0)
                Latch();
            else
                Written.Add((offset, value));
        }

        private void Latch()
        {
            ulong counted = IsStopped ? 0 : (ulong)((Stopwatch.GetTimestamp() - _start) * 1_193_182.0 / Stopwatch.Frequency);
            _latched = (uint)(0x1_0000 - (counted & 0xFFFF)) & 0xFFFF;
            _bytesLeft = 2;
        }
    }

    /// <summary>A real-time clock whose periodic flag is up at each tenth look.</summary>
    private sealed class Cmos : HostedPortDevice
    {
        private int _index;

        public byte[] Registers { get; } = new byte[128];

        public int Looks { get; private set; }

        public bool IsDead { get; set; }

        public override uint Read(int offset, int sizeBytes)
        {
            if (_index == 0x0C)
                return !IsDead && ++Looks % 10 == 0 && (Registers[0x0B] & 0x40) != 0 && (Registers[0x0A] & 0xF) == 6 ? 0xC0u : 0;
            return Registers[_index];
        }

        public override void Write(int offset, int sizeBytes, uint value)
        {
            if (offset == 0)
                _index = (int)value & 0x7F;
            else
                Registers[_index] = (byte)value;
        }
    }

    [Fact]
    public void ThePitIsReadWhileItCounts()
    {
        Pit pit = new();
        using IDisposable attached = HostedPorts.Attach(0x40, 4, pit);
        PitReference clock = new();
        Assert.True(clock.Absence.IsEmpty);
        Assert.Equal([(3, 0x34u), (0, 0u), (0, 0u)], pit.Written); // 65536 in mode 2
        Assert.True(Calibration.TryMeasure(clock, out ClockRates rates));
        Assert.InRange(rates.CyclesPerSecond, (ulong)(Stopwatch.Frequency * 0.98), (ulong)(Stopwatch.Frequency * 1.02));
    }

    [Fact]
    public void APitThatStandsStillIsNone()
    {
        using IDisposable attached = HostedPorts.Attach(0x40, 4, new Pit { IsStopped = true });
        PitReference clock = new();
        Assert.False(clock.Absence.IsEmpty);
        Assert.False(clock.TryMeasure(s_interval, out _));
    }

    [Fact]
    public void PortsWhereNobodyIsAreNoPit() => Assert.False(new PitReference().Absence.IsEmpty);

    [Fact]
    public void TheRealTimeClocksFlagIsCounted()
    {
        Cmos cmos = new();
        cmos.Registers[0x0A] = 0x26;
        cmos.Registers[0x0B] = 0x02;
        using IDisposable attached = HostedPorts.Attach(0x70, 2, cmos);
        CmosReference clock = new();
        Assert.True(clock.Absence.IsEmpty);
        cmos.Registers[0x0A] = 0x2F; // another rate, which must be back afterwards
        Assert.True(clock.TryMeasure(s_interval, out MeasuredInterval interval));
        Assert.Equal(6ul * Nanoseconds.PerSecond / 1024, interval.Length.Value);
        Assert.Equal(MeasuredInterval.Unbounded, interval.LooseCycles);
        Assert.InRange(cmos.Looks, 70, 73); // one raise to begin, and six; the flag is cleared before and after
        Assert.Equal((0x2F, 0x02), (cmos.Registers[0x0A], cmos.Registers[0x0B]));

        cmos.IsDead = true;
        Assert.False(clock.TryMeasure(s_interval, out _));
        Assert.Equal((0x2F, 0x02), (cmos.Registers[0x0A], cmos.Registers[0x0B]));
    }

    [Fact]
    public void PortsWhereNobodyIsAreNoRealTimeClock() => Assert.False(new CmosReference().Absence.IsEmpty);
}
