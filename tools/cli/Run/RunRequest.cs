// What the user asked ./commence run for.
using System;
using System.Diagnostics.CodeAnalysis;
using Commence.Machine;

namespace Commence.Cli.Run;

/// <summary>The options of one run.</summary>
internal sealed record RunRequest : Payload
{
    [SetsRequiredMembers]
    internal RunRequest(Payload payload)
        : base(payload)
    {
    }

    internal int Cpus { get; init; }
    internal int? Sockets { get; init; }
    internal string Machine { get; init; } = "";
    internal int MemoryMiB { get; init; }
    internal TimeSpan? Timeout { get; init; }
    internal int? GdbPort { get; init; }

    /// <summary>A disc that exists: it has a kernel, a file system and a program already.</summary>
    internal string? Iso { get; init; }

    /// <summary>The machine boots from a disc, which is made for it if <see cref="Iso"/> names none.</summary>
    internal bool IsFromDisc { get; init; }

    /// <summary>A firmware file that replaces the machine's own.</summary>
    internal string? Firmware { get; init; }

    /// <summary>UEFI firmware that replaces the machine's own.</summary>
    internal UefiFirmware? Uefi { get; init; }
}
