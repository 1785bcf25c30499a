// Programmer's errors found by the layers below `base`, which cannot name Bug or Panic.
//
// Reading an absent Nullable is the one failure that both compilations report in the same way without a throw here: our
// core library panics in an assembly stub that names the calling method, the BCL throws InvalidOperationException.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Commence.Lib;

/// <summary>Assertions of the lower layers (above them: <c>Bug.On</c>).</summary>
public static class Misuse
{
    /// <summary>Stops the machine if <paramref name="isWrong"/>.</summary>
    /// <remarks>Context: any. Fails: that is its purpose; does not return if the condition holds.</remarks>
    // Inlined, so that the report names the method whose caller erred.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void On([DoesNotReturnIf(true)] bool isWrong)
    {
        if (isWrong)
            _ = default(int?)!.Value; // never returns
    }
}
