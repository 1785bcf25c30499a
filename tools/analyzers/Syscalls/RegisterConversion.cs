// How a register becomes a parameter of a system call, and its result a register again.
//
// By structure, not by a list of names: a newtype of the layers above is accepted as soon as it can be made from one integer.
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace Commence.Analyzers.Syscalls;

internal static class RegisterConversion
{
    // A struct around a struct around an integer: UserPtr<T> around UserAddr around ulong.
    private const int DepthMax = 2;

    /// <summary>C# that makes a <paramref name="type"/> from the ulong <paramref name="register"/>, or null if there is no way.</summary>
    public static string? FromRegister(Compilation compilation, ITypeSymbol type, string register, int depth = 0)
    {
        if (Rank(type) is not null)
            return type.SpecialType == SpecialType.System_UInt64 ? register : $"({type.Full()}){register}";
        if (type.TypeKind == TypeKind.Enum)
            return $"({type.Full()}){register}";
        if (!IsNewtype(type) || depth == DepthMax)
            return null;

        foreach (IMethodSymbol maker in Makers(compilation, (INamedTypeSymbol)type))
        {
            if (FromRegister(compilation, maker.Parameters[0].Type, register, depth + 1) is not { } argument)
                continue;
            return maker.MethodKind == MethodKind.Constructor
                ? $"new {type.Full()}({argument})"
                : $"({type.Full()})({argument})";
        }
        return null;
    }

    /// <summary>C# that makes a long from the value <paramref name="value"/> of type <paramref name="type"/>, or null if there is no way.</summary>
    public static string? ToRegister(Compilation compilation, ITypeSymbol type, string value, int depth = 0)
    {
        if (type.Plain() == Names.Errno)
            return $"-(long){value}";
        if (Rank(type) is not null || type.TypeKind == TypeKind.Enum)
            return type.SpecialType == SpecialType.System_Int64 ? value : $"(long){value}";
        if (!IsNewtype(type) || depth == DepthMax)
            return null;

        ITypeSymbol? inner = type.GetMembers("Value").Where(compilation.CanSee).Select(static member => member switch
        {
            IPropertySymbol { IsStatic: false, GetMethod: not null } property => property.Type,
            IFieldSymbol { IsStatic: false } field => field.Type,
            _ => null,
        }).FirstOrDefault();
        return inner is null ? null : ToRegister(compilation, inner, value + ".Value", depth + 1);
    }

    /// <summary>The value type of <c>Result&lt;T&gt;</c>, or null for another type.</summary>
    public static ITypeSymbol? ResultValue(ITypeSymbol type) =>
        type is INamedTypeSymbol { TypeArguments.Length: 1 } named && named.OriginalDefinition.Plain() == Names.Result
            ? named.TypeArguments[0]
            : null;

    private static bool IsNewtype(ITypeSymbol type) =>
        type.TypeKind == TypeKind.Struct && type.SpecialType == SpecialType.None
        && type.ContainingNamespace?.ToDisplayString() != "System";

    // Constructors before operators, and the widest integer before narrower ones, so that no bit is lost on the way.
    private static IEnumerable<IMethodSymbol> Makers(Compilation compilation, INamedTypeSymbol type) =>
        type.GetMembers().OfType<IMethodSymbol>()
            .Where(method => IsMaker(method, type) && compilation.CanSee(method))
            .OrderBy(static method => Rank(method.Parameters[0].Type) ?? int.MaxValue)
            .ThenBy(static method => method.MethodKind == MethodKind.Constructor ? 0 : 1)
            .ThenBy(static method => method.Parameters[0].Type.Plain(), System.StringComparer.Ordinal);

    private static bool IsMaker(IMethodSymbol method, INamedTypeSymbol type) =>
        method.Parameters.Length == 1
        && method.Parameters[0].RefKind is RefKind.None or RefKind.In
        && (method.MethodKind == MethodKind.Constructor
            || (method.MethodKind == MethodKind.Conversion && SymbolEqualityComparer.Default.Equals(method.ReturnType, type)));

    // The order of preference among integers; null for what is not one. (bool and char are no register types.)
    private static int? Rank(ITypeSymbol type) => type.SpecialType switch
    {
        SpecialType.System_UInt64 => 0,
        SpecialType.System_UIntPtr => 1,
        SpecialType.System_Int64 => 2,
        SpecialType.System_IntPtr => 3,
        SpecialType.System_UInt32 => 4,
        SpecialType.System_Int32 => 5,
        SpecialType.System_UInt16 => 6,
        SpecialType.System_Int16 => 7,
        SpecialType.System_Byte => 8,
        SpecialType.System_SByte => 9,
        _ => null,
    };
}
