// What the bring-up protocol needs of a machine: messages to processors, their state words, and time. The kernel's machine
// is RealSmpMachine; tests give a simulated one whose faults are scripted.
namespace Commence.Smp;

using Commence.Arch;

/// <summary>A machine with processors to start.</summary>
public interface ISmpMachine
{
    /// <summary>Nanoseconds, never going back.</summary>
    Nanoseconds Now { get; }

    /// <summary>How long processors need between reset and start message; zero for anything recent.</summary>
    Nanoseconds ResetDelay { get; }

    /// <summary>Stops a processor and makes it wait for a start message.</summary>
    void Reset(CpuId cpu);

    /// <summary>Ends the reset where the hardware wants that said.</summary>
    void EndReset(CpuId cpu);

    /// <summary>Sends the start message.</summary>
    void Start(CpuId cpu);

    /// <summary>How far its first instructions got.</summary>
    BootStage ReadStage(CpuId cpu);

    /// <summary>Its state word (acquire).</summary>
    ProcessorState ReadState(CpuId cpu);

    /// <summary>Changes its state word, if it still is <paramref name="from"/> (full barrier).</summary>
    bool TryAdvance(CpuId cpu, ProcessorState from, ProcessorState to);

    /// <summary>Wakes a processor that halts in its call-in.</summary>
    void Wake(CpuId cpu);

    /// <summary>Called once in each turn of a wait.</summary>
    void Relax();
}
