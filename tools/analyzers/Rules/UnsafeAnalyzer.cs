// Unsafe code says why it is right, and is as small as the operation.
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Commence.Analyzers.Rules;

/// <summary>Finds unsafe blocks and members without a reason, and types that are unsafe as a whole.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class UnsafeAnalyzer : KernelAnalyzer
{
    internal static readonly DiagnosticDescriptor NoReason = Rule.Error("CMN0401", "Unsafe code has a reason",
        "{0} is unsafe without a comment before it that begins 'SAFETY:' and says why nothing can go wrong");

    internal static readonly DiagnosticDescriptor WholeType = Rule.Error("CMN0402", "No type is unsafe as a whole",
        "The type '{0}' is unsafe as a whole, so that nobody sees which operations are; mark the single fields and blocks");

    public UnsafeAnalyzer()
        : base(NoReason, WholeType)
    {
    }

    private protected override void Start(CompilationStartAnalysisContext context)
    {
        if (context.Compilation is not CSharpCompilation { Options.AllowUnsafe: true })
            return;
        context.RegisterSyntaxNodeAction(CheckBlock, SyntaxKind.UnsafeStatement);
        context.RegisterSyntaxNodeAction(CheckType,
            SyntaxKind.ClassDeclaration, SyntaxKind.StructDeclaration, SyntaxKind.InterfaceDeclaration,
            SyntaxKind.RecordDeclaration, SyntaxKind.RecordStructDeclaration);
        context.RegisterSyntaxNodeAction(CheckMember,
            SyntaxKind.MethodDeclaration, SyntaxKind.ConstructorDeclaration, SyntaxKind.DestructorDeclaration, SyntaxKind.OperatorDeclaration,
            SyntaxKind.ConversionOperatorDeclaration, SyntaxKind.PropertyDeclaration, SyntaxKind.IndexerDeclaration, SyntaxKind.LocalFunctionStatement);
    }

    private static void CheckBlock(SyntaxNodeAnalysisContext context)
    {
        if (!HasReason(context.Node.GetLeadingTrivia()))
            context.ReportDiagnostic(Diagnostic.Create(NoReason, ((UnsafeStatementSyntax)context.Node).UnsafeKeyword.GetLocation(), "The block"));
    }

    private static void CheckType(SyntaxNodeAnalysisContext context)
    {
        var type = (TypeDeclarationSyntax)context.Node;
        if (UnsafeWord(type.Modifiers) is { } word)
            context.ReportDiagnostic(Diagnostic.Create(WholeType, word.GetLocation(), type.Identifier.Text));
    }

    private static void CheckMember(SyntaxNodeAnalysisContext context)
    {
        SyntaxNode node = context.Node;
        (SyntaxTokenList modifiers, string name, bool hasCode) = node switch
        {
            MethodDeclarationSyntax method => (method.Modifiers, method.Identifier.Text, method.Body is not null || method.ExpressionBody is not null),
            LocalFunctionStatementSyntax local => (local.Modifiers, local.Identifier.Text, local.Body is not null || local.ExpressionBody is not null),
            BaseMethodDeclarationSyntax other => (other.Modifiers, "The member", other.Body is not null || other.ExpressionBody is not null),
            IndexerDeclarationSyntax indexer => (indexer.Modifiers, "The indexer", HasCode(indexer.AccessorList, indexer.ExpressionBody)),
            PropertyDeclarationSyntax property => (property.Modifiers, property.Identifier.Text, HasCode(property.AccessorList, property.ExpressionBody)),
            _ => (default, "", false),
        };
        // Without code, as for a method that assembly implements, the word only lets the signature name a pointer.
        if (!hasCode || UnsafeWord(modifiers) is not { } word)
            return;
        // Before the member, or within it beside the operation that it is about.
        bool hasReason = node.DescendantTokens().Any(static token => HasReason(token.LeadingTrivia));
        if (!hasReason)
            context.ReportDiagnostic(Diagnostic.Create(NoReason, word.GetLocation(), name));
    }

    private static bool HasCode(AccessorListSyntax? accessors, ArrowExpressionClauseSyntax? expression) =>
        expression is not null || accessors?.Accessors.Any(static accessor => accessor.Body is not null || accessor.ExpressionBody is not null) == true;

    private static SyntaxToken? UnsafeWord(SyntaxTokenList modifiers)
    {
        int index = modifiers.IndexOf(SyntaxKind.UnsafeKeyword);
        return index < 0 ? null : modifiers[index];
    }

    // A plain comment says why this code is right; a doc comment's "Safety:" says what its callers owe.
    private static bool HasReason(SyntaxTriviaList trivia) => trivia.Any(static t => t.Kind() switch
    {
        SyntaxKind.SingleLineCommentTrivia or SyntaxKind.MultiLineCommentTrivia => t.ToString().Contains("SAFETY:"),
        SyntaxKind.SingleLineDocumentationCommentTrivia => t.ToFullString() is { } text && (text.Contains("Safety:") || text.Contains("SAFETY:")),
        _ => false,
    });
}
