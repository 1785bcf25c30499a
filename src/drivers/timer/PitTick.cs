using System;
using Commence.Irq;
using Commence.Time;

namespace Commence.Drivers.Timer;

/// <summary>The interval timer's channel 0 as the machine's tick.</summary>
public sealed class PitTick : LegacyTick
{
    private const int Line = 0;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "PIT"u8;

    /// <inheritdoc/>
    public override bool TryStart(uint hertz)
    {
        if (!DeviceInterrupts.TryRequestLegacyLine(Line, this))
            return false;
        Pit8254.StartTick(hertz);
        return true;
    }

    /// <inheritdoc/>
    public override void Stop() => Pit8254.StopTick();
}
