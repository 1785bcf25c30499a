// Whether called code gives the processor back as it got it: for callers of code that they do not know (initcalls, work).
using Commence.Arch;
using Commence.Locking;

namespace Commence.Sched;

/// <summary>What called code left behind.</summary>
[System.Flags]
public enum ContextLeak
{
    None = 0,

    /// <summary>The preemption count is another one: preemption was turned off or on without its counterpart, or a spin lock is held.</summary>
    Preemption = 1,

    /// <summary>Interrupts are off, perhaps by an <see cref="IrqSpinLock"/>.</summary>
    Interrupts = 2,

    /// <summary>A sleeping lock is held.</summary>
    Lock = 4,
}

/// <summary>The state before a call, to compare with.</summary>
/// <remarks>Context: thread. IRQs: on.</remarks>
public readonly struct ContextCheck
{
    private readonly uint _depth;
    private readonly int _lockCount;

    private ContextCheck(uint depth, int lockCount)
    {
        _depth = depth;
        _lockCount = lockCount;
    }

    /// <summary>The state now.</summary>
    public static ContextCheck Now() => new(PerCpuArea.PreemptDepth, Task.Current.HeldLockCount);

    /// <summary>Says what is different, and puts back what can be: interrupts and the preemption count. A lock stays locked: nobody
    /// knows here what it protects.</summary>
    public ContextLeak Repair()
    {
        ContextLeak leak = ContextLeak.None;
        Task self = Task.Current;
        if (self.HeldLockCount != _lockCount)
        {
            leak |= ContextLeak.Lock;
            self.HeldLockCount = _lockCount;
        }

        if (PerCpuArea.PreemptDepth != _depth)
        {
            leak |= ContextLeak.Preemption;
            RepairDepth();
        }

        if (!LocalInterrupts.AreEnabled)
        {
            leak |= ContextLeak.Interrupts;
            LocalInterrupts.Enable();
        }

        if (leak != ContextLeak.None)
            Preempt.ServeWish();
        return leak;
    }

    private void RepairDepth()
    {
        while (PerCpuArea.PreemptDepth < _depth)
            PerCpuArea.DisablePreemption();
        while (PerCpuArea.PreemptDepth > _depth)
            _ = PerCpuArea.EnablePreemption(); // a wish is served when all is repaired
    }
}

/// <summary>Words for it.</summary>
public static class ContextLeakExtensions
{
    /// <summary>As Linux says it.</summary>
    public static System.ReadOnlySpan<byte> Describe(this ContextLeak leak) => leak switch
    {
        ContextLeak.Preemption => "preemption imbalance"u8,
        ContextLeak.Interrupts => "disabled interrupts"u8,
        ContextLeak.Preemption | ContextLeak.Interrupts => "preemption imbalance, disabled interrupts"u8,
        ContextLeak.Lock => "a lock held"u8,
        ContextLeak.Lock | ContextLeak.Preemption => "a lock held, preemption imbalance"u8,
        ContextLeak.Lock | ContextLeak.Interrupts => "a lock held, disabled interrupts"u8,
        ContextLeak.None => "nothing"u8,
        _ => "a lock held, preemption imbalance, disabled interrupts"u8,
    };
}
