// A clock of known rate that others are measured against at boot; drivers implement it.
using System;
using Commence.Arch;

namespace Commence.Time;

/// <summary>A hardware timer whose frequency is fixed by its specification, or told by itself.</summary>
/// <remarks>Used by the boot processor alone, in early boot.</remarks>
public abstract class ReferenceClock
{
    /// <summary>Its name, for the log.</summary>
    public abstract ReadOnlySpan<byte> Name { get; }

    /// <summary>Why it is known not to be there ("no sound ACPI HPET table"); empty if only trying it out can tell.</summary>
    public abstract ReadOnlySpan<byte> Absence { get; }

    /// <summary>Lets an interval pass, by polling, and reads the processor's own clocks (<c>InterruptController.ReadTimers</c>) at
    /// both of its ends, as close to them as it can.</summary>
    /// <param name="duration">How long about: 1 ms to 50 ms.</param>
    /// <param name="interval">How long it was, and what went by meanwhile.</param>
    /// <returns>False if the timer does not exist or does not run.</returns>
    /// <remarks>IRQs: off.</remarks>
    public abstract bool TryMeasure(Nanoseconds duration, out MeasuredInterval interval);
}
