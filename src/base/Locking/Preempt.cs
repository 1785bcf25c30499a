// Turning preemption off and on (Linux: preempt_disable, preempt_enable).
//
// A wake-up sets the processor's reschedule wish; the wish is served at the first point where preemption is possible:
//
//   wish set ─┬─ preemption and interrupts on ─▶ at the end of the interrupt or guard that set it
//             ├─ preemption off ─▶ Preempt.Guard.Dispose, when the depth falls to 0
//             └─ interrupts off ─▶ LocalIrq.Guard.Dispose, when they come on again
//
// The count is the processor's, not the task's: the scheduler switches tasks at depth 1 only, so that both agree.
using System.Runtime.CompilerServices;
using System.Threading;

namespace Commence.Locking;

/// <summary>The scheduler, as the locks below it know it.</summary>
public abstract class PreemptHook
{
    private static PreemptHook? s_instance;

    /// <summary>The scheduler's hook; null before it exists, when nothing can be preempted.</summary>
    public static PreemptHook? Instance
    {
        get => Volatile.Read(ref s_instance);
        set => Volatile.Write(ref s_instance, value);
    }

    /// <summary>Runs a more deserving task now; returns when the caller is chosen again.</summary>
    /// <remarks>Context: thread, preemptible. IRQs: on. The task's state is left as it is: a preempted task stays runnable.</remarks>
    public abstract void OnPreemptible();
}

/// <summary>The right to be moved or interrupted by another task, given up for a while.</summary>
public static class Preempt
{
    /// <summary>Turns preemption off until the guard is disposed. Nests.</summary>
    /// <remarks>Context: any.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Guard Disable()
    {
        PerCpuArea.DisablePreemption();
        return new Guard(PerCpuArea.PreemptDepth);
    }

    /// <summary>How many guards are open on this processor.</summary>
    public static uint Depth => PerCpuArea.PreemptDepth;

    /// <summary>Whether another task could run here now.</summary>
    public static bool IsPossible =>
        PerCpuArea.PreemptDepth == 0 && PerCpuArea.InterruptDepth == 0 && LocalInterrupts.AreEnabled;

    /// <summary>Stops the machine where the caller may not sleep (Linux: <c>might_sleep</c>).</summary>
    /// <remarks>Context: any. Call it first in whatever can sleep, so that the rare path needs not be taken to find the error.</remarks>
    public static void MightSleep()
    {
        if (PreemptHook.Instance is null)
            return; // early boot: one flow, not preemptible, and a lock that it takes is free

        Bug.On(PerCpuArea.PreemptDepth != 0);    // a spin lock is held
        Bug.On(PerCpuArea.InterruptDepth != 0);  // in an interrupt handler
        Bug.On(!LocalInterrupts.AreEnabled);     // interrupts are off, or an IrqSpinLock is held
    }

    // The scheduler's and the locks' raw forms.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Enter() => PerCpuArea.DisablePreemption();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Leave()
    {
        if (PerCpuArea.EnablePreemption())
            ServeWish();
    }

    /// <summary>Reschedules if that is wanted and possible.</summary>
    /// <remarks>Context: any; does nothing where preemption is off.</remarks>
    // Out of line: the wish is rare.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ServeWish()
    {
        if (PerCpuArea.IsRescheduleWanted && IsPossible)
            PreemptHook.Instance?.OnPreemptible();
    }

    /// <summary>Ends one level of <see cref="Disable"/> when disposed.</summary>
    public readonly ref struct Guard
    {
        private readonly uint _depth; // depth inside the guard: a copy disposed twice, or in the wrong order, does not match

        internal Guard(uint depth) => _depth = depth;

        /// <summary>Proof for whoever asks for it.</summary>
        public Pinned Pinned => default;

        /// <summary>Turns preemption on again, and reschedules if that was wanted meanwhile.</summary>
        public void Dispose()
        {
            Bug.On(PerCpuArea.PreemptDepth != _depth);
            Leave();
        }
    }
}
