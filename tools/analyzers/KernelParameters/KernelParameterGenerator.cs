// Collects what is marked [KernelParameter], assembly by assembly, and makes the table where all parts meet.
//
//   lib ◀── arch, base, kernel, drivers: setters + records ◀── image, [assembly: CompositionRoot]: KernelParameterTable
using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace Commence.Analyzers.KernelParameters;

/// <summary>The generator of the table of kernel parameters.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class KernelParameterGenerator : IIncrementalGenerator
{
    /// <summary>What does not depend on single members.</summary>
    private sealed record Surroundings(string Assembly, bool IsRoot, EquatableArray<ParameterModel> Below);

    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValueProvider<ImmutableArray<ParameterReading>> readings = context.SyntaxProvider.ForAttributeWithMetadataName(
            Names.KernelParameter,
            static (_, _) => true,
            static (marked, _) => new EquatableArray<ParameterReading>(KernelParameterReader.Read(marked.TargetSymbol, marked.Attributes, marked.SemanticModel)))
            .SelectMany(static (all, _) => all)
            .Collect();

        IncrementalValueProvider<bool> isRoot = context.SyntaxProvider.ForAttributeWithMetadataName(
            Names.CompositionRoot, static (_, _) => true, static (_, _) => true).Collect().Select(static (all, _) => all.Length > 0);

        // The references are read only where the answer matters: most assemblies have no parameters.
        IncrementalValueProvider<Surroundings?> surroundings = readings.Select(static (all, _) => all.Length > 0)
            .Combine(isRoot)
            .Combine(context.CompilationProvider)
            .Select(static (known, _) => known.Left.Left || known.Left.Right
                ? new Surroundings(known.Right.AssemblyName ?? "Unnamed", known.Left.Right, KernelParameterReader.ReadReferences(known.Right))
                : null);

        IncrementalValueProvider<string> root = context.AnalyzerConfigOptionsProvider.Select(static (options, _) =>
            options.GlobalOptions.TryGetValue("build_property.RepositoryRoot", out string? path) ? path : "");

        context.RegisterSourceOutput(readings.Combine(surroundings).Combine(root), static (output, known) =>
        {
            if (known.Left.Right is not null)
                Emit(output, known.Left.Left, known.Left.Right, known.Right);
        });
    }

    private static void Emit(SourceProductionContext output, ImmutableArray<ParameterReading> readings, Surroundings around, string root)
    {
        foreach (ParameterReading reading in readings)
        {
            if (reading.Finding is not null)
                output.ReportDiagnostic(reading.Finding.ToDiagnostic());
        }

        IEnumerable<ParameterModel> sources = readings.Where(static reading => reading.Parameter is not null).Select(static reading => reading.Parameter!)
            .OrderBy(static parameter => parameter.Place!.Path, StringComparer.Ordinal).ThenBy(static parameter => parameter.Place!.Span.Start);
        List<ParameterModel> own = KernelParameterEmitter.Complete(sources, around.Assembly, root);

        List<ParameterModel> all = Distinct(output, around.Below.Concat(own));
        if (own.Count > 0)
            output.AddSource("KernelParameters.g.cs", KernelParameterEmitter.Records(own, around.Assembly));
        if (around.IsRoot)
            output.AddSource("KernelParameterTable.g.cs", KernelParameterEmitter.Table(all));
    }

    // Those of each name once, in the order of names; the others are reported.
    private static List<ParameterModel> Distinct(SourceProductionContext output, IEnumerable<ParameterModel> parameters)
    {
        var distinct = new List<ParameterModel>();
        foreach (IGrouping<string, ParameterModel> same in parameters.GroupBy(static parameter => parameter.Name))
        {
            ParameterModel first = same.First();
            distinct.Add(first);
            foreach (ParameterModel other in same.Skip(1))
                output.ReportDiagnostic(new Finding(KernelParameterRules.Duplicate, other.Place, other.Name, first.Member, other.Member).ToDiagnostic());
        }
        distinct.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return distinct;
    }
}
