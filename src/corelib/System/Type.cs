// Reflection does not exist. The types are here because the compiler requires their names.
namespace System;

public abstract class Type
{
}

public sealed class RuntimeType : Type
{
}
