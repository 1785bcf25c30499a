// Block moves and fills. The compiler calls these by name for structs and zeroing above its inline limit (128 bytes).
//
// They are assembly (`rep movsb`, `rep stosb`): C# loops here would be recognised and compiled into calls to themselves.
using System.Runtime;
using System.Runtime.CompilerServices;

namespace System;

internal static class SpanHelpers
{
    /// <summary>Copies bytes; source and destination may overlap.</summary>
    internal static void Memmove(ref byte dest, ref byte src, nuint len) => MemoryMove(ref dest, ref src, len);

    /// <summary>Zeroes bytes.</summary>
    internal static void ClearWithoutReferences(ref byte dest, nuint len) => MemoryFill(ref dest, 0, len);

    /// <summary>Sets bytes to one value.</summary>
    internal static void Fill(ref byte dest, byte value, nuint len) => MemoryFill(ref dest, value, len);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "memory_move")]
    private static extern void MemoryMove(ref byte dest, ref byte src, nuint len);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "memory_fill")]
    private static extern void MemoryFill(ref byte dest, byte value, nuint len);
}
