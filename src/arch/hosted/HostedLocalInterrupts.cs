// The interrupt switch of a processor that is a thread.
namespace Commence.Arch.Hosted;

/// <inheritdoc cref="ILocalInterrupts"/>
public readonly struct HostedLocalInterrupts : ILocalInterrupts
{
    /// <inheritdoc/>
    public static bool AreEnabled => HostedThread.Processor.AreInterruptsEnabled;

    /// <inheritdoc/>
    public static IrqFlags Save()
    {
        HostedProcessor here = HostedThread.Processor;
        IrqFlags before = new(here.AreInterruptsEnabled ? 1ul : 0);
        here.AreInterruptsEnabled = false;
        return before;
    }

    /// <inheritdoc/>
    public static void Restore(IrqFlags flags)
    {
        if (flags.Raw != 0)
            Enable();
        else
            Disable();
    }

    /// <inheritdoc/>
    /// <remarks>Takes what arrived meanwhile.</remarks>
    public static void Enable()
    {
        HostedThread.Processor.AreInterruptsEnabled = true;
        HostedProcessor.TakeInterrupts();
    }

    /// <inheritdoc/>
    public static void Disable() => HostedThread.Processor.AreInterruptsEnabled = false;
}
