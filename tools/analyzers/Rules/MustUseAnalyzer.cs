// Results that may not be dropped without saying why.
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Commence.Analyzers.Rules;

/// <summary>Finds results marked [MustUse] that are ignored, or discarded without a reason.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class MustUseAnalyzer : KernelAnalyzer
{
    internal static readonly DiagnosticDescriptor Ignored = Rule.Error("CMN0305", "A result is used",
        "The result of '{0}' is ignored: an error would pass unseen; use it, or write '_ = {0}(…); // why'");

    internal static readonly DiagnosticDescriptor NoReason = Rule.Error("CMN0306", "A result is discarded with a reason",
        "The result of '{0}' is discarded without a comment that says why that is right");

    public MustUseAnalyzer()
        : base(Ignored, NoReason)
    {
    }

    private protected override void Start(CompilationStartAnalysisContext context) =>
        context.RegisterOperationAction(Check, OperationKind.ExpressionStatement);

    private static void Check(OperationAnalysisContext context)
    {
        IOperation expression = ((IExpressionStatementOperation)context.Operation).Operation;
        bool isDiscarded = false;
        if (expression is ISimpleAssignmentOperation { Target: IDiscardOperation } assignment)
        {
            isDiscarded = true;
            expression = assignment.Value;
        }
        while (expression is IConversionOperation or IConditionalAccessOperation)
            expression = expression is IConversionOperation conversion ? conversion.Operand : ((IConditionalAccessOperation)expression).WhenNotNull;

        if (expression is not IInvocationOperation { TargetMethod: { ReturnsVoid: false } method }
            || !(HasMark(method.OriginalDefinition, "MustUseAttribute") || HasMark(method.ReturnType.OriginalDefinition, "MustUseAttribute")))
        {
            return;
        }
        if (!isDiscarded)
            context.ReportDiagnostic(Diagnostic.Create(Ignored, expression.Syntax.GetLocation(), method.Name));
        else if (!HasComment(context.Operation.Syntax))
            context.ReportDiagnostic(Diagnostic.Create(NoReason, expression.Syntax.GetLocation(), method.Name));
    }

    // On its own line, or in the lines directly before.
    private static bool HasComment(SyntaxNode statement) =>
        statement.GetTrailingTrivia().Concat(statement.GetLeadingTrivia())
            .Any(static trivia => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia))
        // A lambda-like body: "F() => _ = G(); // why" ends with the member, not with the expression.
        || (statement is not StatementSyntax && statement.Parent?.Parent is { } member && HasComment(member));
}
