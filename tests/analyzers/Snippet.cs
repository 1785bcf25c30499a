// Compiles a piece of source together with the real annotations and a few stand-ins for kernel types, and runs a generator or
// an analyzer over it.
using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Commence.Analyzers.Tests;

/// <summary>Sources to compile, with the build properties that generators and analyzers read.</summary>
internal sealed class Snippet
{
    // The kernel's vocabulary, as small as the rules need it.
    private const string Prelude = """
        namespace Commence
        {
            public enum Errno { None = 0, EPERM = 1, ENOENT = 2, EFAULT = 14, EINVAL = 22, ENOSYS = 38 }

            public readonly struct Result<T>
            {
                private Result(T value, Errno error) { Value = value; Error = error; }
                public T Value { get; }
                public Errno Error { get; }
                public bool IsOk => Error == Errno.None;
                public static implicit operator Result<T>(T value) => new(value, Errno.None);
                public static implicit operator Result<T>(Errno error) => new(default!, error);
            }

            public readonly struct UserAddr
            {
                private readonly ulong _value;
                public UserAddr(ulong value) => _value = value;
                public ulong Value => _value;
                public static explicit operator UserAddr(ulong value) => new(value);
            }

            public readonly struct UserPtr<T> where T : unmanaged
            {
                public UserPtr(UserAddr address) => Address = address;
                public UserAddr Address { get; }
            }

            public readonly struct FileDescriptor
            {
                private readonly int _value;
                private FileDescriptor(int value) => _value = value;
                public int Value => _value;
                public static explicit operator FileDescriptor(int value) => new(value);
            }
        }
        """;

    private static readonly CSharpParseOptions s_parse = new(LanguageVersion.Preview);

    private static readonly ImmutableArray<MetadataReference> s_platform =
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
        .Where(static path => Path.GetFileName(path) is "System.Private.CoreLib.dll" or "System.Runtime.dll" or "System.Threading.dll" or "System.Linq.dll" or "System.Collections.dll")
        .Select(static path => (MetadataReference)MetadataReference.CreateFromFile(path))
        .ToImmutableArray();

    /// <summary>The assembly with the annotations and the vocabulary.</summary>
    internal static readonly byte[] LibraryImage =
        Image(new Snippet("Commence.Lib", Annotations().Append(("Prelude.cs", Prelude)), []).Compilation);

    private static readonly MetadataReference s_library = MetadataReference.CreateFromImage(LibraryImage);

    private readonly ImmutableArray<MetadataReference> _references;
    private readonly Dictionary<string, string> _properties = new() { ["build_property.CommenceKernelRules"] = "true" };

    private Snippet(string assembly, IEnumerable<(string Path, string Text)> files, ImmutableArray<MetadataReference> references)
    {
        _references = references;
        Compilation = CSharpCompilation.Create(
            assembly,
            files.Select(static file => CSharpSyntaxTree.ParseText(file.Text, s_parse, file.Path)),
            s_platform.AddRange(references),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
    }

    public CSharpCompilation Compilation { get; }

    /// <summary>One file of an assembly above the library that has the annotations.</summary>
    public static Snippet Of(string source) => Files("Commence.Kernel", ("Test.cs", source));

    /// <summary>Several files of an assembly with a given name.</summary>
    public static Snippet Files(string assembly, params (string Path, string Text)[] files) => new(assembly, files, [s_library]);

    /// <summary>The same with a reference to other assemblies.</summary>
    public Snippet Above(params MetadataReference[] below) => new(
        Compilation.AssemblyName!,
        Compilation.SyntaxTrees.Select(static tree => (tree.FilePath, tree.ToString())),
        _references.AddRange(below));

    /// <summary>The same with a build property set.</summary>
    public Snippet With(string property, string value)
    {
        _properties["build_property." + property] = value;
        return this;
    }

    /// <summary>This assembly, compiled, as a reference for another.</summary>
    public MetadataReference Reference() => MetadataReference.CreateFromImage(Image(Compilation));

    /// <summary>Runs a generator.</summary>
    public Generated Generate(params IIncrementalGenerator[] generators)
    {
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            generators.Select(static generator => generator.AsSourceGenerator()), parseOptions: s_parse, optionsProvider: new Options(_properties));
        driver = driver.RunGeneratorsAndUpdateCompilation(Compilation, out Compilation output, out ImmutableArray<Diagnostic> diagnostics);
        return new Generated((CSharpCompilation)output, diagnostics, driver.GetRunResult());
    }

