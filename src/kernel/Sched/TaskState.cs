// What a task does, as one word.
//
//              Schedule                          last switch
//   Running ───────────▶ Interruptible, … ─┐   ┌───────────▶ (freed)
//      ▲                                   │   │
//      └──── WakeUp ◀── Waking ◀───────────┘  Dead ◀── Exit
//
// Running means runnable: it runs, or it waits in a run queue. The word says what the task wants; whether it is in a queue
// says QueueState, and whether a processor still uses its stack says Task.IsOnCpu (docs/locking.md).
using System;

namespace Commence.Sched;

/// <summary>State bits of a task; a wake-up names those that it ends. Numbers as Linux has them (include/linux/sched.h).</summary>
[Flags]
public enum TaskState
{
    /// <summary>Runs, or waits for a processor.</summary>
    Running = 0,

    /// <summary>Sleeps; a signal ends the sleep.</summary>
    Interruptible = 0x01,

    /// <summary>Sleeps; nothing but its event ends the sleep.</summary>
    Uninterruptible = 0x02,

    /// <summary>Stopped by a signal.</summary>
    Stopped = 0x04,

    /// <summary>Stopped by a debugger.</summary>
    Traced = 0x08,

    /// <summary>Never runs again: it is switched away from for the last time.</summary>
    Dead = 0x80,

    /// <summary>Modifier: a fatal signal ends the sleep.</summary>
    WakeKill = 0x100,

    /// <summary>A wake-up has been decided, and the task is on its way into a run queue.</summary>
    Waking = 0x200,

    /// <summary>Modifier: the sleep does not count as load.</summary>
    NoLoad = 0x400,

    /// <summary>Made, never run.</summary>
    New = 0x800,

    /// <summary>Sleeps; a fatal signal ends the sleep.</summary>
    Killable = WakeKill | Uninterruptible,

    /// <summary>Sleeps uninterruptibly without counting as load: a kernel thread that waits for work.</summary>
    Idle = NoLoad | Uninterruptible,

    /// <summary>What an ordinary wake-up ends.</summary>
    Normal = Interruptible | Uninterruptible,
}
