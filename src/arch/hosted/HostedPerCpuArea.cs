// Per-processor words of a processor that is a thread.
namespace Commence.Arch.Hosted;

/// <inheritdoc cref="IPerCpuArea"/>
public readonly struct HostedPerCpuArea : IPerCpuArea
{
    /// <inheritdoc/>
    public static CpuId Id => HostedThread.Processor.Id;

    /// <inheritdoc/>
    public static object? Processor
    {
        get => HostedThread.Processor.KernelObject;
        set => HostedThread.Processor.KernelObject = value;
    }

    /// <inheritdoc/>
    public static object? CurrentTask => HostedThread.Processor.CurrentTask;

    /// <inheritdoc/>
    public static uint PreemptDepth => HostedThread.Processor.PreemptWord & ~HostedProcessor.NoRescheduleWanted;

    /// <inheritdoc/>
    public static bool IsRescheduleWanted => (HostedThread.Processor.PreemptWord & HostedProcessor.NoRescheduleWanted) == 0;

    /// <inheritdoc/>
    public static uint InterruptDepth => HostedThread.Processor.InterruptDepth;

    /// <inheritdoc/>
    public static void DisablePreemption() => HostedThread.Processor.PreemptWord++;

    /// <inheritdoc/>
    public static bool EnablePreemption() => --HostedThread.Processor.PreemptWord == 0;

    /// <inheritdoc/>
    public static void WantReschedule() => HostedThread.Processor.PreemptWord &= ~HostedProcessor.NoRescheduleWanted;

    /// <inheritdoc/>
    public static void ClearRescheduleWish() => HostedThread.Processor.PreemptWord |= HostedProcessor.NoRescheduleWanted;
}
