// The rules as a whole: ids, titles, and the page that describes them.
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Xunit;

namespace Commence.Analyzers.Tests;

public class RulesTests
{
    private static readonly DiagnosticDescriptor[] s_rules =
        [.. typeof(Rule).Assembly.GetTypes()
            .SelectMany(static type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(static field => field.FieldType == typeof(DiagnosticDescriptor))
            .Select(static field => (DiagnosticDescriptor)field.GetValue(null)!)];

    [Fact]
    public void EachHasAnIdOfItsOwnAndIsAnError()
    {
        Assert.NotEmpty(s_rules);
        Assert.Equal(s_rules.Length, s_rules.Select(static rule => rule.Id).Distinct().Count());
        Assert.All(s_rules, static rule => Assert.Matches("^CMN[0-9]{4}$", rule.Id));
        Assert.All(s_rules, static rule => Assert.Equal(DiagnosticSeverity.Error, rule.DefaultSeverity));
    }

    [Fact]
    public void ThePageDescribesEachOfThemAndNoOther()
    {
        using var reader = new StreamReader(typeof(RulesTests).Assembly.GetManifestResourceStream("kernel-rules.md")!);
        string page = reader.ReadToEnd();
        var described = new SortedDictionary<string, string>(
            Regex.Matches(page, @"^### (CMN\d{4})\n\*\*([^*]+)\.\*\*", RegexOptions.Multiline)
                .ToDictionary(static match => match.Groups[1].Value, static match => match.Groups[2].Value));

        Assert.Equal(new SortedDictionary<string, string>(s_rules.ToDictionary(static rule => rule.Id, static rule => rule.Title.ToString())), described);
    }

    [Fact]
    public void EachAnalyzerIsOneForCSharp() =>
        Assert.All(
            typeof(Rule).Assembly.GetTypes().Where(static type => typeof(DiagnosticAnalyzer).IsAssignableFrom(type) && !type.IsAbstract),
            static type => Assert.Equal([LanguageNames.CSharp], type.GetCustomAttribute<DiagnosticAnalyzerAttribute>()!.Languages));
}
