// How a system call that slept goes on after a signal without a handler: through restart_syscall, with what is left of the time.
using Commence.Signals;

namespace Commence.Processes;

/// <summary>What <c>restart_syscall</c> continues.</summary>
internal enum RestartKind
{
    None,
    Sleep,
    Poll,
    Futex,
}

/// <summary>The call to continue (Linux: <c>struct restart_block</c>). The thread's own.</summary>
internal struct RestartBlock
{
    internal RestartKind Kind;

    /// <summary>On the monotonic clock.</summary>
    internal Nanoseconds Deadline;

    /// <summary>Sleep: where the time that is left goes. Poll: the descriptors. Futex: the word.</summary>
    internal UserAddr Address;

    /// <summary>Poll: how many descriptors. Futex: the expected value.</summary>
    internal uint Value;

    /// <summary>Futex: the bit set.</summary>
    internal uint Mask;

    /// <summary>Futex: the word is the process's own.</summary>
    internal bool IsPrivate;

    /// <summary>Remembers a call.</summary>
    /// <returns>What the call answers.</returns>
    internal static Errno Save(in RestartBlock block)
    {
        UserThread.Current.Restart = block;
        return Signals.Restart.Block;
    }
}
