// docs/parameters.md says what the kernel's assemblies declare.
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Commence.Cli;
using Commence.Cli.Parameters;
using Xunit;

namespace Commence.ToolTests;

public class ParameterTests
{
    private static readonly IReadOnlyList<ParameterRecord> s_all =
        ParameterRecord.ReadAll(Path.GetDirectoryName(Repository.Assembly("Commence.Image", "Commence.Image"))!);

    [Fact]
    public void ThePageListsWhatIsDeclared()
    {
        string[] page = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "parameters.md"));
        string[] declared = HelpParametersCommand.Markdown(s_all).TrimEnd('\n').Split('\n');
        Assert.True(
            page.SequenceEqual(declared),
            $"docs/parameters.md is stale: ./commence help-params --markdown > docs/parameters.md\n"
            + string.Join('\n', page.Except(declared).Select(static line => "- " + line).Concat(declared.Except(page).Select(static line => "+ " + line))));
    }

    [Fact]
    public void ReadsAllOfADeclaration()
    {
        ParameterRecord cpus = s_all.Single(static parameter => parameter.Name == "nr_cpus");

        Assert.Equal(("number", "1..1024", "1024", true), (cpus.Kind, cpus.Values, cpus.Default, cpus.Early));
        Assert.Equal("src/kernel/Init/ProcessorTable.cs", cpus.Source);
        Assert.True(File.Exists(Path.Combine(Repository.Root, cpus.Source)));
    }

    [Fact]
    public void ParametersOfEveryLayerAreThere()
    {
        Assert.Contains(s_all, static parameter => parameter.Source.StartsWith("src/base/", System.StringComparison.Ordinal));
        Assert.Contains(s_all, static parameter => parameter.Source.StartsWith("src/kernel/", System.StringComparison.Ordinal));
        Assert.Contains(s_all, static parameter => parameter.Source.StartsWith("src/image/", System.StringComparison.Ordinal));
        Assert.Equal(s_all.Count, s_all.Select(static parameter => parameter.Name).Distinct().Count());
    }
}
