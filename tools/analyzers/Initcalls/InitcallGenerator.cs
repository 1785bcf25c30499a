// Collects the methods marked [Initcall], assembly by assembly, and sorts them where all parts meet.
//
//   lib ◀── kernel: its calls + records ◀── drivers: theirs + records ◀── image, [assembly: CompositionRoot]: InitcallTable
//
// Each assembly is also checked by itself against those below it, so that an error shows where it was made.
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Commence.Analyzers.Initcalls;

/// <summary>The generator of the initcall table.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class InitcallGenerator : IIncrementalGenerator
{
    /// <summary>What does not depend on single methods.</summary>
    private sealed record Surroundings(string Assembly, bool IsRoot, EquatableArray<InitcallModel> Below, EquatableArray<string> Without);

    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<InitcallReading> readings = context.SyntaxProvider.ForAttributeWithMetadataName(
            Names.Initcall,
            static (_, _) => true,
            static (marked, _) => InitcallReader.Read((IMethodSymbol)marked.TargetSymbol, marked.Attributes[0], marked.SemanticModel.Compilation));

        IncrementalValuesProvider<bool> roots = context.SyntaxProvider.ForAttributeWithMetadataName(
            Names.CompositionRoot, static (_, _) => true, static (_, _) => true);

        // The references are read only where the answer matters: most assemblies have no initcalls.
        IncrementalValueProvider<Surroundings?> surroundings = readings.Collect().Select(static (all, _) => all.Length > 0)
            .Combine(roots.Collect().Select(static (all, _) => all.Length > 0))
            .Combine(context.CompilationProvider.Combine(context.AnalyzerConfigOptionsProvider.Select(static (options, _) => LeftOut(options))))
            .Select(static (known, _) => known.Left.Left || known.Left.Right
                ? new Surroundings(known.Right.Left.AssemblyName ?? "Unnamed", IsRoot: known.Left.Right,
                    InitcallReader.ReadReferences(known.Right.Left), known.Right.Right)
                : null);

        IncrementalValuesProvider<Finding> strays = context.SyntaxProvider.ForAttributeWithMetadataName(
            Names.RunsAfter,
            static (_, _) => true,
            static (marked, _) => marked.TargetSymbol.GetAttributes().Any(static mark => mark.AttributeClass?.Plain() == Names.Initcall)
                ? null
                : new Finding(InitcallRules.NoInitcall, Place.Of(marked.TargetSymbol), ((IMethodSymbol)marked.TargetSymbol).Short()))
            .Where(static finding => finding is not null)!;

        context.RegisterSourceOutput(readings.Collect().Combine(surroundings), static (output, pair) =>
        {
            if (pair.Right is not null)
                Emit(output, pair.Left, pair.Right);
        });
        context.RegisterSourceOutput(strays, static (output, finding) => output.ReportDiagnostic(finding.ToDiagnostic()));
    }

    // Names separated by ';', ',' or spaces, as people write them on a command line.
    private static EquatableArray<string> LeftOut(AnalyzerConfigOptionsProvider options) =>
        new(options.GlobalOptions.TryGetValue("build_property.CommenceWithout", out string? names)
            ? names.Split([';', ',', ' '], System.StringSplitOptions.RemoveEmptyEntries)
            : []);

    private static void Emit(SourceProductionContext output, ImmutableArray<InitcallReading> readings, Surroundings around)
    {
        foreach (InitcallReading reading in readings)
        {
            if (reading.Finding is not null)
                output.ReportDiagnostic(reading.Finding.ToDiagnostic());
        }

        List<InitcallModel> own = readings.Where(static reading => reading.Call is not null).Select(static reading => reading.Call!).ToList();
        own.Sort(static (a, b) => Place.Compare(a.Place!, b.Place!));
        own = InitcallEmitter.NameThunks(own, around.Assembly);

        List<InitcallModel> all = around.Below.Concat(own).ToList();
        (List<PlacedCall> order, List<Finding> findings) = around.IsRoot
            ? InitcallOrder.SortWithout(all, around.Without.ToList())
            : InitcallOrder.Sort(all, isWhole: false);
        foreach (Finding finding in findings)
            output.ReportDiagnostic(finding.ToDiagnostic());

        if (own.Count > 0)
            output.AddSource("Initcalls.g.cs", InitcallEmitter.Records(own, around.Assembly));
        if (around.IsRoot)
            output.AddSource("InitcallTable.g.cs", InitcallEmitter.Table(order));
    }
}
