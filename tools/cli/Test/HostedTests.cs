// Tests that are an xunit.v3 program: the unit tests, the analyzers', the tools' and, booting machines, the boot tests.
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Commence.Cli.Build;
using Commence.Machine;

namespace Commence.Cli.Test;

/// <summary>An xunit.v3 test program.</summary>
/// <param name="name">What it is called to the user.</param>
/// <param name="targets">What to build first; the last one is the program.</param>
/// <param name="isSlow">Whether each test is worth a line.</param>
/// <param name="only">Arguments that choose some of the program's tests: the kernel under test has state of its own, and what
/// replaces its memory runs in a process of its own.</param>
internal sealed class HostedTests(
    string name, IReadOnlyList<BuildTarget> targets, bool isSlow = false, IReadOnlyList<string>? only = null) : ITestPart
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    // How long no test may begin or end. The longest slow test boots fifty machines.
    private readonly TimeSpan _quietMax = TimeSpan.FromMinutes(isSlow ? 20 : 3);

    public string Name => name;

    public bool IsSlow => isSlow;

    internal string Project => targets[^1].Project;

    public async Task BuildAsync(CancellationToken stop)
    {
        foreach (BuildTarget target in targets)
            await Builder.BuildAsync(target, isVerbose: false, stop);
    }

    public async Task RunAsync(string filter, Action<string> onStart, Action<TestResult> onResult, CancellationToken stop)
    {
        XunitListener listener = new(onStart, onResult);
        string[] selection = filter.Length > 0 ? [.. only ?? [], "-method", $"*{filter}*"] : [.. only ?? []];
        using ChildProcess program = ChildProcess.Start(
            "dotnet", [targets[^1].Output, "-noColor", "-reporter", "json", .. selection], Repository.Root, listener.Hear);
        while (await Task.WhenAny(program.Exited, Task.Delay(s_look, stop)) != program.Exited)
        {
            stop.ThrowIfCancellationRequested();
            if (listener.Quiet > _quietMax)
                throw new CommandException(
                    ExitStatus.TestsFailed, $"nothing has ended for {_quietMax.TotalMinutes} minutes; running: {string.Join(", ", listener.Running)}");
        }
        int status = await program.Exited;
        if (!listener.HasFinished)
            throw new CommandException(
                ExitStatus.TestsFailed, $"the test program ended early with status {status}\n{string.Join('\n', listener.OtherLines)}");
    }
}
