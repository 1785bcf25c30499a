// The border to assembly. An import is a bare call of a symbol; an export gives a method a symbol of its own.
namespace System.Runtime;

/// <summary>Gives a static method a linker symbol that assembly calls with the platform's C convention.</summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class RuntimeExportAttribute(string entry) : Attribute
{
    public string EntryPoint { get; } = entry;
}

/// <summary>Binds an <c>extern</c> method to a linker symbol; the library name is always "*".</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Constructor, Inherited = false)]
public sealed class RuntimeImportAttribute(string dllName, string entry) : Attribute
{
    public string DllName { get; } = dllName;
    public string EntryPoint { get; } = entry;
}
