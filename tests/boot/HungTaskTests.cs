// What the kernel says of a task that sleeps for too long: its name, where it sleeps; and that this can be fatal, and set.
using System;
using System.Linq;
using System.IO;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Records;
using Xunit;

namespace Commence.BootTests;

public sealed class HungTaskTests
{
    private static readonly MachineSpec s_testMachine = Kernel.Machine with { Kernel = Path.Combine(Path.GetDirectoryName(Kernel.Image)!, "commence-tests.elf") };

    private static Task<MachineResult> HangAsync(string append) => Kernel.BootAsync(s_testMachine with
    {
        Cpus = 2,
        CommandLine = $"ktest.initcall=hung initcall.parallel=0 sysctl.kernel.hung_task_timeout_secs=1 commence.tests=NoTestHasThisName {append}",
    });

    [Fact]
    public async Task AHungTaskIsNamedWithItsCallers()
    {
        MachineResult result = await HangAsync("");

        int at = result.ConsoleLines.ToList().FindIndex(static line => line.Contains("INFO: task init:1 blocked for more than ", StringComparison.Ordinal));
        Assert.True(at >= 0, Kernel.Describe(result));
        Assert.True(result.ConsoleLines.Skip(at).Any(static line => line.Contains("BadInitcall.Hang", StringComparison.Ordinal)), Kernel.Describe(result));
        Assert.Contains(result.Records, static record => record is TestsDoneRecord { Failed: 0 });
    }

    [Fact]
    public async Task AHungTaskCanBeFatal() => Kernel.AssertRefused(await HangAsync("hung_task_panic=1"), "INFO: task init:1 blocked", "hung_task: blocked tasks");

    [Fact]
    public async Task TheSettingsCanBeReadAndWritten()
    {
        const string Script = """
            mount -t proc none /proc; cd /proc/sys/kernel; cat hung_task_panic hung_task_check_interval_secs hung_task_timeout_secs hung_task_warnings
            echo 7 > hung_task_timeout_secs; echo -1 > hung_task_warnings; echo 2 > hung_task_panic || echo refused
            cat hung_task_panic hung_task_check_interval_secs hung_task_timeout_secs hung_task_warnings
            """;
        MachineResult result = await Kernel.RunAsync("/bin/busybox", ["sh", "-c", Script], Kernel.Machine with { CommandLine = "quiet" });

        string[] lines = [.. result.ConsoleLines.Where(static line => line.Length > 0)];
        Assert.Equal(["0", "0", "120", "10"], lines[..4]);
        Assert.Contains("refused", lines);
        Assert.Equal(["0", "0", "7", "-1"], lines[^5..^1]); // the last one is the power-off
        Kernel.AssertExited(0, result);
    }
}
