// The words that every processor has for itself, reached without knowing which processor it is (x64: through GS;
// arm64: through TPIDR_EL1). Each access is one instruction, so that it is right even if the caller is moved before or after it.
//
// The preemption count and the wish to reschedule share one word, so that "may preempt and should" is one comparison:
//   bits 0–30  depth of Preempt.Disable (0: preemptible)
//   bit  31    set: no reschedule wanted; clear: wanted
// All zero means: preemptible, and a reschedule is wanted.
namespace Commence.Arch;

/// <summary>Per-processor words that assembly and the lowest layers use.</summary>
public interface IPerCpuArea
{
    /// <summary>Number of the processor that runs the caller. Stable only while preemption is off.</summary>
    static abstract CpuId Id { get; }

    /// <summary>The kernel's own object for this processor (<c>Processor</c>), or null before it is made.</summary>
    static abstract object? Processor { get; set; }

    /// <summary>The task that runs on this processor; null before the scheduler exists.</summary>
    /// <remarks>Always the caller's own task, also when preemptible.</remarks>
    static abstract object? CurrentTask { get; }

    /// <summary>Makes preemption wait; nests.</summary>
    static abstract void DisablePreemption();

    /// <summary>Ends one level of <see cref="DisablePreemption"/>.</summary>
    /// <returns>True if preemption is possible again and a reschedule is wanted.</returns>
    static abstract bool EnablePreemption();

    /// <summary>Depth of disabled preemption.</summary>
    static abstract uint PreemptDepth { get; }

    /// <summary>Whether a reschedule of this processor is wanted.</summary>
    static abstract bool IsRescheduleWanted { get; }

    /// <summary>Asks this processor to reschedule at the next opportunity.</summary>
    static abstract void WantReschedule();

    /// <summary>Takes the wish back; the scheduler does so when it has chosen.</summary>
    static abstract void ClearRescheduleWish();

    /// <summary>Depth of interrupt handlers that run on this processor (0: none).</summary>
    static abstract uint InterruptDepth { get; }
}
