// Looks whether a tool is there, and which.
using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Commence.Machine;

namespace Commence.Cli.Host;

/// <summary>What was found of a tool.</summary>
/// <param name="Tool">The tool.</param>
/// <param name="Path">Where it is; null if it is not.</param>
/// <param name="Version">Its version, as far as it tells.</param>
/// <param name="Fault">Why it will not do; null if it will.</param>
internal sealed partial record ToolState(Tool Tool, string? Path, string Version, string? Fault)
{
    internal bool IsGood => Fault is null;

    /// <summary>Looks for <paramref name="tool"/>.</summary>
    internal static ToolState Look(Tool tool)
    {
        string? path = Find(tool.Name);
        if (path is null)
            return new ToolState(tool, null, "", "missing");
        if (tool == Tool.Busybox)
            return LookAtBusybox(path);

        string version = VersionText().Match(OutputOf(path, "--version")).Value;
        if (tool.VersionMin > 0 && (!int.TryParse(version.Split('.')[0], out int major) || major < tool.VersionMin))
            return new ToolState(tool, path, version, $"too old: {tool.VersionMin} or newer is needed");
        return new ToolState(tool, path, version, null);
    }

    /// <summary>Looks whether <paramref name="tool"/> is there, without asking its version where any will do.</summary>
    internal static bool IsThere(Tool tool) =>
        tool.VersionMin == 0 && tool != Tool.Busybox ? Find(tool.Name) is not null : Look(tool).IsGood;

    /// <summary>Whether a command is to be found.</summary>
    internal static bool IsOnPath(string command) => Find(command) is not null;

    private static ToolState LookAtBusybox(string path)
    {
        string version = VersionText().Match(OutputOf(path, "--help")).Value;
        return new ToolState(Tool.Busybox, path, version, ElfFile.IsDynamic(path) ? "not static" : null);
    }

    private static string? Find(string name)
    {
        if (System.IO.Path.IsPathRooted(name))
            return File.Exists(name) ? name : null;
        string[] directories = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return directories.Select(directory => System.IO.Path.Combine(directory, name)).FirstOrDefault(File.Exists);
    }

    private static string OutputOf(string path, string argument)
    {
        try
        {
            ProcessStartInfo start = new(path, [argument]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return output;
        }
        catch (Win32Exception error)
        {
            return error.Message;
        }
    }

    [GeneratedRegex(@"\d+\.\d+(\.\d+)?")]
    private static partial Regex VersionText();
}
