// What a failing kernel says: the message, the processor, the method with its file and line; and that the others are silent
// afterwards. The failures are those of tests/kernel/Panics/Scenarios.cs, where a mark shows each one's line.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Records;
using Xunit;

namespace Commence.BootTests;

public sealed class PanicTests
{
    private const string Source = "tests/kernel/Panics/Scenarios.cs";
    private const string Begin = "Kernel panic - not syncing: ";
    private const string End = "---[ end Kernel panic - not syncing: ";

    private static readonly string s_image = Path.Combine(Path.GetDirectoryName(Kernel.Image)!, "commence-tests.elf");

    [Theory]
    [InlineData("index-out-of-range", "IndexOutOfRange", "index out of range")]
    [InlineData("overflow", "Overflow", "arithmetic overflow")]
    [InlineData("divide", "Divide", "divide error")]
    [InlineData("null", "Null", "null reference: read of 0x0000000000000008, which is not mapped")]
    [InlineData("cast", "Cast", "invalid cast")]
    [InlineData("bug", "FailedAssertion", "kernel BUG in FailedAssertion, line {line}: answer != 42")]
    [InlineData("message", "Message", "the answer is 7")]
    [InlineData("page-fault", "PageFault", "page fault in the kernel: write to 0xfffff00000001230, which is not mapped")]
    [InlineData("stack-overflow", "StackOverflow", "kernel stack overflow")]
    [InlineData("lock-twice", "LockTwice", "kernel BUG in Wait")]
    [InlineData("sleep-under-lock", "SleepUnderLock", "kernel BUG in MightSleep")]
    [InlineData("check", "CheckUnderLock", "CheckUnderLock:{line}: s_arrived is 0, expected 1")]
    public async Task AFailureIsReportedWithItsPlace(string scenario, string method, string message)
    {
        int line = LineOf(scenario);
        MachineResult result = await BootAsync($"ktest.panic={scenario}", cpus: 2);

        AssertReport(result, message.Replace("{line}", line.ToString()), cpu: null); // pid 1 may have moved
        string place = $"Commence.Testing.Scenarios.{method}+0x";
        Assert.True(Trace(result).Any(call => call.Contains(place) && call.EndsWith($"({Source}:{line})")), $"the trace does not name {method}, line {line}\n{Kernel.Describe(result)}");
    }

    [Theory]
    [InlineData("write-to-text", "page fault in the kernel: write to ", ", which is not allowed")]
    [InlineData("run-data", "page fault in the kernel: execution of ", ", which is not allowed")]
    [InlineData("double-fault", "double fault", "")]
    [InlineData("timer", "kernel BUG in OnExpired", "")]
    public async Task AFailureIsReportedWithWhatItIs(string scenario, string begin, string end)
    {
        MachineResult result = await BootAsync($"ktest.panic={scenario}", cpus: 2);

        AssertReport(result, begin, cpu: null);
        Assert.EndsWith(end, result.PanicMessage);
    }

    [Theory]
    [InlineData("bug", 0)]
    [InlineData("bug", 3)]
    [InlineData("stack-overflow", 2)]
    [InlineData("divide", 1)]
    public async Task TheOtherProcessorsPrintNothingMore(string scenario, int cpu)
    {
        MachineResult result = await BootAsync($"ktest.panic={scenario} ktest.cpu={cpu} ktest.noise", cpus: 4);

        AssertReport(result, "", cpu);
        Assert.Contains("noise of CPU", result.Console);
        Assert.DoesNotContain("noise of CPU", AfterPanic(result));
    }

    [Theory]
    [InlineData("all-at-once")]
    [InlineData("all-at-once ktest.noise")]
    [InlineData("interrupts-off")]
    public async Task OneReportComesOfSeveralProcessors(string scenario)
    {
        MachineResult result = await BootAsync($"ktest.panic={scenario}", cpus: 4);

        AssertReport(result, "", cpu: null);
        Assert.Single(result.RecordsOf<PanicRecord>());
        Assert.DoesNotContain("panic inside a panic", result.Console);
    }

    private static Task<MachineResult> BootAsync(string commandLine, int cpus) =>
        Kernel.BootAsync(new MachineSpec { Kernel = s_image, Cpus = cpus, CommandLine = commandLine });

    // One report, from its first line to its last, and the same on the record line.
    private static void AssertReport(MachineResult result, string message, int? cpu)
    {
        string why = Kernel.Describe(result);
        Assert.True(result.Outcome == Outcome.Panicked, $"expected a panic\n{why}");
        Assert.True(result.RecordErrors.Count == 0, why);
        PanicRecord record = Assert.Single(result.RecordsOf<PanicRecord>());
        Assert.StartsWith(message, record.Message);
        Assert.Equal(cpu ?? record.Cpu, record.Cpu);

        string[] begins = [.. result.ConsoleLines.Where(static line => line.Contains(Begin) && !line.Contains(End))];
        Assert.True(begins.Length == 1, why);
        Assert.EndsWith(Begin + record.Message, begins[0]);
        Assert.True(result.ConsoleLines[^1].EndsWith($"{End}{record.Message} ]---"), why);
        Assert.Contains($"] CPU: {record.Cpu}", AfterPanic(result));
        Assert.Contains("RIP: ffffffff8", AfterPanic(result));
    }

    private static string AfterPanic(MachineResult result) => result.Console[result.Console.IndexOf(Begin, StringComparison.Ordinal)..];

    private static IEnumerable<string> Trace(MachineResult result) =>
        result.ConsoleLines.SkipWhile(static line => !line.EndsWith("Call trace:")).Skip(1).Where(static line => !line.Contains(End));

    private static int LineOf(string scenario) =>
        Array.FindIndex(File.ReadAllLines(Path.Combine(Kernel.Root, Source)), line => line.EndsWith($"// here: {scenario}")) + 1;
}
