// The kernel's initcalls in a real boot: the order, in parallel and not, what is said of bad ones, and the graph in the docs.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Initcalls;
using Commence.Machine.Records;
using Xunit;

namespace Commence.BootTests;

public sealed class InitcallTests
{
    private static readonly MachineSpec s_testMachine = Kernel.Machine with { Kernel = Path.Combine(Path.GetDirectoryName(Kernel.Image)!, "commence-tests.elf") };

    private static IReadOnlyList<InitcallEntry> Table { get; } =
        InitcallTableFile.Read(Path.Combine(Kernel.Root, "artifacts", "bin", "Commence.Image", "release", "Commence.Image.dll"));

    [Theory]
    [InlineData(1, "")]
    [InlineData(4, "")]
    [InlineData(4, "initcall.parallel=0")]
    [InlineData(16, "")]
    public async Task EachRunsOnceAfterWhatItNeeds(int cpus, string append)
    {
        MachineResult result = await Kernel.RunAsync("/bin/true", [], Kernel.Machine with { Cpus = cpus, CommandLine = append });

        Kernel.AssertExited(0, result);
        Dictionary<string, InitcallRecord> ran = result.Records.OfType<InitcallRecord>().ToDictionary(static record => record.Name);
        Assert.Equal(Table.Select(static entry => entry.Name).Order(), ran.Keys.Order());
        foreach (InitcallEntry entry in Table)
        {
            Assert.Equal(entry.Level, ran[entry.Name].Level);
            Assert.Equal(0, ran[entry.Name].Result);
            foreach (string after in entry.After)
                Assert.True(ran[after].End <= ran[entry.Name].Start, $"{entry.Name} began before {after} had ended");
        }

        List<string> levels = [.. Table.Select(static entry => entry.Level).Distinct()];
        foreach ((string first, string second) in levels.Zip(levels.Skip(1)))
        {
            Assert.True(
                ran.Values.Where(record => record.Level == first).Max(static record => record.End)
                    <= ran.Values.Where(record => record.Level == second).Min(static record => record.Start),
                $"{second} began before {first} had ended");
        }

        if (append.Length > 0) // one after the other: the table's own order
            Assert.Equal(Table.Select(static entry => entry.Name), result.Records.OfType<InitcallRecord>().Select(static record => record.Name));
    }

    // Each succeeds only if the others begin while it waits. One processor is enough for that.
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task ThoseThatWaitDoSoAtTheSameTime(int cpus)
    {
        foreach (InitcallRecord record in await RunWaitingAsync("ktest.initcall=meet", cpus))
            Assert.True(record.Result == 0, $"{record.Name} waited in vain: {record.Result}");
    }

    [Fact]
    public async Task OneAfterTheOtherTheyWaitOneAfterTheOther()
    {
        InitcallRecord[] ran = await RunWaitingAsync("ktest.initcall=wait initcall.parallel=0", cpus: 4);

        foreach ((InitcallRecord first, InitcallRecord second) in ran.Zip(ran.Skip(1)))
            Assert.True(first.End <= second.Start, $"{second.Name} began at {second.Start} ns, before {first.Name} had ended at {first.End} ns");
    }

    [Fact]
    public async Task DebugNamesEachWithItsProcessorAndDuration()
    {
        MachineResult result = await Kernel.RunAsync("/bin/true", [], Kernel.Machine with { Cpus = 4, CommandLine = "initcall_debug ignore_loglevel" });

        Kernel.AssertExited(0, result);
        foreach (InitcallEntry entry in Table)
        {
            Assert.Contains(result.ConsoleLines, line => line.Contains($"calling  {entry.Name} @ ", StringComparison.Ordinal));
            Assert.Contains(result.ConsoleLines, line => line.Contains($"initcall {entry.Name} returned 0 after ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task ABlacklistedOneIsPassedOverAndAnUnknownNameIsRefused()
    {
        MachineResult result = await Kernel.RunAsync(
            "/bin/busybox", ["cat", "/proc/version"],
            Kernel.Machine with { CommandLine = "initcall_blacklist=ProcType.Register,No.Such" });

        Assert.Contains(result.ConsoleLines, static line => line.EndsWith("initcall ProcType.Register blacklisted", StringComparison.Ordinal));
        Assert.Contains(result.ConsoleLines, static line => line.EndsWith("initcall_blacklist: this kernel has no initcall 'No.Such'", StringComparison.Ordinal));
        Kernel.AssertExited(1, result); // there is no /proc
    }

    [Theory]
    [InlineData("fail", "initcall BadInitcall.Misbehave failed: error -5 (EIO)")]
    [InlineData("irq", "initcall BadInitcall.Misbehave returned with disabled interrupts")]
    [InlineData("preempt", "initcall BadInitcall.Misbehave returned with preemption imbalance")]
    [InlineData("lock", "initcall BadInitcall.Misbehave returned with a lock held")]
    [InlineData("slow", "initcall BadInitcall.Misbehave has not returned for ")]
    [InlineData("lockup", "watchdog: BUG: soft lockup - CPU#")]
    public async Task ABadOneIsNamedAndTheBootGoesOn(string how, string expected)
    {
        MachineResult result = await Kernel.BootAsync(s_testMachine with
        {
            Cpus = 4,
            CommandLine = $"ktest.initcall={how} initcall.bound=1 watchdog_thresh=1 commence.tests=NoTestHasThisName",
        });

        Assert.Contains(result.ConsoleLines, line => line.Contains(expected, StringComparison.Ordinal));
        Assert.Contains(result.Records, static record => record is TestsDoneRecord { Failed: 0 });
    }

    // What became of the test image's calls that wait, in the order of their ends.
    private static async Task<InitcallRecord[]> RunWaitingAsync(string append, int cpus)
    {
        MachineResult result = await Kernel.BootAsync(s_testMachine with { Cpus = cpus, CommandLine = $"{append} commence.tests=NoTestHasThisName" });

        Assert.Contains(result.Records, static record => record is TestsDoneRecord { Failed: 0 });
        InitcallRecord[] ran = [.. result.Records.OfType<InitcallRecord>().Where(static record => record.Name.StartsWith("WaitingInitcalls.", StringComparison.Ordinal))];
        Assert.Equal(3, ran.Length);
        return ran;
    }

    [Fact]
    public void TheGraphInTheDocsIsThatOfTheTable()
    {
        string document = File.ReadAllText(Path.Combine(Kernel.Root, "docs", "initcalls.md"));

        Assert.True(document == InitcallGraph.Replace(document, Table), "docs/initcalls.md is out of date: ./commence initcalls --write");
    }
}
