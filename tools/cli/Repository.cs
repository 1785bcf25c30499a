// Where things lie in the repository.
using System;
using System.IO;

namespace Commence.Cli;

/// <summary>The repository's paths.</summary>
internal static class Repository
{
    /// <summary>The directory that holds Commence.slnx.</summary>
    internal static string Root { get; } = FindRoot();

    internal static string Artifacts => Path.Combine(Root, "artifacts");

    internal static string Logs => Path.Combine(Artifacts, "logs");

    /// <summary>The kernel image of an architecture.</summary>
    internal static string KernelImage(string arch) => Path.Combine(Artifacts, "image", arch, "commence.elf");

    /// <summary>The kernel image with the in-machine tests.</summary>
    internal static string TestImage(string arch) => Path.Combine(Artifacts, "image", arch, "commence-tests.elf");

    /// <summary>The disc that boots the kernel.</summary>
    internal static string DiscImage(string arch) => Path.Combine(Artifacts, "image", arch, "commence.iso");

    /// <summary>The main assembly of a tool or test project, built for release.</summary>
    internal static string Assembly(string project, string assembly) =>
        Path.Combine(Artifacts, "bin", project, "release", assembly + ".dll");

    /// <summary>A path as a user at the root would write it.</summary>
    internal static string Relative(string path) => Path.GetRelativePath(Root, path);

    private static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Commence.slnx")))
                return directory.FullName;
        }
        throw new CommandException(ExitStatus.BadRequest, "this program does not lie in its repository");
    }
}
