// Waiting for another processor by reading a plain field: the compiler reads it once, before the loop, and waits for ever.
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Commence.Analyzers.Rules;

/// <summary>Finds loops that wait for a plain field, pointer or array element to change.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class SpinAnalyzer : KernelAnalyzer
{
    internal static readonly DiagnosticDescriptor Plain = Rule.Error("CMN0601", "A loop that waits reads through Volatile",
        "This loop waits for '{0}' to change, but the compiler may read it once and keep it in a register; use Volatile.Read(ref …)");

    // Calls that let time pass and change nothing.
    private static readonly ImmutableHashSet<string> s_pauses =
        ImmutableHashSet.Create("Relax", "Pause", "SpinWait", "SpinOnce", "Yield", "Halt", "Nop");

    public SpinAnalyzer()
        : base(Plain)
    {
    }

    private protected override void Start(CompilationStartAnalysisContext context) =>
        context.RegisterOperationAction(Check, OperationKind.Loop);

    private static void Check(OperationAnalysisContext context)
    {
        (IOperation? condition, IOperation? body) = context.Operation switch
        {
            IWhileLoopOperation loop => (loop.Condition, loop.Body),
            IForLoopOperation { AtLoopBottom.IsEmpty: true } loop => (loop.Condition, loop.Body),
            _ => (null, null),
        };
        if (condition is null || body is null || !OnlyWaits(body) || DoesMoreThanRead(condition))
            return;
        string? what = condition.DescendantsAndSelf().Select(PlainRead).FirstOrDefault(static read => read is not null)
            ?? condition.Syntax.DescendantNodesAndSelf()
                .FirstOrDefault(static node => node.IsKind(SyntaxKind.PointerIndirectionExpression) || node.IsKind(SyntaxKind.PointerMemberAccessExpression))?.ToString();
        if (what is not null)
            context.ReportDiagnostic(Diagnostic.Create(Plain, condition.Syntax.GetLocation(), what));
    }

    private static bool OnlyWaits(IOperation body) => body switch
    {
        IBlockOperation block => block.Operations.All(OnlyWaits),
        IEmptyOperation => true,
        IExpressionStatementOperation { Operation: IInvocationOperation call } => s_pauses.Contains(call.TargetMethod.Name),
        _ => false,
    };

    // A call may read as it should (Volatile.Read), and an assignment makes progress.
    private static bool DoesMoreThanRead(IOperation condition) => condition.DescendantsAndSelf().Any(static operation =>
        operation is IInvocationOperation or IAssignmentOperation or IIncrementOrDecrementOperation
        || (operation is IPropertyReferenceOperation reference && !IsAuto(reference.Property)));

    private static string? PlainRead(IOperation operation) => operation switch
    {
        IFieldReferenceOperation { Field: { IsVolatile: false, IsConst: false, IsReadOnly: false } } => operation.Syntax.ToString(),
        IPropertyReferenceOperation { Property: var property } when IsAuto(property) => operation.Syntax.ToString(),
        IArrayElementReferenceOperation or IInlineArrayAccessOperation => operation.Syntax.ToString(),
        IParameterReferenceOperation { Parameter.RefKind: not RefKind.None } => operation.Syntax.ToString(),
        ILocalReferenceOperation { Local.RefKind: not RefKind.None } => operation.Syntax.ToString(),
        _ => null,
    };

    private static bool IsAuto(IPropertySymbol property) =>
        property.ContainingType.GetMembers().OfType<IFieldSymbol>()
            .Any(field => SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, property));
}
