// The order of the boot: each step tells the record line, and here is the list that they must follow.
using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Records;
using Xunit;

namespace Commence.BootTests;

public sealed class BootOrderTests
{
    // The boot processor's steps, then pid 1's.
    private static readonly string[] s_order =
    [
        "setup_arch", "kmem_cache_init", "mem_init", "kmem_cache_sizes_init", "paging_init", "setup_per_cpu_areas", "time_init", "sched_init",
        "workqueue_init_early", "trap_init", "local_irq_enable", "calibrate_delay", "check_bugs", "fork_init",
        "workqueue_init", "do_pre_smp_initcalls", "lockup_detector_init", "smp_init", "padata_init", "rootfs", "do_basic_setup", "free_initmem",
        "console_on_rootfs", "run_init",
    ];

    [Theory]
    [InlineData(1, "")]
    [InlineData(4, "")]
    [InlineData(4, "smp.bringup=serial initcall.parallel=0")]
    public async Task EachStepComesInItsPlace(int cpus, string append)
    {
        MachineResult result = await Kernel.RunAsync("/bin/true", [], Kernel.Machine with { Cpus = cpus, CommandLine = append });

        Kernel.AssertExited(0, result);
        StepRecord[] steps = [.. result.RecordsOf<StepRecord>()];
        Assert.Equal(s_order, steps.Select(static step => step.Name));
        Assert.Equal(steps.OrderBy(static step => step.Ns), steps);
        Assert.All(steps.TakeWhile(static step => step.Name != "workqueue_init"), static step => Assert.Equal(0, step.Cpu));
    }

    [Fact]
    public void TheWalkThroughNamesEachStep()
    {
        string document = File.ReadAllText(Path.Combine(Kernel.Root, "docs", "boot.md"));

        Assert.All(s_order, step => Assert.Contains($"`{step}`", document, StringComparison.Ordinal));
    }

    // The walk-through may not point at what is no longer there.
    [Fact]
    public void TheWalkThroughNamesFilesAndTestsThatExist()
    {
        string document = File.ReadAllText(Path.Combine(Kernel.Root, "docs", "boot.md"));
        ILookup<string, string> files = new[] { "src", "tests" }
            .SelectMany(static folder => Directory.EnumerateFiles(Path.Combine(Kernel.Root, folder), "*", SearchOption.AllDirectories))
            .ToLookup(static path => Path.GetFileName(path)!);

        Match[] sources = Regex.Matches(document, @"`([A-Z][\w.]*\.(?:cs|S))`").ToArray();
        Match[] tests = Regex.Matches(document, @"`(\w+Tests)\.(\w+)`").ToArray();
        Assert.True(sources.Length > 50 && tests.Length > 30, $"{sources.Length} files, {tests.Length} tests");
        Assert.All(sources, source => Assert.True(files.Contains(source.Groups[1].Value), $"there is no {source.Value}"));
        Assert.All(tests, test => Assert.True(
            files[test.Groups[1].Value + ".cs"].Any(path => Regex.IsMatch(File.ReadAllText(path), $@"\b{test.Groups[2].Value}\(")),
            $"there is no test {test.Value}"));
    }
}
