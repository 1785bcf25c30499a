// Buffers on the stack. A kernel stack is a few pages for everything that a call ever leads to, interrupts included.
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Commence.Analyzers.Rules;

/// <summary>Finds stackalloc of a large or an unknown size.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class StackAnalyzer : KernelAnalyzer
{
    private const long SizeMaxBytes = 512;

    internal static readonly DiagnosticDescriptor Large = Rule.Error("CMN0512", "Buffers on the stack are small",
        "This takes {0} of the kernel stack, and at most 512 bytes of a size known to the compiler are allowed; use a buffer of the page allocator, or work in pieces");

    public StackAnalyzer()
        : base(Large)
    {
    }

    private protected override void Start(CompilationStartAnalysisContext context) =>
        context.RegisterSyntaxNodeAction(Check, SyntaxKind.StackAllocArrayCreationExpression);

    private static void Check(SyntaxNodeAnalysisContext context)
    {
        var stack = (StackAllocArrayCreationExpressionSyntax)context.Node;
        if (stack.Type is not ArrayTypeSyntax array)
            return;
        long? count = stack.Initializer is { } list
            ? list.Expressions.Count
            : array.RankSpecifiers[0].Sizes.Select(size => context.SemanticModel.GetConstantValue(size, context.CancellationToken).Value).FirstOrDefault() is int known ? known : null;
        long? size = count * SizeOf(context.SemanticModel.GetTypeInfo(array.ElementType, context.CancellationToken).Type);
        if (size is null or > SizeMaxBytes)
            context.ReportDiagnostic(Diagnostic.Create(Large, stack.GetLocation(), size is null ? "an unknown amount" : $"{size} bytes"));
    }

    // Without padding: near enough for a limit.
    private static long SizeOf(ITypeSymbol? type) => type switch
    {
        null => 1,
        { SpecialType: SpecialType.System_Byte or SpecialType.System_SByte or SpecialType.System_Boolean } => 1,
        { SpecialType: SpecialType.System_Int16 or SpecialType.System_UInt16 or SpecialType.System_Char } => 2,
        { SpecialType: SpecialType.System_Int32 or SpecialType.System_UInt32 or SpecialType.System_Single } => 4,
        INamedTypeSymbol { EnumUnderlyingType: { } under } => SizeOf(under),
        { TypeKind: TypeKind.Struct, SpecialType: SpecialType.None } => System.Math.Max(1, type.GetMembers().OfType<IFieldSymbol>()
            .Where(static field => !field.IsStatic).Sum(static field => SizeOf(field.Type)) * InlineLength(type)),
        _ => 8,
    };

    private static long InlineLength(ITypeSymbol type) =>
        type.GetAttributes().FirstOrDefault(static mark => mark.AttributeClass?.Name == "InlineArrayAttribute")?.ConstructorArguments[0].Value is int length ? length : 1;
}
