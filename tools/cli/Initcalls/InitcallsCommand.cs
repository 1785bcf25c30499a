// ./commence initcalls: what the kernel starts, in which order, and what needs what.
using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Commence.Cli.Build;
using Commence.Cli.Host;
using Commence.Machine.Initcalls;

namespace Commence.Cli.Initcalls;

/// <summary>Shows the table of initcalls that the build made.</summary>
internal static class InitcallsCommand
{
    internal static Command Create()
    {
        Option<string> arch = CommonOptions.Arch();
        Option<bool> graph = new("--graph") { Description = "Print a Mermaid flow chart" };
        Option<bool> write = new("--write") { Description = "Bring the chart in docs/initcalls.md up to date" };
        Command command = new("initcalls", "Show the kernel's initcalls, their order and needs") { arch, graph, write };
        command.SetAction((parsed, stop) =>
            ShowAsync(parsed.GetValue(arch)!, parsed.GetValue(graph), parsed.GetValue(write), stop));
        return command;
    }

    private static async Task<int> ShowAsync(string arch, bool isGraph, bool isWrite, CancellationToken stop)
    {
        await Installer.EnsureAsync(Tool.ForBuild);
        await Builder.BuildAsync(BuildTarget.KernelImage(arch), isVerbose: false, stop);
        IReadOnlyList<InitcallEntry> entries = InitcallTableFile.Read(Repository.Assembly("Commence.Image", "Commence.Image"));
        if (isWrite)
            await WriteAsync(entries, stop);
        else
            Console.Write(isGraph ? InitcallGraph.ToMermaid(entries) : InitcallGraph.ToText(entries));
        return ExitStatus.Success;
    }

    private static async Task WriteAsync(IReadOnlyList<InitcallEntry> entries, CancellationToken stop)
    {
        string path = Path.Combine(Repository.Root, "docs", "initcalls.md");
        string document = await File.ReadAllTextAsync(path, stop);
        string updated = InitcallGraph.Replace(document, entries);
        if (updated == document)
            return;
        await File.WriteAllTextAsync(path, updated, stop);
        Say.Note($"wrote {Repository.Relative(path)}");
    }
}
