// The PC's programmable interval timer. Its channel 0 is a counter of known rate while rates are measured, and can be the
// machine's tick afterwards; its output is interrupt line 0, which is masked until somebody asks for the tick.
//
// Channel 0 rather than channel 2, whose gate is on port 61: machines without a speaker do not have that port.
//
// Source: Intel 8254 data sheet, "Mode 0: Interrupt on Terminal Count", "Mode 2: Rate Generator", "Counter Latch Command".
using System;
using Commence.Time;

namespace Commence.Drivers.Timer;

/// <summary>Channel 0 as a counter of sixteen bits.</summary>
internal sealed class Pit8254 : ClockSource
{
    private const uint Hertz = 1_193_182;
    private const uint CountMax = 0x1_0000;  // written as 0
    private const byte Channel0Mode2 = 0x34; // channel 0, low then high byte, mode 2, binary
    private const byte Channel0Mode0 = 0x30;
    private const byte LatchChannel0 = 0x00;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "pit"u8;

    /// <inheritdoc/>
    public override int Rating => 110;

    /// <inheritdoc/>
    public override ulong FrequencyHz => Hertz;

    /// <inheritdoc/>
    public override ulong Mask => CountMax - 1;

    private static IoPort Control => new(0x43);

    private static IoPort Channel0 => new(0x40);

    /// <inheritdoc/>
    /// <remarks>It counts down. One reader at a time: a read takes three accesses.</remarks>
    public override ulong Read()
    {
        Control.Write8(LatchChannel0);
        uint low = Channel0.Read8();
        uint high = Channel0.Read8();
        return CountMax - ((high << 8) | low);
    }

    /// <summary>Makes channel 0 count through all of its sixteen bits.</summary>
    /// <remarks>Context: early boot.</remarks>
    internal static void StartCounter() => Start(CountMax);

    /// <summary>Makes channel 0 raise its line so many times a second.</summary>
    /// <remarks>Context: early boot.</remarks>
    internal static void StartTick(uint hertz) => Start((Hertz + (hertz / 2)) / hertz);

    /// <summary>Makes channel 0 raise its line no more: in mode 0 it waits for a count that never comes.</summary>
    internal static void StopTick() => Control.Write8(Channel0Mode0);

    private static void Start(uint count)
    {
        Bug.On(count is 0 or > CountMax);
        Control.Write8(Channel0Mode2);
        Channel0.Write8((byte)count);
        Channel0.Write8((byte)(count >> 8));
    }
}
