// Casts and type checks, called by the compiler where it cannot decide inline. A failed cast panics.
using Internal.Runtime;
using Internal.Runtime.CompilerHelpers;

namespace System.Runtime;

internal static unsafe class TypeCast
{
    public static object? IsInstanceOfClass(MethodTable* target, object? obj)
    {
        if (obj is null)
            return null;

        for (MethodTable* type = obj.m_pEEType; type != null; type = type->BaseType)
        {
            if (type == target)
                return obj;
        }

        return null;
    }

    public static object? IsInstanceOfInterface(MethodTable* target, object? obj)
    {
        if (obj is null)
            return null;

        MethodTable* type = obj.m_pEEType;
        for (int i = 0; i < type->InterfaceCount; i++)
        {
            if (type->GetInterface(i) == target)
                return obj;
        }

        return null;
    }

    public static object? IsInstanceOfAny(MethodTable* target, object? obj) =>
        IsInstanceOfClass(target, obj) ?? IsInstanceOfInterface(target, obj);

    public static object? IsInstanceOfException(MethodTable* target, object? obj) => IsInstanceOfClass(target, obj);

    public static object? CheckCastClass(MethodTable* target, object? obj) => Check(IsInstanceOfClass(target, obj), obj);

    public static object? CheckCastClassSpecial(MethodTable* target, object? obj) => Check(IsInstanceOfClass(target, obj), obj);

    public static object? CheckCastInterface(MethodTable* target, object? obj) => Check(IsInstanceOfInterface(target, obj), obj);

    public static object? CheckCastAny(MethodTable* target, object? obj) => Check(IsInstanceOfAny(target, obj), obj);

    private static object? Check(object? found, object? obj)
    {
        if (found is null && obj is not null)
            ThrowHelpers.ThrowInvalidCast();
        return obj;
    }
}
