// What can be built, what each reads and what it makes.
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Commence.Cli.Build;

/// <summary>A project to build.</summary>
/// <param name="Name">What it is called to the user.</param>
/// <param name="Project">Its project file, from the root.</param>
/// <param name="Output">The file it makes.</param>
/// <param name="Sources">The directories it reads, from the root.</param>
internal sealed record BuildTarget(string Name, string Project, string Output, IReadOnlyList<string> Sources)
{
    // These settle how every project is built.
    private static readonly string[] s_common = ["Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig"];

    // The compiler loads the analyzers, the link runs the image tool.
    private static readonly string[] s_imageSources = ["src", "tools/analyzers", "tools/imagetool"];

    internal static BuildTarget KernelImage(string arch) =>
        new("the kernel image", "src/image/Commence.Image.csproj", Repository.KernelImage(arch), s_imageSources);

    internal static BuildTarget TestImage(string arch) =>
        new("the test image", "tests/kernel/Commence.KernelTests.csproj", Repository.TestImage(arch), [.. s_imageSources, "tests/kernel"]);

    /// <summary>A test project that runs on the host, in <c>tests/</c>.</summary>
    internal static BuildTarget Tests(string directory, string project, params string[] furtherSources) =>
        new(project, $"tests/{directory}/{project}.csproj", Repository.Assembly(project, project), [$"tests/{directory}", .. furtherSources]);

    /// <summary>Everything that decides whether a build is needed.</summary>
    internal IEnumerable<string> Inputs => Sources.Concat(s_common).Append(Project).Select(path => Path.Combine(Repository.Root, path));

    internal string ProjectPath => Path.Combine(Repository.Root, Project);
}