    /// <summary>Runs an analyzer; the source itself must be free of compile errors.</summary>
    /// <returns>One line per diagnostic: "id line: message".</returns>
    public async Task<string[]> Analyze(DiagnosticAnalyzer analyzer)
    {
        Diagnostic[] broken = [.. Compilation.GetDiagnostics().Where(static d => d.Severity == DiagnosticSeverity.Error)];
        if (broken.Length > 0)
            throw new InvalidOperationException(string.Join('\n', broken.Select(static d => d.ToString())));
        var options = new CompilationWithAnalyzersOptions(
            new AnalyzerOptions([], new Options(_properties)),
            onAnalyzerException: static (e, _, _) => throw new InvalidOperationException("analyzer failed", e),
            concurrentAnalysis: true, logAnalyzerExecutionTime: false);
        ImmutableArray<Diagnostic> found = await Compilation.WithAnalyzers([analyzer], options).GetAnalyzerDiagnosticsAsync();
        return Lines(found);
    }

    internal static string[] Lines(IEnumerable<Diagnostic> diagnostics) =>
        [.. diagnostics.OrderBy(static d => d.Location.GetLineSpan().Path, StringComparer.Ordinal).ThenBy(static d => d.Location.SourceSpan.Start)
            .Select(static d => $"{d.Id} {d.Location.GetLineSpan().StartLinePosition.Line + 1}: {d.GetMessage()}")];

    internal static byte[] Image(CSharpCompilation compilation)
    {
        using var stream = new MemoryStream();
        Microsoft.CodeAnalysis.Emit.EmitResult result = compilation.Emit(stream);
        if (!result.Success)
            throw new InvalidOperationException(string.Join('\n', result.Diagnostics) + "\n" + string.Join("\n---\n", compilation.SyntaxTrees.Skip(1)));
        return stream.ToArray();
    }

    private static IEnumerable<(string Path, string Text)> Annotations()
    {
        Assembly here = typeof(Snippet).Assembly;
        foreach (string name in here.GetManifestResourceNames().Where(static name => name.StartsWith("annotations/", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(here.GetManifestResourceStream(name)!);
            yield return (name, reader.ReadToEnd());
        }
    }

    private sealed class Options(Dictionary<string, string> properties) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Values(properties);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;

        private sealed class Values(Dictionary<string, string> properties) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, out string value) => properties.TryGetValue(key, out value!);
        }
    }
}

/// <summary>What generators made of a snippet.</summary>
internal sealed class Generated(CSharpCompilation compilation, ImmutableArray<Diagnostic> diagnostics, GeneratorDriverRunResult result)
{
    /// <summary>The generators' own diagnostics, "id line: message".</summary>
    public string[] Findings => Snippet.Lines(diagnostics);

    /// <summary>The compiler's errors in the snippet with what was generated.</summary>
    public string[] Errors => Snippet.Lines(compilation.GetDiagnostics().Where(static d => d.Severity == DiagnosticSeverity.Error));

    /// <summary>The text of a generated file, or null.</summary>
    public string? this[string file] =>
        result.GeneratedTrees.Where(tree => Path.GetFileName(tree.FilePath) == file).Select(static tree => tree.ToString()).SingleOrDefault();

    public MetadataReference Reference() => MetadataReference.CreateFromImage(Image());

    public byte[] Image() => Snippet.Image(compilation);

    /// <summary>Loads the result, with the images of assemblies that it refers to, and calls a static method.</summary>
    public object? Call(string type, string method, object?[]? arguments = null, params byte[][] below)
    {
        var context = new AssemblyLoadContext(null);
        foreach (byte[] image in below.Append(Snippet.LibraryImage))
            context.LoadFromStream(new MemoryStream(image));
        Assembly assembly = context.LoadFromStream(new MemoryStream(Image()));
        return assembly.GetType(type, throwOnError: true)!.GetMethod(method, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!
            .Invoke(null, arguments);
    }
}
