// What the bring-up protocol needs of a machine: messages to processors, their state words, and time. The kernel's machine
// is SmpMachine; tests give a simulated one whose faults are scripted.
namespace Commence.Smp;

using Commence.Arch;

/// <summary>A machine with processors to start.</summary>
public interface ISmpMachine
{
    /// <summary>Nanoseconds, never going back.</summary>
    Nanoseconds Now { get; }

    /// <summary>How long processors need between reset and start message; zero for anything recent.</summary>
    Nanoseconds ResetDelay { get; }

    /// <summary>After how long a silence a start message counts as lost.</summary>
    Nanoseconds ResendAfter { get; }

    /// <summary>Whether processors know no start message, so that only one can start at a time.</summary>
    bool NeedsStartVector { get; }

    /// <summary>Whether processors may be virtual ones that share few real ones: a halt is dear, and what one runs first is as well.</summary>
    bool IsShared { get; }

    /// <summary>Stops a processor and makes it wait for a start message.</summary>
    void Reset(CpuId cpu);

    /// <summary>Ends the reset where the hardware wants that said.</summary>
    void EndReset(CpuId cpu);

    /// <summary>Sends the start message.</summary>
    void Start(CpuId cpu);

    /// <summary>Makes a processor that knows no start message begin at its boot page after its reset.</summary>
    void SetStartVector(CpuId cpu);

    /// <summary>Takes <see cref="SetStartVector"/> back.</summary>
    void ClearStartVector();

    /// <summary>How far its first instructions got.</summary>
    BootStage ReadStage(CpuId cpu);

    /// <summary>Its state word (acquire).</summary>
    ProcessorState ReadState(CpuId cpu);

    /// <summary>It is online and idles: it has done for the first time all that the others will do after it.</summary>
    bool HasSettled(CpuId cpu);

    /// <summary>Changes its state word, if it still is <paramref name="from"/> (full barrier).</summary>
    bool TryAdvance(CpuId cpu, ProcessorState from, ProcessorState to);

    /// <summary>Wakes a processor that halts in its call-in.</summary>
    void Wake(CpuId cpu);

    /// <summary>Opens or closes the gate: while it is open, a processor that is Alive makes itself Commenced and goes on.</summary>
    void SetGate(bool isOpen);

    /// <summary>Says how many processors are awaited now, so that the last of them can end a <see cref="Wait"/>.</summary>
    /// <param name="target">The state that they are to reach: Alive or Online.</param>
    /// <param name="count">How many.</param>
    void Expect(ProcessorState target, int count);

    /// <summary>Lets time pass: until something may have changed, and never beyond the given time by more than a turn.</summary>
    void Wait(Nanoseconds until);
}
