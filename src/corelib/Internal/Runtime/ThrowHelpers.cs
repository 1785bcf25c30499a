// What compiled code calls when a check fails. Each is an assembly stub that keeps the caller's registers and panics, so
// that the report names the method that failed, not this one.
using System.Diagnostics.CodeAnalysis;
using System.Runtime;
using System.Runtime.CompilerServices;

namespace Internal.Runtime.CompilerHelpers;

public static class ThrowHelpers
{
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "throw_index_out_of_range")]
    internal static extern void ThrowIndexOutOfRangeException();

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "throw_overflow")]
    internal static extern void ThrowOverflowException();

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "throw_divide_by_zero")]
    internal static extern void ThrowDivideByZeroException();

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "throw_null_reference")]
    internal static extern void ThrowNullReferenceException();

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "throw_invalid_cast")]
    internal static extern void ThrowInvalidCast();

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "throw_invalid_operation")]
    internal static extern void ThrowInvalidOperation();

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "throw_feature_body_removed")]
    internal static extern void ThrowFeatureBodyRemoved();
}
