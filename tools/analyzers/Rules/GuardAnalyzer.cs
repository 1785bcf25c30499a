// Guards: a ref struct whose Dispose gives something back stands in a using, exactly once.
//
//   allowed:  using var g = x.Lock();    using (x.Lock())    return x.Lock();    x.TryLock(out var g) … using (g)
//             F(in g)    g.Pinned    var g = x.Lock(); … return new Outer(g)    a guard that is a field of another guard
//   refused:  x.Lock();    var g = x.Lock();    _ = x.Lock();    F(x.Lock())    var h = g;    g.Dispose() under a using
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Commence.Analyzers.Rules;

/// <summary>Finds guards that leak or are released twice, and proofs that nobody gave.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class GuardAnalyzer : KernelAnalyzer
{
    internal static readonly DiagnosticDescriptor Leaks = Rule.Error("CMN0301", "A guard stands in a using",
        "The guard '{0}' {1}, so that nothing releases it on every way out; write 'using'");

    internal static readonly DiagnosticDescriptor Copied = Rule.Error("CMN0302", "A guard is released once",
        "The guard '{0}' {1}; pass it by 'in' or ask it for a proof instead");

    internal static readonly DiagnosticDescriptor Forged = Rule.Error("CMN0307", "A proof comes from a guard",
        "'{0}' made from nothing proves nothing; take it from a guard, or assert the state where the hardware vouches for it ('{0}.Assert()')");

    public GuardAnalyzer()
        : base(Leaks, Copied, Forged)
    {
    }

    private protected override void Start(CompilationStartAnalysisContext context)
    {
        context.RegisterOperationAction(Produced,
            OperationKind.Invocation, OperationKind.PropertyReference, OperationKind.ObjectCreation, OperationKind.DefaultValue);
        context.RegisterOperationAction(Referenced,
            OperationKind.LocalReference, OperationKind.ParameterReference, OperationKind.FieldReference);
        context.RegisterOperationAction(Declared, OperationKind.VariableDeclarator, OperationKind.DeclarationExpression, OperationKind.Discard);
    }

    private static bool IsGuard(ITypeSymbol? type) =>
        type is { IsRefLikeType: true, TypeKind: TypeKind.Struct } && (type.Name.EndsWith("Guard") || HasMark(type, "GuardAttribute"));

    // An empty ref struct carries nothing but the fact that somebody made it.
    private static bool IsProof(ITypeSymbol? type) =>
        type is { IsRefLikeType: true, TypeKind: TypeKind.Struct }
        && !type.GetMembers().Any(static member => member is IFieldSymbol { IsStatic: false });

    private static void Produced(OperationAnalysisContext context)
    {
        IOperation operation = context.Operation;
        if (operation.Type is not { IsRefLikeType: true } type || ReturnsReference(operation))
            return;
        if (!IsGuard(type))
        {
            FindForgery(context, type);
            return;
        }

        (IOperation? user, IOperation value) = UseOf(operation);
        if (WhyLeaks(user, value, context.ContainingSymbol) is { } why)
            context.ReportDiagnostic(Diagnostic.Create(Leaks, operation.Syntax.GetLocation(), Shown(type), why));
    }

    private static bool ReturnsReference(IOperation operation) =>
        operation is IInvocationOperation { TargetMethod.RefKind: not RefKind.None } or IPropertyReferenceOperation { Property.RefKind: not RefKind.None };

    private static void FindForgery(OperationAnalysisContext context, ITypeSymbol type)
    {
        if (context.Operation is not (IDefaultValueOperation or IObjectCreationOperation { Arguments.Length: 0 }) || !IsProof(type))
            return;
        // The namespace that declares the proof is the one that hands it out.
        if (!SymbolEqualityComparer.Default.Equals(type.ContainingNamespace, context.ContainingSymbol.ContainingNamespace))
            context.ReportDiagnostic(Diagnostic.Create(Forged, context.Operation.Syntax.GetLocation(), Shown(type)));
    }

    private static string? WhyLeaks(IOperation? user, IOperation value, ISymbol container) => user switch
    {
        IVariableInitializerOperation initializer =>
            IsUsed(initializer) || IsReferenceLocal(initializer) || IsOwned(LocalOf(initializer), initializer) ? null : "is kept in a plain variable",
        IUsingOperation usage when usage.Resources == value => null,
        IReturnOperation => null,
        ISimpleAssignmentOperation assignment => MayHold(assignment.Target, container) ? null : "is assigned to a plain variable",
        IArgumentOperation argument => IsGuard((argument.Parent as IObjectCreationOperation)?.Type) ? null : "is passed on without being kept",
        IInvocationOperation { TargetMethod.Name: "Dispose" } => null,
        IMemberReferenceOperation or IInvocationOperation => "is asked for a member and dropped",
        _ => "is dropped",
    };

    // using var g = …   or   using (var g = …)
    private static bool IsUsed(IVariableInitializerOperation initializer)
    {
        IOperation? group = initializer.Parent?.Parent?.Parent;
        return group?.Parent is IUsingDeclarationOperation || (group?.Parent is IUsingOperation usage && usage.Resources == group);
    }

    private static bool IsReferenceLocal(IVariableInitializerOperation initializer) =>
        initializer.Parent is IVariableDeclaratorOperation { Symbol.RefKind: not RefKind.None };

    // What hands the guard to the caller (out, ref), or a field of a guard that is made of guards.
    private static bool MayHold(IOperation target, ISymbol container) => target switch
    {
        IParameterReferenceOperation { Parameter.RefKind: not RefKind.None } => true,
        IFieldReferenceOperation => IsGuard(container.ContainingType),
        _ => false,
    };

    private static void Referenced(OperationAnalysisContext context)
    {
        if (!IsGuard(context.Operation.Type))
            return;
        (IOperation? user, IOperation value) = UseOf(context.Operation);
        if (WhyCopied(context.Operation, user, value, context.ContainingSymbol) is { } why)
            context.ReportDiagnostic(Diagnostic.Create(Copied, context.Operation.Syntax.GetLocation(), context.Operation.Syntax.ToString(), why));
    }

    private static string? WhyCopied(IOperation guard, IOperation? user, IOperation value, ISymbol container)
    {
        bool isReleased = guard is ILocalReferenceOperation { Local.IsUsing: true };
        bool isBorrowed = guard is IParameterReferenceOperation { Parameter.RefKind: RefKind.In or RefKind.RefReadOnlyParameter };
        if (isBorrowed && ((user is IUsingOperation borrowed && borrowed.Resources == value) || user is IInvocationOperation { TargetMethod.Name: "Dispose" }))
            return "belongs to the caller, who will release it as well";
        return user switch
        {
            IVariableInitializerOperation initializer when !IsReferenceLocal(initializer) =>
                isReleased || !IsUsed(initializer) ? "is copied to another variable, and each copy would release it" : null,
            IUsingOperation usage when usage.Resources == value => isReleased ? "is in two usings and released by both" : null,
            ISimpleAssignmentOperation { IsRef: false } assignment when assignment.Value == value =>
                isReleased || !MayHold(assignment.Target, container) ? "is copied to another variable, and each copy would release it" : null,
            IArgumentOperation { Parameter.RefKind: RefKind.None } argument =>
                isReleased || !IsGuard((argument.Parent as IObjectCreationOperation)?.Type) ? "is passed by value, and the callee's copy would release it" : null,
            IReturnOperation when isReleased => "is returned after its using has released it",
            IInvocationOperation { TargetMethod.Name: "Dispose" } when isReleased => "is disposed by hand and again by its using",
            _ => null,
        };
    }

    // Guard g; and TryLock(out Guard g): fine if a using, a return or another owner takes it.
    private static void Declared(OperationAnalysisContext context)
    {
        if (context.Operation is IDiscardOperation { Parent: IArgumentOperation } discard && IsGuard(discard.Type))
        {
            context.ReportDiagnostic(Diagnostic.Create(Leaks, discard.Syntax.GetLocation(), Shown(discard.Type!), "is dropped"));
            return;
        }
        ILocalSymbol? local = context.Operation switch
        {
            IVariableDeclaratorOperation { Initializer: null } declarator => declarator.Symbol,
            IDeclarationExpressionOperation { Expression: ILocalReferenceOperation reference } => reference.Local,
            _ => null,
        };
        if (local is null || !IsGuard(local.Type) || local.RefKind != RefKind.None)
            return;

        if (!IsOwned(local, context.Operation))
            context.ReportDiagnostic(Diagnostic.Create(Leaks, context.Operation.Syntax.GetLocation(), Shown(local.Type), "is kept in a plain variable"));
    }

    private static ILocalSymbol? LocalOf(IVariableInitializerOperation initializer) => (initializer.Parent as IVariableDeclaratorOperation)?.Symbol;

    // Whether a plain variable hands its guard on to somebody who releases it.
    private static bool IsOwned(ILocalSymbol? local, IOperation declaration)
    {
        if (local is null)
            return false;
        IOperation root = declaration;
        while (root.Parent is not null)
            root = root.Parent;
        return root.Descendants().OfType<ILocalReferenceOperation>()
            .Any(use => SymbolEqualityComparer.Default.Equals(use.Local, local) && IsOwner(UseOf(use)));
    }

    private static bool IsOwner((IOperation? User, IOperation Value) use) => use.User switch
    {
        IUsingOperation usage => usage.Resources == use.Value,
        IVariableInitializerOperation initializer => IsUsed(initializer),
        IReturnOperation => true,
        ISimpleAssignmentOperation assignment => assignment.Value == use.Value,
        IArgumentOperation { Parent: IObjectCreationOperation made } => IsGuard(made.Type),
        _ => false,
    };
}
