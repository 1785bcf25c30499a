// The PC's programmable interval timer: the clock of known rate by which others are measured.
//
// Channel 2 is used, whose gate and output are on port 61 and which interrupts nobody.
//
// Source: Intel 8254 data sheet, "Mode 0: Interrupt on Terminal Count".
using Commence.Time;

namespace Commence.Drivers.Timer;

/// <summary>The interval timer as a reference clock.</summary>
public sealed class Pit8254 : ReferenceClock
{
    private const uint FrequencyHz = 1_193_182;
    private const byte Channel2Mode0 = 0xB0; // channel 2, low then high byte, mode 0, binary
    private const byte GateOn = 0x01;
    private const byte SpeakerOn = 0x02;
    private const byte OutputHigh = 0x20;
    private const ushort CountMax = 0xFFFF;

    // A count of 10 ms passes in less than this many port reads on any machine; more means there is no such timer.
    private const int SpinsMax = 50_000_000;

    /// <inheritdoc/>
    public override System.ReadOnlySpan<byte> Name => "PIT"u8;

    /// <inheritdoc/>
    public override bool TryWait(Nanoseconds duration)
    {
        ulong count = duration.Value * FrequencyHz / 1_000_000_000;
        if (count is 0 or > CountMax)
            return false;

        IoPort control = new(0x43);
        IoPort channel2 = new(0x42);
        IoPort gate = new(0x61);

        byte before = gate.Read8();
        gate.Write8((byte)((before & ~SpeakerOn) | GateOn));
        control.Write8(Channel2Mode0);
        channel2.Write8((byte)count);
        channel2.Write8((byte)(count >> 8));

        // Right after the count is written the output must be low: a port that floats reads as high at once.
        bool isPresent = (gate.Read8() & OutputHigh) == 0;
        int spins = 0;
        while (isPresent && (gate.Read8() & OutputHigh) == 0 && ++spins < SpinsMax)
            Cpu.Relax();

        gate.Write8(before);
        return isPresent && spins < SpinsMax;
    }
}
