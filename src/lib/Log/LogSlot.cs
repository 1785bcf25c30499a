// One record's place in a LogRing: 256 bytes.
using System.Runtime.CompilerServices;

namespace Commence.Lib;

/// <summary>The unit of a <see cref="LogRing"/>'s storage. All-zero has never been written.</summary>
public struct LogSlot
{
    internal ulong State;
    internal ulong SkippedEnd; // one above the highest sequence number that found the slot still in use and was dropped
    internal ulong Time;
    internal ushort Cpu;
    internal ushort Length;
    internal LogLevel Level;
    internal bool IsContinuation;
    internal bool IsContinued;
    internal LogText Text;
}

[InlineArray(LogRing.RecordTextMax)]
internal struct LogText
{
    private byte _first;
}
