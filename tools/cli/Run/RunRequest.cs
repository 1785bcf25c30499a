// What the user asked ./commence run for.
using System;
using System.Collections.Generic;

namespace Commence.Cli.Run;

/// <summary>The options of one run.</summary>
internal sealed record RunRequest
{
    internal required string Arch { get; init; }
    internal required int Cpus { get; init; }
    internal int? Sockets { get; init; }
    internal required string Machine { get; init; }
    internal required int MemoryMiB { get; init; }
    internal string? Rootfs { get; init; }
    internal string? Initrd { get; init; }
    internal required string Append { get; init; }
    internal TimeSpan? Timeout { get; init; }
    internal int? GdbPort { get; init; }
    internal bool IsInteractive { get; init; }
    internal bool IsQuiet { get; init; }
    internal required string Kernel { get; init; }
    internal bool IsBuilt { get; init; }
    internal bool IsVerbose { get; init; }

    /// <summary>The program and its arguments; empty for a shell.</summary>
    internal required IReadOnlyList<string> Command { get; init; }
}
