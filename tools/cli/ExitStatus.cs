// The statuses that are ours. A program's own status passes through unchanged, so these sit where programs rarely go,
// and stderr always says which it was. Users read this table in docs/commands.md.
namespace Commence.Cli;

internal static class ExitStatus
{
    internal const int Success = 0;
    internal const int TestsFailed = 1;

    /// <summary>Something that is needed is missing on this host.</summary>
    internal const int HostIncomplete = 120;

    /// <summary>The build failed.</summary>
    internal const int BuildFailed = 121;

    /// <summary>QEMU did not start, or ended by itself.</summary>
    internal const int EmulatorFailed = 122;

    /// <summary>What was asked for cannot be done: an unknown option, a file that is not there.</summary>
    internal const int BadRequest = 123;

    /// <summary>The time was over.</summary>
    internal const int TimedOut = 124;

    /// <summary>Triple fault, or a reset that nobody asked for.</summary>
    internal const int UnexpectedReset = 125;

    /// <summary>The kernel panicked, or stopped without saying so.</summary>
    internal const int Panicked = 126;

    /// <summary>The machine ended without an exit status.</summary>
    internal const int NoStatus = 127;

    /// <summary>Added to a signal's number when it ended us.</summary>
    internal const int SignalBase = 128;
}
