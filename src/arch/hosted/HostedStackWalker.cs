// The host's stacks are the host's affair: its exceptions carry their own traces.
namespace Commence.Arch.Hosted;

/// <inheritdoc cref="IStackWalker"/>
public readonly struct HostedStackWalker : IStackWalker
{
    /// <inheritdoc/>
    public static bool TryStep(ref ulong framePointer, out ulong returnAddress)
    {
        framePointer = 0;
        returnAddress = 0;
        return false;
    }
}
