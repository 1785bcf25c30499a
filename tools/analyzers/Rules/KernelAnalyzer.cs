// What all our analyzers share: they run only where kernel code is compiled, never over generated code.
using System;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Commence.Analyzers.Rules;

/// <summary>An analyzer that a project turns on with the build property CommenceKernelRules.</summary>
public abstract class KernelAnalyzer : DiagnosticAnalyzer
{
    private readonly ImmutableArray<DiagnosticDescriptor> _rules;

    private protected KernelAnalyzer(params DiagnosticDescriptor[] rules) => _rules = rules.ToImmutableArray();

    public sealed override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => _rules;

    public sealed override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            if (start.Options.AnalyzerConfigOptionsProvider.GlobalOptions.TryGetValue("build_property.CommenceKernelRules", out string? value)
                && string.Equals(value, "true", StringComparison.OrdinalIgnoreCase))
            {
                Start(start);
            }
        });
    }

    private protected abstract void Start(CompilationStartAnalysisContext context);

    /// <summary>Steps out of what passes a value on unchanged: parentheses, conversions, arms of a choice.</summary>
    /// <returns>The operation that uses the value, and its direct child through which the value comes.</returns>
    private protected static (IOperation? User, IOperation Value) UseOf(IOperation operation)
    {
        IOperation value = operation;
        while (value.Parent is IParenthesizedOperation or IConversionOperation { IsImplicit: true } or ISwitchExpressionArmOperation
            or ISwitchExpressionOperation or IConditionalOperation { Type: not null })
        {
            if ((value.Parent is IConditionalOperation choice && choice.Condition == value)
                || (value.Parent is ISwitchExpressionOperation which && which.Value == value))
            {
                break;
            }
            value = value.Parent;
        }
        return (value.Parent, value);
    }

    /// <summary>Whether the operation is an attribute's argument, which is data of the assembly and not code.</summary>
    private protected static bool IsInAttribute(IOperation operation)
    {
        IOperation root = operation;
        while (root.Parent is not null)
            root = root.Parent;
        return root is IAttributeOperation;
    }

    private protected static bool HasMark(ISymbol symbol, string attribute) =>
        symbol.GetAttributes().Any(mark => mark.AttributeClass is { } type && type.Name == attribute
            && type.ContainingNamespace is { Name: "Commence", ContainingNamespace.IsGlobalNamespace: true });

    private protected static string Shown(ISymbol symbol) => symbol.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat);
}
