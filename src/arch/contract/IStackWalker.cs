// The chain of callers.
namespace Commence.Arch;

/// <summary>Walks saved frame pointers.</summary>
public interface IStackWalker
{
    /// <summary>Goes to the caller's frame.</summary>
    /// <param name="framePointer">A frame; becomes the caller's.</param>
    /// <param name="returnAddress">Where the frame's function returns to.</param>
    /// <returns>False at the end of the chain, or where it cannot be one.</returns>
    /// <remarks>Context: any, panic included. Compiled code keeps frame pointers in most functions; others are skipped.</remarks>
    static abstract bool TryStep(ref ulong framePointer, out ulong returnAddress);
}
