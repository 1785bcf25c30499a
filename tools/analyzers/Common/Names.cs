// The names of the attributes and types that generators and analyzers look for.
using Microsoft.CodeAnalysis;

namespace Commence.Analyzers;

internal static class Names
{
    public const string Syscall = "Commence.SyscallAttribute";
    public const string SyscallArguments = "global::Commence.SyscallArguments";
    public const string KernelTest = "Commence.KernelTestAttribute";
    public const string Initcall = "Commence.InitcallAttribute";
    public const string RunsAfter = "Commence.RunsAfterAttribute";
    public const string CompositionRoot = "Commence.CompositionRootAttribute";
    public const string InitcallRecord = "Commence.InitcallRecordAttribute";
    public const string KernelParameter = "Commence.KernelParameterAttribute";
    public const string KernelParameterRecord = "Commence.KernelParameterRecordAttribute";
    public const string KernelParameterText = "Commence.IKernelParameterValue";
    public const string Errno = "Commence.Errno";
    public const string Result = "Commence.Result<T>";

    private static readonly SymbolDisplayFormat s_plain = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters);

    /// <summary>The full name without <c>global::</c>: "Commence.Result&lt;int&gt;".</summary>
    public static string Plain(this ITypeSymbol type) => type.ToDisplayString(s_plain);

    /// <summary>The full name with <c>global::</c>, as generated code must write it.</summary>
    public static string Full(this ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    /// <summary>"Type.Member", the short name that people see.</summary>
    public static string Short(this ISymbol member) => $"{member.ContainingType?.Name}.{member.Name}";

    /// <summary>Whether code in this compilation, generated code included, may name the member.</summary>
    public static bool CanSee(this Compilation compilation, ISymbol member) =>
        compilation.IsSymbolAccessibleWithin(member, compilation.Assembly);
}
