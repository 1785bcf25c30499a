// Builds a target with dotnet, unless nothing has changed since its last good build.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Commence.Machine;

namespace Commence.Cli.Build;

/// <summary>Builds targets.</summary>
internal static partial class Builder
{
    private const int ErrorsShownMax = 20;

    /// <summary>Builds <paramref name="target"/> if it needs it.</summary>
    /// <param name="target">What to build.</param>
    /// <param name="isVerbose">Show everything that dotnet prints.</param>
    /// <param name="stop">Gives the build up.</param>
    /// <remarks>Fails: throws <see cref="CommandException"/> with the compiler's errors.</remarks>
    internal static async Task BuildAsync(BuildTarget target, bool isVerbose, CancellationToken stop)
    {
        if (!File.Exists(target.ProjectPath))
            throw new CommandException(ExitStatus.BuildFailed, $"cannot build {target.Name}: there is no {target.Project}");

        Directory.CreateDirectory(Repository.Logs);
        using FileStream buildLock = await LockAsync(stop);
        string stampPath = Path.Combine(Repository.Logs, Path.GetFileNameWithoutExtension(target.Project) + ".stamp");
        string before = Fingerprint.Of(target.Inputs);
        if (File.Exists(stampPath) && await File.ReadAllTextAsync(stampPath, stop) == before + Fingerprint.Of([target.Output]))
            return;

        long begin = Stopwatch.GetTimestamp();
        await Say.WhileAsync($"building {target.Name}", progress => RunDotnetAsync(target, isVerbose, progress, stop));
        if (!File.Exists(target.Output))
            throw new CommandException(ExitStatus.BuildFailed, $"{target.Project} was built and made no {Repository.Relative(target.Output)}");

        await File.WriteAllTextAsync(stampPath, before + Fingerprint.Of([target.Output]), stop);
        Say.Note($"built {target.Name} in {Stopwatch.GetElapsedTime(begin).TotalSeconds:F1} s");
    }

    // One build at a time in a working tree: dotnet's builds of the same projects would trip over each other.
    private static async Task<FileStream> LockAsync(CancellationToken stop)
    {
        string path = Path.Combine(Repository.Logs, "build.lock");
        for (bool isFirst = true; ; isFirst = false)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (!stop.IsCancellationRequested)
            {
                if (isFirst)
                    Say.Note("waiting for another build in this working tree");
                await Task.Delay(200, stop);
            }
        }
    }

    private static async Task<bool> RunDotnetAsync(BuildTarget target, bool isVerbose, Action<string> progress, CancellationToken stop)
    {
        using ChildProcess dotnet = ChildProcess.Start(
            "dotnet",
            ["build", target.ProjectPath, "-c", "Release", "--nologo", "-v:minimal", "-clp:NoSummary", "-tl:off", "-nodeReuse:false"],
            Repository.Root,
            line => Hear(line, isVerbose, progress));
        int status = await dotnet.Exited.WaitAsync(stop);

        string logPath = Path.Combine(Repository.Logs, Path.GetFileNameWithoutExtension(target.Project) + ".log");
        await File.WriteAllTextAsync(logPath, dotnet.Output, stop);
        if (status != 0)
            throw new CommandException(ExitStatus.BuildFailed, Explain(target, dotnet.Output, logPath));
        return true;
    }

    private static void Hear(string line, bool isVerbose, Action<string> progress)
    {
        if (isVerbose)
            Console.Error.WriteLine(line);
        else if (ProjectDone().Match(line) is { Success: true } done)
            progress(done.Groups[1].Value);
    }

    private static string Explain(BuildTarget target, string output, string logPath)
    {
        List<string> errors = [.. output.Split('\n')
            .Where(static line => line.Contains(": error ", StringComparison.Ordinal) || line.StartsWith("error ", StringComparison.Ordinal))
            .Select(static line => ProjectSuffix().Replace(line.Trim(), "").Replace(Repository.Root + "/", ""))
            .Distinct()];
        if (errors.Count == 0)
            errors = [.. output.TrimEnd().Split('\n').TakeLast(ErrorsShownMax)];

        IEnumerable<string> shown = errors.Take(ErrorsShownMax);
        string more = errors.Count > ErrorsShownMax ? $"\n  … and {errors.Count - ErrorsShownMax} more" : "";
        return $"building {target.Name} failed (all of it: {Repository.Relative(logPath)})\n  {string.Join("\n  ", shown)}{more}";
    }

    // "  Commence.Kernel -> /…/Commence.Kernel.dll"
    [GeneratedRegex(@"^\s*(\S+) -> ")]
    private static partial Regex ProjectDone();

    // The project that dotnet names at the end of each error.
    [GeneratedRegex(@" \[[^\]]+proj\]$")]
    private static partial Regex ProjectSuffix();
}
