// What runs in a machine, whichever way it gets there.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Commence.Cli.Build;
using Commence.Cli.Host;
using Commence.Machine;

namespace Commence.Cli.Run;

/// <summary>A kernel, its file system and its first program, as the user asked for them.</summary>
internal record Payload
{
    internal required string Arch { get; init; }
    internal required string Kernel { get; init; }
    internal bool IsBuilt { get; init; }
    internal bool IsVerbose { get; init; }
    internal string? Rootfs { get; init; }
    internal string? Initrd { get; init; }
    internal required string Append { get; init; }
    internal bool IsQuiet { get; init; }
    internal bool IsInteractive { get; init; }

    /// <summary>The program and its arguments; empty for a shell.</summary>
    internal required IReadOnlyList<string> Command { get; init; }

    /// <summary>Installs what is needed, with <paramref name="further"/>, and builds the kernel.</summary>
    internal async Task PrepareAsync(IEnumerable<Tool> further, CancellationToken stop)
    {
        bool needsBusybox = Rootfs is null && Initrd is null;
        await Installer.EnsureAsync([
            .. IsBuilt ? Tool.ForBuild : [],
            .. needsBusybox ? (Tool[])[Tool.Busybox] : [],
            .. further,
        ]);
        if (IsBuilt)
            await Builder.BuildAsync(BuildTarget.KernelImage(Arch), IsVerbose, stop);
    }

    /// <summary>The kernel's command line.</summary>
    /// <param name="files">The file system that the program is in.</param>
    /// <remarks>Fails: throws <see cref="CommandException"/> for what it cannot say.</remarks>
    internal string CommandLine(RootFileSystem files)
    {
        List<string> parameters = [Append];
        if (IsQuiet)
            parameters.Insert(0, "quiet");
        // The kernel hands variables on its command line to the first program.
        if (IsInteractive && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } terminal)
            parameters.Insert(0, $"TERM={terminal}");
        string append = string.Join(' ', parameters).TrimEnd();
        try
        {
            return KernelCommandLine.ForProgram(files.Command[0], append, [.. files.Command.Skip(1)]);
        }
        catch (ArgumentException error)
        {
            throw new CommandException(ExitStatus.BadRequest, error.Message);
        }
    }

    /// <summary>How many MiB the kernel and its file system take in memory.</summary>
    internal double SizeMiB(RootFileSystem files) =>
        (ElfFile.LoadEnd(Kernel) + (ulong)new FileInfo(files.ArchivePath).Length) / 1048576.0;
}
