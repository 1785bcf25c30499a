// Everything that a run left behind.
using System.Collections.Generic;
using System.Linq;
using Commence.Machine.Records;

namespace Commence.Machine;

/// <summary>The result of a run.</summary>
public sealed record MachineResult
{
    /// <summary>How it ended.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>The first program's exit status, if one was reported.</summary>
    public int? ExitStatus { get; init; }

    /// <summary>Whether the machine powered itself off.</summary>
    public bool IsPoweredOff { get; init; }

    /// <summary>Whether the machine was reset: by itself, also after a panic or a reported status.</summary>
    public bool WasReset { get; init; }

    /// <summary>The panic's message, if there was one.</summary>
    public string? PanicMessage { get; init; }

    /// <summary>What the console printed, with plain line ends.</summary>
    public string Console { get; init; } = "";

    /// <summary>The records, in order.</summary>
    public IReadOnlyList<MachineRecord> Records { get; init; } = [];

    /// <summary>A sentence for each malformed line on the record line.</summary>
    public IReadOnlyList<string> RecordErrors { get; init; } = [];

    /// <summary>What QEMU itself printed.</summary>
    public string EmulatorOutput { get; init; } = "";

    /// <summary>Where each processor was, if the run ended by a triple fault, a reset, a standstill or the time limit.</summary>
    public IReadOnlyList<CpuState> Cpus { get; init; } = [];

    /// <summary>The console's lines.</summary>
    public IReadOnlyList<string> ConsoleLines => Console.TrimEnd('\n').Split('\n');

    /// <summary>The records of one kind, in order.</summary>
    public IReadOnlyList<T> RecordsOf<T>() where T : MachineRecord => [.. Records.OfType<T>()];
}
