// Callers, through the chain that RBP begins.
namespace Commence.Arch.X64;

/// <summary>Walks the frames of kernel code.</summary>
public readonly struct X64StackWalker : IStackWalker
{
    private const ulong StackBytesMax = 64 * 1024; // no frame is farther from its caller's

    /// <inheritdoc/>
    public static bool TryStep(ref ulong framePointer, out ulong returnAddress)
    {
        returnAddress = 0;
        ulong frame = framePointer;
        if (frame == 0)
            return false;

        returnAddress = X64Memory.ReturnAddress(frame);
        framePointer = X64Memory.ReadStack(frame);
        if (framePointer <= frame || framePointer - frame > StackBytesMax)
            framePointer = 0; // the end, or not a frame: show this caller and stop
        return returnAddress >= X64Memory.TextStart && returnAddress < X64Memory.TextEnd;
    }
}
