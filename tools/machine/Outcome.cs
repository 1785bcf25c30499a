// How a machine's run ended: the facts that were seen, and the verdict over them.
//
// The order of the questions is the rule. A panic or a triple fault is never hidden by an exit status that was
// reported before it; a status is never hidden by a machine that could not power itself off afterwards.
using Commence.Machine.Records;

namespace Commence.Machine;

/// <summary>The ways in which a run ends.</summary>
public enum Outcome
{
    /// <summary>The first program ended and its exit status was reported.</summary>
    Exited,

    /// <summary>The machine powered itself off, and no exit status was reported.</summary>
    PoweredOff,

    /// <summary>The kernel panicked.</summary>
    Panicked,

    /// <summary>A processor faulted while it handled a double fault, which resets the machine.</summary>
    TripleFault,

    /// <summary>The machine was reset, and nobody had asked it to end.</summary>
    Reset,

    /// <summary>Every processor is halted with interrupts off: nothing can happen any more, and nobody said why.</summary>
    Halted,

    /// <summary>The time was over.</summary>
    TimedOut,

    /// <summary>The caller, or a signal, ended it.</summary>
    Stopped,

    /// <summary>QEMU did not start, or ended by itself.</summary>
    EmulatorFailed,
}

/// <summary>What was seen of a run's end.</summary>
public sealed record EndFacts
{
    /// <summary>The status that the kernel reported for the first program.</summary>
    public ExitRecord? Exit { get; init; }

    /// <summary>The panic that the kernel reported.</summary>
    public PanicRecord? Panic { get; init; }

    /// <summary>QEMU's reason for the shutdown, such as <c>guest-shutdown</c> or <c>guest-reset</c>.</summary>
    public string? ShutdownReason { get; init; }

    /// <summary>QEMU's reset log names a triple fault.</summary>
    public bool HasTripleFaulted { get; init; }

    /// <summary>Every processor was seen halted with interrupts off.</summary>
    public bool IsHalted { get; init; }

    /// <summary>The time was over before the machine had ended.</summary>
    public bool IsTimeOver { get; init; }

    /// <summary>The caller asked for the end.</summary>
    public bool IsStopped { get; init; }

    /// <summary>Judges.</summary>
    public Outcome Verdict
    {
        get
        {
            if (Panic is not null)
                return Outcome.Panicked;
            if (HasTripleFaulted)
                return Outcome.TripleFault;
            if (Exit is not null)
                return Outcome.Exited;
            if (IsStopped)
                return Outcome.Stopped;
            if (IsHalted)
                return Outcome.Halted;
            if (IsTimeOver)
                return Outcome.TimedOut;
            return ShutdownReason switch
            {
                "guest-shutdown" => Outcome.PoweredOff,
                "guest-reset" => Outcome.Reset,
                "host-signal" or "host-qmp-quit" => Outcome.Stopped,
                _ => Outcome.EmulatorFailed,
            };
        }
    }
}
