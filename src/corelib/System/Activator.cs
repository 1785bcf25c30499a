// What the compiler knows about making objects: the allocator and the constructor of a type.
using System.Runtime.CompilerServices;

namespace System;

public static class Activator
{
    /// <summary>The address of the parameterless constructor of <typeparamref name="T"/>.</summary>
    [Intrinsic]
    public static nint DefaultConstructorOf<T>() => DefaultConstructorOf<T>();
}
