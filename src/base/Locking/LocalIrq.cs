// The interrupt switch of the local processor, as guards.
using System.Runtime.CompilerServices;
using Commence.Arch;

namespace Commence.Locking;

/// <summary>Turns the local processor's interrupts off for a while (Linux: <c>local_irq_save</c>).</summary>
public static class LocalIrq
{
    /// <summary>Turns interrupts off until the guard is disposed. Nests.</summary>
    /// <remarks>Context: any. IRQs: off until Dispose.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Guard Disable() => new(LocalInterrupts.Save());

    /// <summary>Whether interrupts are on.</summary>
    public static bool IsEnabled => LocalInterrupts.AreEnabled;

    /// <summary>Turns interrupts off and returns the state before; for code whose off and on are in different methods.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static IrqFlags Save() => LocalInterrupts.Save();

    /// <summary>Restores a saved state, and serves a reschedule wish that came while interrupts were off.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Restore(IrqFlags flags)
    {
        LocalInterrupts.Restore(flags);

        // A wake-up on this processor under the guard sends no interrupt: without this look it would wait for the next tick.
        if (PerCpuArea.IsRescheduleWanted)
            Preempt.ServeWish();
    }

    /// <summary>Restores the interrupt state when disposed.</summary>
    public readonly ref struct Guard
    {
        private readonly IrqFlags _flags;

        internal Guard(IrqFlags flags) => _flags = flags;

        /// <summary>Proof for whoever asks for it.</summary>
        public IrqOff IrqOff => default;

        /// <summary>Restores the state before the guard, and reschedules if that was wanted meanwhile.</summary>
        public void Dispose()
        {
            Bug.On(LocalInterrupts.AreEnabled); // somebody turned them on under the guard
            Restore(_flags);
        }
    }
}
