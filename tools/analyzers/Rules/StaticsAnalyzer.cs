// Statics are all-zero or computed by the compiler. Nothing runs static constructors: what the compiler cannot compute would
// simply be zero.
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Commence.Analyzers.Rules;

/// <summary>Finds static constructors, and initial values of statics that the compiler cannot compute.</summary>
/// <remarks>The build's check of the compiler's own report ("Could not preinitialize") finds the rest.</remarks>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class StaticsAnalyzer : KernelAnalyzer
{
    internal static readonly DiagnosticDescriptor Constructor = Rule.Error("CMN0510", "No static constructors",
        "Nothing would run the static constructor of '{0}'; give the fields constant values, or set them in a method that start-up calls");

    internal static readonly DiagnosticDescriptor Initializer = Rule.Error("CMN0511", "Statics start with plain values",
        "The compiler cannot compute the initial value of '{0}', because {1}; leave it null and set it in a method that start-up calls");

    public StaticsAnalyzer()
        : base(Constructor, Initializer)
    {
    }

    private protected override void Start(CompilationStartAnalysisContext context)
    {
        context.RegisterSymbolAction(CheckConstructor, SymbolKind.Method);
        context.RegisterOperationAction(CheckInitializer, OperationKind.FieldInitializer, OperationKind.PropertyInitializer);
    }

    private static void CheckConstructor(SymbolAnalysisContext context)
    {
        var method = (IMethodSymbol)context.Symbol;
        if (method.MethodKind == MethodKind.StaticConstructor && !method.IsImplicitlyDeclared)
            context.ReportDiagnostic(Diagnostic.Create(Constructor, method.Locations[0], method.ContainingType.Name));
    }

    private static void CheckInitializer(OperationAnalysisContext context)
    {
        var initializer = (ISymbolInitializerOperation)context.Operation;
        ISymbol? variable = initializer switch
        {
            IFieldInitializerOperation field => field.InitializedFields.FirstOrDefault(),
            IPropertyInitializerOperation property => property.InitializedProperties.FirstOrDefault(),
            _ => null,
        };
        if (variable is not { IsStatic: true })
            return;
        string? why = initializer.Value.DescendantsAndSelf().Select(WhyNot).FirstOrDefault(static reason => reason is not null);
        if (why is not null)
            context.ReportDiagnostic(Diagnostic.Create(Initializer, variable.Locations[0], variable.Name, why));
    }

    private static string? WhyNot(IOperation operation) => operation switch
    {
        IObjectCreationOperation { Type: INamedTypeSymbol type } made when HoldsReferences(type, 0) && !IsZero(made) =>
            $"'{type.Name}' holds references",
        IAddressOfOperation { Reference: IMethodReferenceOperation method } => $"the address of '{method.Method.Name}' is known only to the linker",
        _ => null,
    };

    // new S() of a struct without a constructor of its own is zero.
    private static bool IsZero(IObjectCreationOperation made) =>
        made.Type!.IsValueType && made.Initializer is null && made.Constructor is null or { IsImplicitlyDeclared: true };

    private static bool HoldsReferences(INamedTypeSymbol type, int depth)
    {
        const int DepthMax = 16; // deeper than any sane nesting
        for (INamedTypeSymbol? t = type; t is not null; t = t.BaseType)
        {
            foreach (IFieldSymbol field in t.GetMembers().OfType<IFieldSymbol>())
            {
                if (field.IsStatic || field.IsConst)
                    continue;
                if (field.Type.IsReferenceType || (depth < DepthMax && field.Type is INamedTypeSymbol { TypeKind: TypeKind.Struct, SpecialType: SpecialType.None } inner
                    && HoldsReferences(inner, depth + 1)))
                {
                    return true;
                }
            }
        }
        return false;
    }
}
