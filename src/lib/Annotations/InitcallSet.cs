// The table of initcalls as the kernel sees it. The kernel cannot name the table itself: that is made where all parts are
// known, above it, and handed down.
using System;

namespace Commence;

/// <summary>All initcalls of a kernel, in an order in which they may run one after the other.</summary>
/// <remarks>
/// A level's calls are those from <see cref="FirstOf"/> of it to <see cref="FirstOf"/> of the next.
/// Calls of one level may run at the same time as long as each starts after its <see cref="Dependencies"/> have ended.
/// Generated: <c>Commence.InitcallTable</c>, in the assembly marked <see cref="CompositionRootAttribute"/>.
/// </remarks>
public abstract class InitcallSet
{
    /// <summary>How many there are.</summary>
    public abstract int Count { get; }

    /// <summary>The index of the first call of a level, or of the first after it if the level has none.</summary>
    /// <remarks>For the value after the last level: <see cref="Count"/>.</remarks>
    public abstract int FirstOf(InitcallLevel level);

    /// <summary>The level of a call.</summary>
    public abstract InitcallLevel Level(int index);

    /// <summary>The name of a call in UTF-8, "Type.Method": for the log and for <c>initcall_blacklist=</c>.</summary>
    public abstract ReadOnlySpan<byte> Name(int index);

    /// <summary>The indices of the calls of the same level that must have ended before this one starts; all are smaller.</summary>
    public abstract ReadOnlySpan<ushort> Dependencies(int index);

    /// <summary>Runs a call.</summary>
    public abstract Errno Invoke(int index);
}
