// What holds for every generator: the same output from the same sources in any order, and no work where nothing changed.
using System.Linq;
using Commence.Analyzers.Initcalls;
using Commence.Analyzers.KernelParameters;
using Commence.Analyzers.KernelTests;
using Commence.Analyzers.Syscalls;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Commence.Analyzers.Tests;

public class GeneratorTests
{
    private static readonly (string Path, string Text)[] s_files =
    [
        ("a.cs", """
            using Commence;
            [assembly: CompositionRoot]
            static class A
            {
                [Syscall("read", x64: 0)] internal static long Read(int fd) => fd;
                [KernelTest] internal static void Tests() { }
                [Initcall(InitcallLevel.Fs)] internal static void Start() { }
                [KernelParameter("a.size", IsSize = true, Help = "how much")] internal static ulong Size = 4096;
            }
            """),
        ("b.cs", """
            using Commence;
            static class B
            {
                [Syscall("write", x64: 1)] internal static long Write(int fd) => fd;
                [KernelTest] internal static void Tests() { }
                [Initcall(InitcallLevel.Fs)] internal static void Start() { }
                [KernelParameter("b", Help = "whether")] internal static bool IsOn;
            }
            """),
        ("c.cs", "static class C { static int F() => 1; }"),
    ];

    private static readonly string[] s_outputs = ["SyscallTable.g.cs", "KernelTestTable.g.cs", "Initcalls.g.cs", "InitcallTable.g.cs", "KernelParameters.g.cs", "KernelParameterTable.g.cs"];

    private static IIncrementalGenerator[] All => [new SyscallGenerator(), new KernelTestGenerator(), new InitcallGenerator(), new KernelParameterGenerator()];

    [Fact]
    public void TheOrderOfFilesOnTheCommandLineDoesNotMatter()
    {
        Generated forward = Snippet.Files("Commence.Kernel", s_files).Generate(All);
        Generated backward = Snippet.Files("Commence.Kernel", [.. s_files.Reverse()]).Generate(All);

        Assert.Empty(forward.Errors);
        Assert.All(s_outputs, file => Assert.NotNull(forward[file]));
        Assert.All(s_outputs, file => Assert.Equal(forward[file], backward[file]));
    }

    [Fact]
    public void AChangeElsewhereMakesNothingAnew()
    {
        CSharpCompilation before = Snippet.Files("Commence.Kernel", s_files).Compilation;
        SyntaxTree other = before.SyntaxTrees.Single(static tree => tree.FilePath == "c.cs");
        CSharpCompilation after = before.ReplaceSyntaxTree(
            other, CSharpSyntaxTree.ParseText("static class C { static int F() => 2; }", (CSharpParseOptions)other.Options, "c.cs", cancellationToken: TestContext.Current.CancellationToken));

        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            All.Select(static generator => generator.AsSourceGenerator()), parseOptions: (CSharpParseOptions)other.Options,
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        driver = driver.RunGenerators(before, TestContext.Current.CancellationToken).RunGenerators(after, TestContext.Current.CancellationToken);

        Assert.All(
            driver.GetRunResult().Results.SelectMany(static result => result.TrackedOutputSteps.Values).SelectMany(static steps => steps)
                .SelectMany(static step => step.Outputs),
            static output => Assert.True(output.Reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, output.Reason.ToString()));
    }
}
