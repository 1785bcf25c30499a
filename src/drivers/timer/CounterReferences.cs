// The counters of PC machines as references: each knows where to look.
using System;
using Commence.Time;

namespace Commence.Drivers.Timer;

/// <summary>The high precision event timer as a reference clock.</summary>
public sealed class HpetReference : FoundCounter
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "HPET"u8;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> Find(out ClockSource? counter)
    {
        ReadOnlySpan<byte> absence = Hpet.Find(out Hpet? hpet);
        counter = hpet;
        return absence;
    }
}

/// <summary>ACPI's power management timer as a reference clock.</summary>
public sealed class PmTimerReference : FoundCounter
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "PM timer"u8;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> Find(out ClockSource? counter)
    {
        ReadOnlySpan<byte> absence = AcpiPmTimer.Find(out AcpiPmTimer? timer);
        counter = timer;
        return absence;
    }
}

/// <summary>The interval timer as a reference clock.</summary>
public sealed class PitReference : FoundCounter
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "PIT"u8;

    /// <inheritdoc/>
    /// <remarks>No firmware tells of it: a counter that stands still is none.</remarks>
    protected override ReadOnlySpan<byte> Find(out ClockSource? counter)
    {
        Pit8254.StartCounter();
        counter = new Pit8254();
        return default;
    }
}
