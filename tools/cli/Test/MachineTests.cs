// The tests that run inside the machine: boots the test image and reads their results from the record line.
using System;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Commence.Cli.Build;
using Commence.Machine;
using Commence.Machine.Records;

namespace Commence.Cli.Test;

/// <summary>The in-machine tests.</summary>
internal sealed class MachineTests(string arch, int cpus) : ITestPart
{
    private const int ConsoleLinesShown = 30;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    private readonly BuildTarget _image = BuildTarget.TestImage(arch);
    private string _running = "";

    public string Name => $"in-machine tests, {cpus} {(cpus == 1 ? "processor" : "processors")}";

    public bool IsSlow => false;

    internal string Project => _image.Project;

    public Task BuildAsync(CancellationToken stop) => Builder.BuildAsync(_image, isVerbose: false, stop);

    public async Task RunAsync(string filter, Action<string> onStart, Action<TestResult> onResult, CancellationToken stop)
    {
        MachineSpec spec = new()
        {
            Kernel = _image.Output,
            Cpus = cpus,
            CommandLine = filter.Length > 0 ? KernelCommandLine.Quote($"commence.tests={filter}") : "",
        };
        VirtualMachine machine = new(spec) { OnRecord = record => Hear(record, onStart, onResult) };
        MachineResult result = await machine.RunAsync(s_limit, stop);
        stop.ThrowIfCancellationRequested();

        string logPath = Path.Combine(Repository.Logs, $"machine-tests-{cpus}.log");
        await File.WriteAllTextAsync(logPath, result.Console, stop);
        if (Fault(result) is string fault)
            throw new CommandException(ExitStatus.TestsFailed, $"{fault}\n{Tail(result)}\n(all of it: {Repository.Relative(logPath)})");
    }

    private void Hear(MachineRecord record, Action<string> onStart, Action<TestResult> onResult)
    {
        if (record is TestStartRecord start)
        {
            _running = start.Name;
            onStart(start.Name);
        }
        else if (record is TestRecord test)
        {
            _running = "";
            onResult(new TestResult(test.Name, Enum.Parse<TestVerdict>(test.Result, ignoreCase: true), test.Detail));
        }
    }

    // What is wrong with the run as a whole, beside tests that failed.
    private string? Fault(MachineResult result)
    {
        if (result.RecordErrors.Count > 0)
            return $"malformed line on the record line: {result.RecordErrors[0]}";
        TestsDoneRecord? done = result.RecordsOf<TestsDoneRecord>().LastOrDefault();
        if (done is null)
            return $"the machine ended before its tests did: {result.Outcome}{(_running.Length > 0 ? $" in {_running}" : "")} {result.PanicMessage}{result.EmulatorOutput}";
        int seen = result.RecordsOf<TestRecord>().Count;
        int told = done.Passed + done.Failed + done.Skipped;
        return seen == told ? null : $"the machine tells of {told} tests, but reported {seen}";
    }

    private static string Tail(MachineResult result) => string.Join('\n', result.ConsoleLines.TakeLast(ConsoleLinesShown));
}
