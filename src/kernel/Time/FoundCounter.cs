// A reference clock that must be found first, and may not be there.
using System;
using Commence.Arch;

namespace Commence.Time;

/// <summary>A shared counter that firmware describes: a reference clock, and a source for the clock if it runs.</summary>
public abstract class FoundCounter : ReferenceClock
{
    private CounterReference? _reference;
    private ClockSource? _counter;

    /// <summary>The counter; null if there is none that runs.</summary>
    public ClockSource? Counter => _counter;

    /// <inheritdoc/>
    public sealed override ReadOnlySpan<byte> Absence => _counter is not null ? default : Look();

    /// <summary>Looks for the counter by what firmware says.</summary>
    /// <param name="counter">The counter; null if there is none.</param>
    /// <returns>Why there is none; empty if there is one.</returns>
    /// <remarks>Context: early boot. May be called again if it failed.</remarks>
    protected abstract ReadOnlySpan<byte> Find(out ClockSource? counter);

    /// <inheritdoc/>
    public sealed override bool TryMeasure(Nanoseconds duration, out MeasuredInterval interval)
    {
        interval = default;
        return _reference is not null && _reference.TryMeasure(duration, out interval);
    }

    private ReadOnlySpan<byte> Look()
    {
        ReadOnlySpan<byte> absence = Find(out ClockSource? counter);
        if (counter is null)
            return absence;

        CounterReference reference = new(counter);
        if (!reference.IsRunning)
            return "it stands still"u8;
        _reference = reference;
        _counter = counter;
        return default;
    }
}
