// Proof arguments: a method that needs a state of the processor takes a value that only that state's guard hands out.
//
//   IrqOff ──▶ Pinned      interrupts off on this processor imply that the caller is not moved to another
//
// They are empty, so that passing one costs nothing. `default(Pinned)` would be a forged proof; the analyzers forbid it.
namespace Commence.Locking;

/// <summary>Proof that the caller cannot be moved to another processor: preemption is off.</summary>
public readonly ref struct Pinned
{
    /// <summary>The processor that runs the caller; stable as long as the proof lives.</summary>
    public CpuId Cpu => PerCpuArea.Id;

    /// <summary>Turns knowledge that no guard can show into a proof, and checks it: an interrupt handler, the idle task.</summary>
    /// <remarks>Context: preemption or interrupts off, or early boot.</remarks>
    public static Pinned Assert()
    {
        Bug.On(PerCpuArea.PreemptDepth == 0 && LocalInterrupts.AreEnabled);
        return default;
    }
}

/// <summary>Proof that interrupts are off on the processor that runs the caller.</summary>
public readonly ref struct IrqOff
{
    /// <summary>The processor that runs the caller; stable as long as the proof lives.</summary>
    public CpuId Cpu => PerCpuArea.Id;

    /// <summary>Whoever cannot be interrupted cannot be moved either.</summary>
    public static implicit operator Pinned(IrqOff irqOff) => default;

    /// <summary>Turns knowledge that no guard can show into a proof, and checks it: the entry of an interrupt handler.</summary>
    /// <remarks>Context: any. IRQs: off.</remarks>
    public static IrqOff Assert()
    {
        Bug.On(LocalInterrupts.AreEnabled);
        return default;
    }
}
