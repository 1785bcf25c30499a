// ./commence test: all parts, one after the other, and one line at the end that sums them up.
using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Commence.Cli.Build;
using Commence.Cli.Host;

namespace Commence.Cli.Test;

/// <summary>Runs the tests.</summary>
internal static class TestCommand
{
    private const string Arch = "x64";

    private const string AddressSpaces = "Commence.Tests.Mm";

    private static readonly BuildTarget s_unitTests =
        BuildTarget.Tests("unit", "Commence.UnitTests", "src", "tests/fixtures", "tools/analyzers");

    private static readonly HostedTests[] s_unitParts =
    [
        new HostedTests("unit tests", [s_unitTests], only: ["-namespace-", AddressSpaces]),
        new HostedTests("address space tests", [s_unitTests], only: ["-namespace", AddressSpaces]),
        new HostedTests("analyzer tests",
            [BuildTarget.Tests("analyzers", "Commence.Analyzers.Tests", "tools/analyzers", "src/lib/Annotations", "src/lib/Numbers", "docs/kernel-rules.md")]),
        new HostedTests("image tool tests",
            [BuildTarget.KernelImage(Arch), BuildTarget.Tests("imagetool", "Commence.ImageTool.Tests", "tools/imagetool", "src/lib/Symbols")]),
        new HostedTests("tool tests",
            [BuildTarget.KernelImage(Arch), BuildTarget.Tests("tools", "Commence.ToolTests", "tools/cli", "tools/machine")]),
    ];

    private static readonly MachineTests s_machineTests = new(Arch, cpus: 4);

    private static readonly HostedTests s_bootTests = new(
        "boot tests",
        [BuildTarget.KernelImage(Arch), BuildTarget.Tests("boot", "Commence.BootTests", "tools/machine", "tools/cli", "tests/fixtures")],
        isSlow: true);

    /// <summary>The projects whose tests run, from the root.</summary>
    internal static IEnumerable<string> Projects =>
        s_unitParts.Append(s_bootTests).Select(static part => part.Project).Append(s_machineTests.Project).Distinct();

    internal static Command Create()
    {
        Option<bool> unit = new("--unit") { Description = "Only the tests that need no machine" };
        Option<string> filter = new("--filter") { Description = "Only tests whose name contains this", HelpName = "TEXT", DefaultValueFactory = static _ => "" };
        Command command = new("test", "Run the tests") { unit, filter };
        command.SetAction((parsed, stop) => TestAsync(parsed.GetValue(unit), parsed.GetValue(filter)!, stop));
        return command;
    }

    private static async Task<int> TestAsync(bool isUnitOnly, string filter, CancellationToken stop)
    {
        // The image tool's tests assemble and link small images.
        await Installer.EnsureAsync(isUnitOnly ? Tool.ForBuild : Tool.All);

        TestTally sum = default;
        foreach (ITestPart part in isUnitOnly ? s_unitParts : (ITestPart[])[.. s_unitParts, s_machineTests, s_bootTests])
            sum += await RunPartAsync(part, filter, stop);

        if (sum.Total == 0)
        {
            Say.Error(filter.Length > 0 ? $"no test's name contains '{filter}'" : "there are no tests");
            sum = sum with { Failed = 1 };
        }
        Console.WriteLine(sum);
        return sum.Failed == 0 ? ExitStatus.Success : ExitStatus.TestsFailed;
    }

    private static async Task<TestTally> RunPartAsync(ITestPart part, string filter, CancellationToken stop)
    {
        TestProgress progress = new(part);
        try
        {
            await part.BuildAsync(stop);
            await Say.WhileAsync($"running the {part.Name}", async show =>
            {
                await part.RunAsync(filter, test => show(progress.Describe(test)), progress.Add, stop);
                return true;
            });
        }
        catch (CommandException error)
        {
            // A part that cannot run has failed.
            progress.Add(new TestResult(part.Name, TestVerdict.Failed, error.Message));
        }
        if (filter.Length == 0 && progress.Tally.Total == 0)
            progress.Add(new TestResult(part.Name, TestVerdict.Failed, "it has no tests"));
        Say.Note($"{part.Name}: {progress.Tally}");
        return progress.Tally;
    }
}
