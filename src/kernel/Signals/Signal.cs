// Signals by number, and what each does to a process that did not say otherwise.
//
// Source: POSIX.1-2017 <signal.h>; Linux signal(7), "Standard signals" (x86 and arm numbering) and "Real-time signals".
namespace Commence.Signals;

/// <summary>The standard signals; 32 to 64 are the real-time ones and have no names.</summary>
public enum Signal
{
    /// <summary>No signal: <c>kill</c> with it only checks that it could send one.</summary>
    None = 0,
    SIGHUP = 1,
    SIGINT = 2,
    SIGQUIT = 3,
    SIGILL = 4,
    SIGTRAP = 5,
    SIGABRT = 6,
    SIGBUS = 7,
    SIGFPE = 8,
    SIGKILL = 9,
    SIGUSR1 = 10,
    SIGSEGV = 11,
    SIGUSR2 = 12,
    SIGPIPE = 13,
    SIGALRM = 14,
    SIGTERM = 15,
    SIGSTKFLT = 16,
    SIGCHLD = 17,
    SIGCONT = 18,
    SIGSTOP = 19,
    SIGTSTP = 20,
    SIGTTIN = 21,
    SIGTTOU = 22,
    SIGURG = 23,
    SIGXCPU = 24,
    SIGXFSZ = 25,
    SIGVTALRM = 26,
    SIGPROF = 27,
    SIGWINCH = 28,
    SIGIO = 29,
    SIGPWR = 30,
    SIGSYS = 31,

    /// <summary>The first real-time signal (glibc keeps 32 and 33 for itself).</summary>
    RealtimeFirst = 32,

    /// <summary>The last signal.</summary>
    Last = 64,
}

/// <summary>What happens for a signal whose disposition is the default.</summary>
public enum DefaultAction
{
    Terminate,

    /// <summary>Terminate and say "core dumped" where a core limit allows one.</summary>
    CoreDump,
    Stop,
    Continue,
    Ignore,
}

/// <summary>What a number means as a signal.</summary>
public static class SignalExtensions
{
    /// <summary>1 to 64.</summary>
    public static bool IsValid(this Signal signal) => signal is > Signal.None and <= Signal.Last;

    /// <summary>Queued as often as it is sent, instead of once.</summary>
    public static bool IsRealtime(this Signal signal) => signal >= Signal.RealtimeFirst;

    /// <summary>SIGKILL and SIGSTOP, which cannot be caught, blocked or ignored.</summary>
    public static bool IsUnblockable(this Signal signal) => signal is Signal.SIGKILL or Signal.SIGSTOP;

    /// <summary>What the signal does by default.</summary>
    public static DefaultAction DefaultAction(this Signal signal) => signal switch
    {
        Signal.SIGQUIT or Signal.SIGILL or Signal.SIGTRAP or Signal.SIGABRT or Signal.SIGBUS or Signal.SIGFPE
            or Signal.SIGSEGV or Signal.SIGXCPU or Signal.SIGXFSZ or Signal.SIGSYS => Signals.DefaultAction.CoreDump,
        Signal.SIGSTOP or Signal.SIGTSTP or Signal.SIGTTIN or Signal.SIGTTOU => Signals.DefaultAction.Stop,
        Signal.SIGCONT => Signals.DefaultAction.Continue,
        Signal.SIGCHLD or Signal.SIGURG or Signal.SIGWINCH => Signals.DefaultAction.Ignore,
        _ => Signals.DefaultAction.Terminate,
    };
}
