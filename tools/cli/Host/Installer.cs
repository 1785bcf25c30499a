// Brings what is missing: as root, or through sudo where it asks for no password; otherwise says what to type.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

namespace Commence.Cli.Host;

/// <summary>Installs tools.</summary>
internal static class Installer
{
    /// <summary>Makes sure that <paramref name="tools"/> are there.</summary>
    /// <remarks>Fails: throws <see cref="CommandException"/> with what to do by hand.</remarks>
    internal static async Task EnsureAsync(IReadOnlyList<Tool> tools)
    {
        IReadOnlyList<Tool> missing = Missing(tools);
        if (missing.Count == 0)
            return;

        string names = Names(missing);
        if (!ToolState.IsOnPath("apt-get"))
            throw Incomplete($"missing: {names}; there is no apt-get here, so install them yourself (docs/install.md)");

        IReadOnlyList<string>? privilege = await FindPrivilegeAsync();
        if (privilege is null)
            throw Incomplete($"missing: {names}. Run this, then try again:\n\n{Script(await PlanAsync(missing))}");

        Say.Note($"installing what is missing: {names}");
        await CarryOutAsync([InstallStep.Update], privilege);
        InstallPlan plan = await PlanAsync(missing);
        if (plan.Problems.Count > 0)
            throw Incomplete(string.Join("\n", plan.Problems));
        await CarryOutAsync(plan.Steps, privilege);

        IReadOnlyList<Tool> still = Missing(tools);
        if (still.Count > 0)
            throw Incomplete($"installed, and still not right: {Names(still)}; see ./commence doctor");
    }

    /// <summary>Gives the commands that install <paramref name="missing"/>, for a person to type.</summary>
    internal static async Task<string> ScriptForAsync(IReadOnlyList<Tool> missing) => Script(await PlanAsync(missing));

    private static IReadOnlyList<Tool> Missing(IReadOnlyList<Tool> tools) => [.. tools.Where(static tool => !ToolState.IsThere(tool))];

    /// <returns>The words to put before a command; null if we may not install.</returns>
    private static async Task<IReadOnlyList<string>?> FindPrivilegeAsync()
    {
        if (Environment.IsPrivilegedProcess)
            return [];
        HostCommand sudo = await HostCommand.RunAsync(["sudo", "-n", "true"]);
        return sudo.Status == 0 ? ["sudo", "-n"] : null;
    }

    private static async Task<InstallPlan> PlanAsync(IReadOnlyList<Tool> missing)
    {
        // apt itself is in every release: no offer of it means that the package lists were never read.
        bool areListsKnown = (await OffersAsync("apt")).Count > 0;
        Dictionary<string, IReadOnlyList<PackageOffer>?> offers = [];
        foreach (Tool tool in missing)
            offers[tool.Packages[0]] = areListsKnown ? await OffersAsync(tool.Packages[0]) : null;
        return InstallPlan.Make(missing, OsRelease.Read(), AptSource.ReadAll(), package => offers[package]);
    }

    private static async Task<IReadOnlyList<PackageOffer>> OffersAsync(string package) =>
        PackageOffer.ParseMadison((await HostCommand.RunAsync(["apt-cache", "madison", package])).Output);

    private static async Task CarryOutAsync(IReadOnlyList<InstallStep> steps, IReadOnlyList<string> privilege)
    {
        foreach (InstallStep step in steps)
        {
            string[] command = [.. privilege, .. step.Unattended];
            HostCommand done = await Say.WhileAsync(step.Description, _ => HostCommand.RunAsync(command, step.Input));
            if (done.Status != 0)
                throw Incomplete($"`{string.Join(' ', command)}` failed with status {done.Status}:\n{Tail(done.Output)}");
        }
    }

    private static string Script(InstallPlan plan)
    {
        IEnumerable<string> lines = new InstallStep[] { InstallStep.Update }.Concat(plan.Steps).Select(static step => "  " + step.ToShell());
        IEnumerable<string> problems = plan.Problems.Select(static problem => "  # " + problem);
        return string.Join('\n', lines.Concat(problems));
    }

    private static CommandException Incomplete(string message) => new(ExitStatus.HostIncomplete, message);

    private static string Names(IEnumerable<Tool> tools) => string.Join(", ", tools.Select(static tool => tool.Name));

    private static string Tail(string output) => string.Join('\n', output.TrimEnd().Split('\n').TakeLast(15));
}
