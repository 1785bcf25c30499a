using System;

namespace Commence.Sched;

/// <summary>What kind of task it is (Linux: <c>PF_…</c>). Changed by the task itself, or before it first runs.</summary>
[Flags]
public enum TaskFlags
{
    None = 0,

    /// <summary>The idle task of a processor.</summary>
    Idle = 0x02,

    /// <summary>It is on its way out (<c>PF_EXITING</c>).</summary>
    Exiting = 0x04,

    /// <summary>Forked, and no execve yet (<c>PF_FORKNOEXEC</c>).</summary>
    ForkedNoExec = 0x40,

    /// <summary>Has no user memory (<c>PF_KTHREAD</c>).</summary>
    KernelThread = 0x0020_0000,

    /// <summary>User space may not change where it runs (<c>PF_NO_SETAFFINITY</c>).</summary>
    FixedAffinity = 0x0400_0000,
}

/// <summary>What a task must do before it returns to user mode, or what ends its sleep (Linux: <c>TIF_…</c>).</summary>
/// <remarks>Set by anybody, atomically; cleared by the task.</remarks>
[Flags]
public enum TaskWork
{
    None = 0,

    /// <summary>A signal waits to be delivered: ends an interruptible sleep.</summary>
    Signal = 1,

    /// <summary>A signal that kills waits: ends a killable sleep as well.</summary>
    FatalSignal = 2,

    /// <summary>Something else is to be done on the way back to user mode.</summary>
    NotifyResume = 4,
}
