// A counter that the kernel's clock can run on.
using System;
using System.Threading;

namespace Commence.Time;

/// <summary>A free-running counter of known rate (Linux: <c>struct clocksource</c>).</summary>
/// <remarks>All processors read the same counter, or counters that agree: one for which that turns out false is marked unstable.
/// Made at boot and never freed.</remarks>
public abstract class ClockSource
{
    private bool _isUnstable; // set once; under the lock of ClockSources

    /// <summary>Its name, as <c>clocksource=</c> takes it.</summary>
    public abstract ReadOnlySpan<byte> Name { get; }

    /// <summary>How good it is: Linux's scale, where 300 is the best that could be wished and 100 usable.</summary>
    public abstract int Rating { get; }

    /// <summary>How often it counts in a second.</summary>
    public abstract ulong FrequencyHz { get; }

    /// <summary>The bits that count; after all of them are ones it begins at 0 again.</summary>
    public abstract ulong Mask { get; }

    /// <summary>Reads the counter; bits beyond <see cref="Mask"/> may be anything.</summary>
    /// <remarks>Context: any, NMI included.</remarks>
    public abstract ulong Read();

    /// <summary>It was found not to be what it claims; it is used only if there is no other.</summary>
    public bool IsUnstable => Volatile.Read(ref _isUnstable);

    internal void MarkUnstable() => Volatile.Write(ref _isUnstable, true);
}
