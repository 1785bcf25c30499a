// One processor's part of the comparison of counters (TscCheck.cs).
//
// Sample, Behind and what was seen are written by the processor itself, Ahead by the boot processor.
using System.Runtime.CompilerServices;
using System.Threading;

namespace Commence.Smp;

/// <summary>One processor's part of the comparison, in cycles.</summary>
public struct TscSlot
{
    internal ulong Sample;
    internal ulong Behind;
    internal ulong Ahead;
    internal ulong FirmwareOffset; // what was added to the counter before the kernel corrected it: TscOffset.cs
    internal bool WasCorrected;
    private ulong _lastSeen;
    private int _newSamples;

    // Two: the first may be of long ago.
    private const int MeetingMin = 2;

    /// <summary>Both looked at the same time: the processor has seen the boot processor publish while it published itself.</summary>
    public readonly bool HasMet => _newSamples >= MeetingMin;

    /// <summary>How far the counter is known to be off, in either direction.</summary>
    public readonly ulong WarpMax => System.Math.Max(Volatile.Read(in Behind), Volatile.Read(in Ahead));

    /// <summary>The processor's own turn.</summary>
    /// <param name="bootSample">Where the boot processor publishes.</param>
    /// <param name="counter">Reads the processor's counter.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Look<TCounter>(ref ulong bootSample, TCounter counter)
        where TCounter : struct, ITscCounter
    {
        ulong seen = Turn(ref bootSample, ref Sample, ref Behind, counter);
        if (seen == _lastSeen)
            return;
        _lastSeen = seen;
        _newSamples++;
    }

    /// <summary>The boot processor's look at this slot.</summary>
    /// <inheritdoc cref="Look"/>
    internal void LookFromBoot<TCounter>(ref ulong bootSample, TCounter counter)
        where TCounter : struct, ITscCounter => _ = Turn(ref Sample, ref bootSample, ref Ahead, counter);

    // Sees the other's sample, publishes one's own, and notes by how much one's own counter is behind what was seen.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Turn<TCounter>(ref ulong other, ref ulong own, ref ulong worst, TCounter counter)
        where TCounter : struct, ITscCounter
    {
        ulong seen = Volatile.Read(ref other);
        ulong mine = counter.Read();
        if (mine < seen && seen - mine > worst)
            Volatile.Write(ref worst, seen - mine);
        Volatile.Write(ref own, mine);
        return seen;
    }
}

/// <summary>A counter to be compared. A struct, so that calls are direct; tests give counters that disagree.</summary>
internal interface ITscCounter
{
    /// <summary>The calling processor's counter, read after all loads before it.</summary>
    ulong Read();
}
