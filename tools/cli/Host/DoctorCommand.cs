// ./commence doctor: what this host has, what it lacks and how to get it.
using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using Spectre.Console;

namespace Commence.Cli.Host;

/// <summary>Examines the host.</summary>
internal static class DoctorCommand
{
    internal static Command Create()
    {
        Command command = new("doctor", "Say what this host has and what it lacks");
        command.SetAction(static (_, _) => ExamineAsync());
        return command;
    }

    private static async Task<int> ExamineAsync()
    {
        HostCommand sdk = await HostCommand.RunAsync(["dotnet", "--version"], directory: Repository.Root);
        bool isX64 = RuntimeInformation.OSArchitecture == Architecture.X64;
        IReadOnlyList<ToolState> states = [.. Tool.All.Select(ToolState.Look)];
        string image = Repository.KernelImage("x64");

        Table table = new Table().Border(TableBorder.None).AddColumns("", "what", "version", "for");
        AddRow(table, isX64, "host", $"{RuntimeInformation.OSArchitecture}, {OsRelease.Read().PrettyName}", "runs the compiler");
        AddRow(table, sdk.Status == 0, "dotnet", sdk.Status == 0 ? sdk.Output.Trim() : "no SDK that global.json accepts", "builds everything");
        foreach (ToolState state in states)
            AddRow(table, state.IsGood, state.Tool.Name, Describe(state), state.Tool.Purpose, Tool.Optional.Contains(state.Tool));
        table.AddRow("", "kernel image", File.Exists(image) ? $"{new FileInfo(image).Length / 1024} KiB" : "not built yet", "./commence build");
        Say.Open(Console.Out, Console.IsOutputRedirected).Write(table);

        List<Tool> missing = [.. states.Where(static state => !state.IsGood).Select(static state => state.Tool)];
        if (missing.Count > 0)
            Console.WriteLine($"\nTo install what is missing (./commence run does it by itself where it may):\n\n{await Installer.ScriptForAsync(missing)}");
        if (!isX64)
            Console.WriteLine("\nThe kernel's compiler is set up for x64 hosts only.");
        return missing.All(Tool.Optional.Contains) && isX64 && sdk.Status == 0 ? ExitStatus.Success : ExitStatus.HostIncomplete;
    }

    private static void AddRow(Table table, bool isGood, string what, string version, string purpose, bool isOptional = false) =>
        table.AddRow(isGood ? "[green]ok[/]" : isOptional ? "[yellow]no[/]" : "[red]--[/]", Markup.Escape(what), Markup.Escape(version), Markup.Escape(purpose));

    private static string Describe(ToolState state) =>
        state.Fault is null ? state.Version : state.Version.Length > 0 ? $"{state.Version}, {state.Fault}" : state.Fault;
}
