// A method's name as people write it, in the parts that the symbol table stores separately.
namespace Commence.ImageTool.Naming;

/// <summary>A readable name: <c>Namespace.Type.Method</c>; assembly functions have a method part only.</summary>
internal sealed record MethodName(string Namespace, string Type, string Method)
{
    /// <summary>The parts joined by dots, empty ones left out.</summary>
    public override string ToString()
    {
        string type = Namespace.Length == 0 ? Type : Type.Length == 0 ? Namespace : $"{Namespace}.{Type}";
        return type.Length == 0 ? Method : $"{type}.{Method}";
    }
}
