// The faults that one parser run found, in order, kept for the caller to print.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Commence.Firmware;

/// <summary>A short list of faults; what does not fit is counted.</summary>
/// <remarks>All-zero is an empty log. 400 bytes: fit for a stack.</remarks>
public struct FaultLog
{
    public const int Capacity = 16;

    private Slots _faults;
    private int _count;

    /// <summary>How many faults the log holds.</summary>
    public readonly int Count => _count;

    /// <summary>How many faults came after the log was full.</summary>
    public int LeftOutCount { get; private set; }

    /// <summary>How many faults were met, kept or not.</summary>
    public readonly int TotalCount => _count + LeftOutCount;

    public readonly ParseFault this[int index] => Faults[index];

    /// <summary>The faults, oldest first.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<ParseFault> Faults => ((ReadOnlySpan<ParseFault>)_faults).Slice(0, _count);

    public void Add(ParseFault fault)
    {
        if (_count == Capacity)
        {
            // Saturates: a hostile table may have more faults than an int can count.
            if (LeftOutCount < int.MaxValue - Capacity)
                LeftOutCount++;
            return;
        }

        _faults[_count++] = fault;
    }

    public void Add(FirmwarePart part, FaultKind kind, ulong offset, ulong value = 0) =>
        Add(new ParseFault(part, kind, offset, value));

    /// <summary>Says whether a fault of this kind in this structure is in the log.</summary>
    public readonly bool Contains(FirmwarePart part, FaultKind kind)
    {
        foreach (ParseFault fault in Faults)
        {
            if (fault.Part == part && fault.Kind == kind)
                return true;
        }

        return false;
    }

    [InlineArray(Capacity)]
    private struct Slots
    {
        private ParseFault _first;
    }
}
