// A set of signals, in the layout that system calls use: bit n-1 is signal n (Linux: sigset_t of 8 bytes).
using System.Numerics;

namespace Commence.Signals;

/// <summary>A set of signals.</summary>
public readonly struct SignalSet
{
    /// <summary>What system calls must give as the size of a set.</summary>
    public const ulong SizeBytes = 8;

    private readonly ulong _bits;

    public SignalSet(ulong bits) => _bits = bits;

    /// <summary>The set as system calls carry it.</summary>
    public ulong Value => _bits;

    public bool IsEmpty => _bits == 0;

    /// <summary>Every signal.</summary>
    public static SignalSet All => new(ulong.MaxValue);

    /// <summary>SIGKILL and SIGSTOP.</summary>
    public static SignalSet Unblockable => Of(Signal.SIGKILL).With(Signal.SIGSTOP);

    /// <summary>The signals that stop a process by default.</summary>
    public static SignalSet Stopping => Of(Signal.SIGSTOP).With(Signal.SIGTSTP).With(Signal.SIGTTIN).With(Signal.SIGTTOU);

    /// <summary>The signals that a program's own instruction raises; they are taken before others.</summary>
    public static SignalSet Synchronous =>
        Of(Signal.SIGSEGV).With(Signal.SIGBUS).With(Signal.SIGILL).With(Signal.SIGTRAP).With(Signal.SIGFPE).With(Signal.SIGSYS);

    /// <summary>The set with one member.</summary>
    public static SignalSet Of(Signal signal) => new(1UL << ((int)signal - 1));

    /// <summary>Whether the signal is a member.</summary>
    public bool Contains(Signal signal) => (_bits & Of(signal)._bits) != 0;

    public SignalSet With(Signal signal) => new(_bits | Of(signal)._bits);

    public SignalSet Without(Signal signal) => new(_bits & ~Of(signal)._bits);

    /// <summary>Members of either set.</summary>
    public SignalSet Union(SignalSet other) => new(_bits | other._bits);

    /// <summary>Members of both sets.</summary>
    public SignalSet Intersect(SignalSet other) => new(_bits & other._bits);

    /// <summary>Members of this set that are not in the other.</summary>
    public SignalSet Except(SignalSet other) => new(_bits & ~other._bits);

    /// <summary>The member to take first: a synchronous one, else the lowest number.</summary>
    /// <returns>False if the set is empty.</returns>
    public bool TryTakeFirst(out Signal signal)
    {
        ulong urgent = _bits & Synchronous._bits;
        ulong candidates = urgent != 0 ? urgent : _bits;
        signal = candidates == 0 ? Signal.None : (Signal)(BitOperations.TrailingZeroCount(candidates) + 1);
        return candidates != 0;
    }
}
