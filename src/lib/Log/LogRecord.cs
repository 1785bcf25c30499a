namespace Commence.Lib;

/// <summary>What a <see cref="LogRing"/> keeps about a piece of text besides the text.</summary>
public readonly struct LogRecord
{
    /// <summary>The position in the log, counted from 0 without gaps.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>When it was logged, since boot.</summary>
    public required Nanoseconds Time { get; init; }

    /// <summary>The processor that logged it.</summary>
    public required CpuId Cpu { get; init; }

    public required LogLevel Level { get; init; }

    /// <summary>Bytes of text.</summary>
    public required int Length { get; init; }

    /// <summary>The text goes on from the record before: print no time stamp before it.</summary>
    public required bool IsContinuation { get; init; }

    /// <summary>The text goes on in the next record: print no line end behind it.</summary>
    public required bool IsContinued { get; init; }
}
