// Reads kernel parameters: from the source of this assembly, and from the records that referenced assemblies carry.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Commence.Analyzers.KernelParameters;

internal static class KernelParameterReader
{
    /// <summary>Reads the marks of one member.</summary>
    /// <param name="model">Of the file in which it stands.</param>
    public static IEnumerable<ParameterReading> Read(ISymbol member, IEnumerable<AttributeData> marks, SemanticModel model) =>
        marks.Select(mark => Read(member, mark, model));

    /// <summary>Reads the records of all referenced assemblies.</summary>
    public static EquatableArray<ParameterModel> ReadReferences(Compilation compilation)
    {
        // Where the annotations are part of this very compilation, no reference can have used them.
        IAssemblySymbol? library = compilation.GetTypeByMetadataName(Names.KernelParameterRecord)?.ContainingAssembly;
        if (library is null || SymbolEqualityComparer.Default.Equals(library, compilation.Assembly))
            return EquatableArray<ParameterModel>.Empty;

        return new EquatableArray<ParameterModel>(
            compilation.SourceModule.ReferencedAssemblySymbols
                .Where(assembly => assembly.Modules.Any(module => module.ReferencedAssemblies.Any(reference => reference.Name == library.Name)))
                .SelectMany(static assembly => assembly.GetAttributes())
                .Where(static mark => mark.AttributeClass?.Plain() == Names.KernelParameterRecord)
                .Select(FromRecord));
    }

    private static ParameterModel FromRecord(AttributeData record)
    {
        string Text(int index) => (string)record.ConstructorArguments[index].Value!;
        return new ParameterModel(
            Text(0), (bool)record.ConstructorArguments[1].Value!, Text(2), Text(3), Text(4), Text(5), Text(6), Text(7), Text(8),
            Body: "", Text(9), Place: null);
    }

    private static ParameterReading Read(ISymbol member, AttributeData mark, SemanticModel model)
    {
        Place place = Place.Of(member);
        string name = mark.ConstructorArguments[0].Value as string ?? "";
        if (!IsName(name))
            return new ParameterReading(null, new Finding(KernelParameterRules.Name, place, name));
        if (WhyNot(member, model.Compilation) is { } why)
            return new ParameterReading(null, new Finding(KernelParameterRules.Shape, place, name, member.Short(), why));

        string help = Option(mark, "Help") as string ?? "";
        if (help.Trim().Length == 0 || help.Any(char.IsControl))
            return new ParameterReading(null, new Finding(KernelParameterRules.Help, place, name));

        (ValueReading? value, Finding? finding) = new ValueReader(name, member, mark, place).Read();
        if (value is null)
            return new ParameterReading(null, finding);
        return new ParameterReading(
            new ParameterModel(
                name, Option(mark, "Early") is true, value.Kind, value.Values, Option(mark, "Unit") as string ?? "",
                value.Kind == "switch" ? "" : Initial(member, model), help, place.Path, member.Short(), value.Body, Thunk: "", place),
            null);
    }

    private static object? Option(AttributeData mark, string option) =>
        mark.NamedArguments.FirstOrDefault(named => named.Key == option).Value.Value;

    private static bool IsName(string name) =>
        name.Length > 0 && name[0] is >= 'a' and <= 'z' && name.All(static c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_' or '.');

    private static string? WhyNot(ISymbol member, Compilation compilation)
    {
        if (!member.IsStatic || member is IMethodSymbol { MethodKind: not MethodKind.Ordinary })
            return "be static";
        if (member.ContainingType.IsGenericType || member is IMethodSymbol { IsGenericMethod: true })
            return "not be generic";
        if (member is IFieldSymbol { IsReadOnly: true } or IFieldSymbol { IsConst: true } or IPropertySymbol { SetMethod: null })
            return "be writable";
        ISymbol written = member is IPropertySymbol property ? property.SetMethod! : member;
        return compilation.CanSee(written) ? null : "be internal or public";
    }

    // What the member holds before anything is set, as it is typed on a command line.
    private static string Initial(ISymbol member, SemanticModel model)
    {
        if (member is IMethodSymbol)
            return "";
        SyntaxNode declaration = member.DeclaringSyntaxReferences[0].GetSyntax();
        EqualsValueClauseSyntax? initializer = declaration switch
        {
            VariableDeclaratorSyntax field => field.Initializer,
            PropertyDeclarationSyntax property => property.Initializer,
            _ => null,
        };
        bool isStored = member is IFieldSymbol || initializer is not null
            || declaration is PropertyDeclarationSyntax { AccessorList: { } list } && list.Accessors.All(static a => a.Body is null && a.ExpressionBody is null);
        if (!isStored)
            return "";

        ITypeSymbol type = member is IFieldSymbol typed ? typed.Type : ((IPropertySymbol)member).Type;
        Optional<object?> constant = initializer is null ? new Optional<object?>(null) : model.GetConstantValue(initializer.Value);
        return constant.HasValue ? Show(type, constant.Value) : "";
    }

    private static string Show(ITypeSymbol type, object? value)
    {
        if (type.SpecialType == SpecialType.System_Boolean)
            return value is true ? "on" : "off";
        if (type.TypeKind == TypeKind.Enum)
        {
            decimal number = Convert.ToDecimal(value ?? 0, CultureInfo.InvariantCulture);
            IFieldSymbol? named = type.GetMembers().OfType<IFieldSymbol>()
                .FirstOrDefault(field => field.HasConstantValue && Convert.ToDecimal(field.ConstantValue, CultureInfo.InvariantCulture) == number);
            return named is null ? "" : ValueReader.Spell(named.Name);
        }
        return NumberRange.TryOf(type, out _) ? Convert.ToString(value ?? 0, CultureInfo.InvariantCulture)! : "";
    }
}
