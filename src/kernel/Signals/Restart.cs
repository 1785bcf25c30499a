// What a system call answers when a signal ended its wait. The way back to user mode turns it into EINTR or a restart; a
// program never sees these numbers.
//
// Source: Linux signal(7), "Interruption of system calls and library functions by signal handlers".
namespace Commence.Signals;

/// <summary>Errors inside the kernel, above all numbers that programs know.</summary>
public static class Restart
{
    /// <summary>Restarted if the handler was installed with SA_RESTART, or no handler runs; else EINTR.</summary>
    public const Errno System = (Errno)512;

    /// <summary>Restarted only if no handler runs; else EINTR.</summary>
    public const Errno NoHandler = (Errno)514;

    /// <summary>As <see cref="NoHandler"/>, but restarted through <c>restart_syscall</c>, with the time that is left.</summary>
    public const Errno Block = (Errno)516;
}
