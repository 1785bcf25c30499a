// Structs that are their own identity: a lock in a readonly field is copied before each call and never locks, and a copy of a
// lock is another lock.
using System.Collections.Concurrent;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Commence.Analyzers.Rules;

/// <summary>Finds copies of locks and of whatever else is marked [NoCopy].</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class NoCopyAnalyzer : KernelAnalyzer
{
    internal static readonly DiagnosticDescriptor Readonly = Rule.Error("CMN0303", "A lock is not in a readonly field",
        "'{0}' is readonly, so the compiler works on a copy of the '{1}' and it never locks; remove 'readonly'");

    internal static readonly DiagnosticDescriptor Copied = Rule.Error("CMN0304", "A lock is not copied",
        "'{0}' is copied here, and the copy of a '{1}' is another one; use 'ref'");

    public NoCopyAnalyzer()
        : base(Readonly, Copied)
    {
    }

    private protected override void Start(CompilationStartAnalysisContext context)
    {
        var known = new Known();
        context.RegisterSymbolAction(symbol => CheckField(symbol, known), SymbolKind.Field);
        context.RegisterOperationAction(operation => CheckUse(operation, known),
            OperationKind.FieldReference, OperationKind.LocalReference, OperationKind.ParameterReference, OperationKind.InstanceReference,
            OperationKind.ArrayElementReference, OperationKind.InlineArrayAccess, OperationKind.PropertyReference, OperationKind.Invocation);
    }

    private static void CheckField(SymbolAnalysisContext context, Known known)
    {
        var field = (IFieldSymbol)context.Symbol;
        if (field.IsReadOnly && field.RefKind == RefKind.None && known.IsIdentity(field.Type))
            context.ReportDiagnostic(Diagnostic.Create(Readonly, field.Locations[0], field.Name, Shown(field.Type)));
    }

    private static void CheckUse(OperationAnalysisContext context, Known known)
    {
        IOperation operation = context.Operation;
        if (operation.Type is not { TypeKind: TypeKind.Struct } type || !IsStored(operation) || !known.IsIdentity(type))
            return;
        (IOperation? user, IOperation value) = UseOf(operation);
        bool isCopied = user switch
        {
            IVariableInitializerOperation { Parent: IVariableDeclaratorOperation { Symbol.RefKind: RefKind.None } } => true,
            ISimpleAssignmentOperation { IsRef: false } assignment => assignment.Value == value,
            IArgumentOperation { Parameter.RefKind: RefKind.None } => true,
            IReturnOperation => !ReturnsReference(context.ContainingSymbol),
            _ => false,
        };
        if (isCopied)
            context.ReportDiagnostic(Diagnostic.Create(Copied, operation.Syntax.GetLocation(), operation.Syntax.ToString(), Shown(type)));
    }

    // A value that lives somewhere, as opposed to one that has just been made.
    private static bool IsStored(IOperation operation) => operation switch
    {
        IPropertyReferenceOperation property => property.Property.RefKind != RefKind.None,
        IInvocationOperation invocation => invocation.TargetMethod.RefKind != RefKind.None,
        _ => true,
    };

    private static bool ReturnsReference(ISymbol member) => member switch
    {
        IMethodSymbol method => method.RefKind != RefKind.None,
        IPropertySymbol property => property.RefKind != RefKind.None,
        _ => false,
    };

    /// <summary>Which structs are identities; asked often, so remembered.</summary>
    private sealed class Known
    {
        private readonly ConcurrentDictionary<ITypeSymbol, bool> _types = new(SymbolEqualityComparer.Default);

        // A struct that contains one is one.
        public bool IsIdentity(ITypeSymbol type)
        {
            if (type is not INamedTypeSymbol { TypeKind: TypeKind.Struct, IsRefLikeType: false, SpecialType: SpecialType.None } named)
                return false;
            if (_types.TryGetValue(type, out bool known))
                return known;

            bool isIdentity = HasMark(named.OriginalDefinition, "NoCopyAttribute")
                || (!named.IsReadOnly && named.ContainingNamespace is { Name: "Locking", ContainingNamespace.Name: "Commence" })
                || named.GetMembers().OfType<IFieldSymbol>().Any(field => !field.IsStatic && field.RefKind == RefKind.None && IsIdentity(field.Type));
            _types.TryAdd(type, isIdentity);
            return isIdentity;
        }
    }
}
