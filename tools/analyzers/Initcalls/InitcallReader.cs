// Reads initcalls: from the source of this assembly, and from the records that referenced assemblies carry.
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace Commence.Analyzers.Initcalls;

internal static class InitcallReader
{
    /// <summary>Reads one marked method.</summary>
    public static InitcallReading Read(IMethodSymbol method, AttributeData mark, Compilation compilation)
    {
        Place place = Place.Of(method);
        if (WhyNot(method, mark, compilation) is { } why)
            return new InitcallReading(null, new Finding(InitcallRules.Shape, place, method.Short(), why));

        string call = $"{method.ContainingType.Full()}.{method.Name}();";
        string body = method.ReturnsVoid ? $"{call} return global::{Names.Errno}.None;" : $"return {call}";
        return new InitcallReading(
            new InitcallModel(
                (int)mark.ConstructorArguments[0].Value!, method.Short(), method.ContainingType.Plain(), method.Name,
                Thunk: "", body, new EquatableArray<Edge>(EdgesOf(method, mark)), place, PartOf(mark)),
            null);
    }

    /// <summary>Reads the records of all referenced assemblies, those that refer to no other first.</summary>
    public static EquatableArray<InitcallModel> ReadReferences(Compilation compilation)
    {
        // Where the annotations are part of this very compilation, no reference can have used them.
        IAssemblySymbol? library = compilation.GetTypeByMetadataName(Names.InitcallRecord)?.ContainingAssembly;
        if (library is null || SymbolEqualityComparer.Default.Equals(library, compilation.Assembly))
            return EquatableArray<InitcallModel>.Empty;

        List<IAssemblySymbol> users = compilation.SourceModule.ReferencedAssemblySymbols
            .Where(assembly => References(assembly, library.Name)).ToList();
        return new EquatableArray<InitcallModel>(
            users.OrderBy(assembly => users.Count(other => References(assembly, other.Name)))
                .ThenBy(static assembly => assembly.Name, System.StringComparer.Ordinal)
                .SelectMany(static assembly => assembly.GetAttributes())
                .Where(static mark => mark.AttributeClass?.Plain() == Names.InitcallRecord)
                .Select(FromRecord));
    }

    private static bool References(IAssemblySymbol assembly, string name) =>
        assembly.Modules.Any(module => module.ReferencedAssemblies.Any(reference => reference.Name == name));

    private static InitcallModel FromRecord(AttributeData record)
    {
        string Text(int index) => (string)record.ConstructorArguments[index].Value!;
        string name = Text(1);
        return new InitcallModel(
            (int)record.ConstructorArguments[0].Value!, name, Text(2), name.Substring(name.LastIndexOf('.') + 1),
            Text(3), Body: "", Edge.DecodeAll(Text(4)), Place: null, Text(5));
    }

    private static string PartOf(AttributeData mark) =>
        mark.NamedArguments.FirstOrDefault(static named => named.Key == "Part").Value is { IsNull: false, Value: string part } ? part : "";

    private static string? WhyNot(IMethodSymbol method, AttributeData mark, Compilation compilation)
    {
        if (!method.IsStatic || method.MethodKind != MethodKind.Ordinary)
            return "be static";
        if (method.IsGenericMethod || method.ContainingType.IsGenericType)
            return "not be generic";
        if (method.Parameters.Length > 0)
            return "have no parameters";
        if (method.IsAsync || (!method.ReturnsVoid && method.ReturnType.Plain() != Names.Errno))
            return "return void or Errno";
        if (mark.ConstructorArguments[0].Value is not int level || level < 0 || level >= Levels.Names.Length)
            return "name a level of InitcallLevel";
        if (PartOf(mark).IndexOfAny(['"', '\\', ';', ',', ' ']) >= 0)
            return "name a part of letters, digits and dashes";
        return compilation.CanSee(method) ? null : "be internal or public";
    }

    private static IEnumerable<Edge> EdgesOf(IMethodSymbol method, AttributeData mark)
    {
        foreach (KeyValuePair<string, TypedConstant> named in mark.NamedArguments)
        {
            if (named.Value.Kind != TypedConstantKind.Array || named.Value.IsNull)
                continue;
            foreach (TypedConstant type in named.Value.Values)
            {
                if (type.Value is ITypeSymbol target)
                    yield return new Edge(named.Key == "Before", TargetKind.Type, target.Plain(), "", IsOptional: false);
            }
        }
        foreach (AttributeData after in method.GetAttributes().Where(static mark => mark.AttributeClass?.Plain() == Names.RunsAfter))
        {
            bool isOptional = after.NamedArguments.Any(static named => named is { Key: "IsOptional", Value.Value: true });
            ImmutableArray<TypedConstant> words = after.ConstructorArguments;
            if (words.Length == 2 && words[0].Value is ITypeSymbol type && words[1].Value is string ofType)
                yield return new Edge(IsBefore: false, TargetKind.Method, type.Plain(), ofType, isOptional);
            else if (words.Length == 1 && words[0].Value is string name)
                yield return new Edge(IsBefore: false, TargetKind.Name, "", name, isOptional);
        }
    }
}
