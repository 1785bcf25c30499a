// The compiler asks for these wherever a token is loaded, also for the table literals that it then turns into read-only data.
// They are never called: there is no reflection to give a handle to.
using System;

namespace Internal.Runtime.CompilerHelpers;

internal static unsafe class LdTokenHelpers
{
    private static RuntimeTypeHandle GetRuntimeTypeHandle(nint type)
    {
        ThrowHelpers.ThrowFeatureBodyRemoved();
        return default;
    }

    private static RuntimeMethodHandle GetRuntimeMethodHandle(nint method)
    {
        ThrowHelpers.ThrowFeatureBodyRemoved();
        return default;
    }

    private static RuntimeFieldHandle GetRuntimeFieldHandle(nint field)
    {
        ThrowHelpers.ThrowFeatureBodyRemoved();
        return default;
    }

    private static Type GetRuntimeType(MethodTable* type)
    {
        ThrowHelpers.ThrowFeatureBodyRemoved();
        return null!;
    }
}
