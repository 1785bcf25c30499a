// Who may use a terminal: the foreground group may, others are stopped until they are in the foreground.
//
//   not its controlling terminal ─▶ go        foreground ─▶ go       nobody in the foreground ─▶ go
//   background: signal ignored or blocked ─▶ SIGTTOU: go; SIGTTIN: fail
//               nobody could continue the group (orphaned) ─▶ fail
//               else ─▶ the whole group gets the signal, and the call is made again when the group goes on
//
// Source: POSIX.1-2017 §11.1.4 "Terminal Access Control".
using Commence.Signals;

namespace Commence.Terminals;

/// <summary>What a terminal answers to a process that wants to use it.</summary>
internal enum JobControlVerdict
{
    Go,

    /// <summary>EIO.</summary>
    Fail,

    /// <summary>The process's group gets the signal.</summary>
    Signal,
}

/// <summary>How a process stands to a terminal.</summary>
internal readonly struct TerminalStanding
{
    /// <summary>The terminal is the process's controlling terminal.</summary>
    internal required bool IsControlling { get; init; }

    /// <summary>Some group is in the foreground.</summary>
    internal required bool HasForeground { get; init; }

    /// <summary>The process's group is.</summary>
    internal required bool IsForeground { get; init; }

    /// <summary>The signal would do nothing: it is ignored, or blocked.</summary>
    internal required bool IsIgnored { get; init; }

    /// <summary>Nobody could continue the process's group.</summary>
    internal required bool IsOrphaned { get; init; }

    /// <summary>Decides.</summary>
    /// <param name="signal">SIGTTIN for reads, SIGTTOU for writes and changes.</param>
    internal JobControlVerdict Judge(Signal signal)
    {
        if (!IsControlling || !HasForeground || IsForeground)
            return JobControlVerdict.Go;
        if (IsIgnored)
            return signal == Signal.SIGTTIN ? JobControlVerdict.Fail : JobControlVerdict.Go;
        return IsOrphaned ? JobControlVerdict.Fail : JobControlVerdict.Signal;
    }
}
