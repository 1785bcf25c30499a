// How a process ended, as wait reports it.
//
//   bits 0–6   the signal that ended it; 0: it exited; 0x7F: it is stopped
//   bit  7     a core file was written
//   bits 8–15  exit code, or the signal that stopped it
//   0xFFFF     it goes on
//
// Source: wait(2); bits/waitstatus.h of the C library, which programs decode it with.
using Commence.Signals;

namespace Commence.Processes;

/// <summary>A status of <c>wait4</c>.</summary>
public readonly struct WaitStatus
{
    /// <summary>It goes on.</summary>
    internal const int Continued = 0xFFFF;

    private const int CoreFlag = 0x80;

    private readonly int _raw;

    public WaitStatus(int raw) => _raw = raw;

    /// <summary>The number as <c>wait4</c> reports it.</summary>
    public int Raw => _raw;

    /// <summary>The signal that ended it, or 0.</summary>
    public int EndSignal => _raw & 0x7F;

    /// <summary>What it gave to <c>exit</c>.</summary>
    public int ExitCode => (_raw >> 8) & 0xFF;

    /// <summary>The status of a process that called <c>exit</c>.</summary>
    public static WaitStatus OfExit(int code) => new((code & 0xFF) << 8);

    /// <summary>The status of a process that is stopped.</summary>
    public static WaitStatus OfStop(Signal signal) => new(((int)signal << 8) | 0x7F);

    /// <summary>The code of SIGCHLD and <c>waitid</c>.</summary>
    public SignalCode Code => EndSignal == 0 ? SignalCode.CLD_EXITED
        : (_raw & CoreFlag) != 0 ? SignalCode.CLD_DUMPED
        : SignalCode.CLD_KILLED;

    /// <summary>The value that goes with <see cref="Code"/>.</summary>
    public int Value => EndSignal == 0 ? ExitCode : EndSignal;

    /// <summary>What a shell shows: the exit code, or 128 + the signal.</summary>
    public int ShellCode => EndSignal == 0 ? ExitCode : 128 + EndSignal;
}
