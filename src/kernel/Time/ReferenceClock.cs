// A clock of known rate that others are measured against at boot; a driver implements it.
using System;

namespace Commence.Time;

/// <summary>A hardware timer whose frequency is fixed by its specification.</summary>
public abstract class ReferenceClock
{
    /// <summary>Its name, for the log.</summary>
    public abstract ReadOnlySpan<byte> Name { get; }

    /// <summary>Waits, by polling, as exactly as it can.</summary>
    /// <param name="duration">1 ms to 50 ms.</param>
    /// <returns>False if the timer does not exist or does not run.</returns>
    /// <remarks>Context: early boot. IRQs: off, or the wait is too long.</remarks>
    public abstract bool TryWait(Nanoseconds duration);
}
