// What the kernel asks of a processor, in the smallest pieces. One implementation per architecture, bound by name in its
// Bindings.cs (`global using Cpu = …`): no virtual call, no #if, and a missing member is a compile error.
namespace Commence.Arch;

/// <summary>Instructions of the processor that runs the caller.</summary>
public interface ICpu
{
    /// <summary>Tells the processor that the caller spins (x64: <c>pause</c>; arm64: <c>yield</c>).</summary>
    /// <remarks>Context: any.</remarks>
    static abstract void Relax();

    /// <summary>Turns interrupts on and halts until one arrives, without a gap in which a wake-up could be lost.</summary>
    /// <remarks>Context: idle task. IRQs: off on entry, on at return. x64: <c>sti; hlt</c>.</remarks>
    static abstract void Idle();

    /// <summary>Halts for ever with interrupts off.</summary>
    /// <remarks>Context: any. IRQs: off.</remarks>
    static abstract void Halt();

    /// <summary>The free-running cycle counter (x64: TSC; arm64: CNTVCT_EL0).</summary>
    /// <remarks>Context: any. Not ordered against earlier loads.</remarks>
    static abstract ulong ReadCycles();

    /// <summary>Asks the processor, or the hypervisor below it, for the rate of that counter.</summary>
    /// <param name="hertz">The rate.</param>
    /// <param name="source">Who says so, for the log.</param>
    /// <returns>False if they do not say: it must be measured.</returns>
    /// <remarks>Context: any.</remarks>
    static abstract bool TryReadCycleRate(out ulong hertz, out ReadOnlySpan<byte> source);

    /// <summary>The name of that counter as a clock source (x64: <c>tsc</c>), and as text has it (<c>TSC</c>).</summary>
    static abstract ReadOnlySpan<byte> CycleCounterName { get; }

    /// <inheritdoc cref="CycleCounterName"/>
    static abstract ReadOnlySpan<byte> CycleCounterTitle { get; }

    /// <summary>The same, read after all loads before it (x64: <c>lfence; rdtsc</c>).</summary>
    /// <remarks>Context: any. Source: SDM Vol 2B, RDTSC.</remarks>
    static abstract ulong ReadCyclesOrdered();

    /// <summary>What was added to the calling processor's counter since its reset, by firmware or by us (x64: IA32_TSC_ADJUST).</summary>
    /// <returns>False if the processor does not say.</returns>
    /// <remarks>Context: any. Source: SDM Vol 3B §17.17.3, Time-Stamp Counter Adjustment.</remarks>
    static abstract bool TryReadCycleOffset(out ulong offset);

    /// <summary>Makes it another, and the counter with it.</summary>
    /// <remarks>Context: AP call-in; only where <see cref="TryReadCycleOffset"/> says that it exists.</remarks>
    static abstract void WriteCycleOffset(ulong offset);
}
