// Compile-time questions about types, and tables taken straight from the image.
using System.Runtime.InteropServices;

namespace System.Runtime.CompilerServices;

public static class RuntimeHelpers
{
    [Intrinsic]
    public static bool IsReferenceOrContainsReferences<T>() => IsReferenceOrContainsReferences<T>();

    /// <summary>A table literal as read-only data of the image.</summary>
    [Intrinsic]
    public static ReadOnlySpan<T> CreateSpan<T>(RuntimeFieldHandle field) => CreateSpan<T>(field);

    [Intrinsic]
    public static void InitializeArray(Array array, RuntimeFieldHandle field) => InitializeArray(array, field);

    /// <summary>Never called: it stands for `fixed` on strings in old compilers.</summary>
    public static int OffsetToStringData => 12;
}
