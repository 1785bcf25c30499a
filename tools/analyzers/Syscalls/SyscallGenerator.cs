// Makes Commence.Syscalls.SyscallTable from the methods marked [Syscall]: dispatch by number, names for traces.
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace Commence.Analyzers.Syscalls;

/// <summary>The generator of the system call table.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class SyscallGenerator : IIncrementalGenerator
{
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<SyscallReading> readings = context.SyntaxProvider.ForAttributeWithMetadataName(
            Names.Syscall,
            static (_, _) => true,
            static (marked, _) => SyscallReader.Read((IMethodSymbol)marked.TargetSymbol, marked.Attributes[0], marked.SemanticModel.Compilation));

        IncrementalValueProvider<string> arch = context.AnalyzerConfigOptionsProvider.Select(static (options, _) =>
            options.GlobalOptions.TryGetValue("build_property.CommenceArch", out string? value) && value == "arm64" ? "arm64" : "x64");

        context.RegisterSourceOutput(readings.Collect().Combine(arch), static (output, pair) => Emit(output, pair.Left, pair.Right));
    }

    private static void Emit(SourceProductionContext output, ImmutableArray<SyscallReading> readings, string arch)
    {
        foreach (Finding finding in readings.SelectMany(static reading => reading.Findings))
            output.ReportDiagnostic(finding.ToDiagnostic());

        List<SyscallModel> calls = readings.Where(static reading => reading.Call is not null).Select(static reading => reading.Call!).ToList();
        calls.Sort(static (a, b) => Place.Compare(a.Place, b.Place));
        foreach (Finding finding in Clashes(calls))
            output.ReportDiagnostic(finding.ToDiagnostic());

        // With an error the table is still made of what is sound, so that the error is not buried under missing names.
        if (readings.Length > 0)
            output.AddSource("SyscallTable.g.cs", SyscallEmitter.Emit(OnePerNumber(calls, arch), arch));
    }

    private static IEnumerable<Finding> Clashes(List<SyscallModel> calls)
    {
        foreach (string arch in new[] { "x64", "arm64" })
        {
            foreach (IGrouping<int, SyscallModel> same in calls.Where(call => call.NumberOn(arch) >= 0).GroupBy(call => call.NumberOn(arch)))
            {
                SyscallModel first = same.First();
                foreach (SyscallModel other in same.Skip(1))
                    yield return new Finding(SyscallRules.DuplicateNumber, other.Place, same.Key.ToString(), arch, first.Method, other.Method);
            }
        }
        foreach (IGrouping<string, SyscallModel> same in calls.GroupBy(static call => call.Name))
        {
            foreach (SyscallModel other in same.Skip(1))
                yield return new Finding(SyscallRules.Name, other.Place, other.Name, $"is already that of '{same.First().Method}'");
        }
    }

    private static List<SyscallModel> OnePerNumber(List<SyscallModel> calls, string arch) =>
        calls.Where(call => call.NumberOn(arch) >= 0)
            .GroupBy(call => call.NumberOn(arch)).Select(static same => same.First())
            .GroupBy(static call => call.Name).Select(static same => same.First())
            .OrderBy(call => call.NumberOn(arch))
            .ToList();
}
