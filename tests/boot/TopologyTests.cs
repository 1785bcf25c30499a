// Where processors sit, which caches and nodes they have, and what is known of their weaknesses: read by a program from /sys, and
// compared with what the machine was told to be.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Commence.Machine;
using Xunit;

namespace Commence.BootTests;

public sealed class TopologyTests
{
    // Prints "path:line" for each file.
    private static async Task<Dictionary<string, string>> ReadAsync(MachineSpec machine, string files, int cpus, Action<MachineResult>? check = null)
    {
        MachineResult result = await Kernel.RunAsync("/bin/sh", ["-c", $"mount -t sysfs sysfs /sys && cd /sys/devices/system && grep . {files} /dev/null"], machine);
        Kernel.AssertExited(0, result);
        ProcessorTests.AssertAllOnline(result, cpus);
        check?.Invoke(result);
        return result.ConsoleLines.Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2 && parts[0].Contains('/') && !parts[0].Contains(' '))
            .GroupBy(parts => parts[0]).ToDictionary(group => group.Key, group => string.Join('\n', group.Select(parts => parts[1].Trim())));
    }

    private static MachineSpec Machine(string smp, string model, int cpus, params string[] extra) =>
        Kernel.Machine with { Cpus = cpus, CpuModel = model, ExtraArguments = ["-smp", smp, .. extra] };

    [Theory]
    [InlineData("max", "8,sockets=2,cores=2,threads=2", 2, 1, 2, 2)]
    [InlineData("EPYC", "8,sockets=2,cores=2,threads=2", 2, 1, 2, 2)]
    [InlineData("SapphireRapids", "8,sockets=2,dies=2,cores=2,threads=1", 2, 2, 2, 1)]
    public async Task ProcessorsSitWhereTheyWerePut(string model, string smp, int packages, int dies, int cores, int threads)
    {
        Dictionary<string, string> files = await ReadAsync(Machine(smp, model, 8), "cpu/cpu*/topology/* cpu/cpu*/online", 8, result =>
            Assert.Contains($"CPU topo: Max. logical packages: {packages,3}", result.Console));
        int perDie = cores * threads;
        int perPackage = dies * perDie;
        for (int cpu = 0; cpu < 8; cpu++)
        {
            string topology = $"cpu/cpu{cpu}/topology";
            Assert.Equal("1", files[$"cpu/cpu{cpu}/online"]);
            Assert.Equal($"{cpu / perPackage}", files[$"{topology}/physical_package_id"]);
            Assert.Equal($"{cpu / perDie}", files[$"{topology}/die_id"]);
            Assert.Equal($"{cpu % perPackage / threads}", files[$"{topology}/core_id"]);
            foreach (string name in (string[])["thread_siblings", "core_cpus"])
                AssertSet(files, $"{topology}/{name}", cpu / threads * threads, threads);
            foreach (string name in (string[])["core_siblings", "package_cpus"])
                AssertSet(files, $"{topology}/{name}", cpu / perPackage * perPackage, perPackage);
            AssertSet(files, $"{topology}/die_cpus", cpu / perDie * perDie, perDie);
        }
    }

    private static void AssertSet(Dictionary<string, string> files, string path, int first, int count)
    {
        Assert.Equal(count == 1 ? $"{first}" : $"{first}-{first + count - 1}", files[path + "_list"]);
        Assert.Equal($"{((1 << count) - 1) << first:x2}", files[path]);
    }

    [Fact]
    public async Task CachesAreThoseOfTheModel()
    {
        Dictionary<string, string> files = await ReadAsync(
            Machine("4,sockets=2,cores=1,threads=2", "EPYC", 4), "cpu/cpu3/cache/index*/*", 4);
        Assert.Equal(("1", "Data", "32K", "2-3"), Cache(0));
        Assert.Equal(("1", "Instruction", "64K", "2-3"), Cache(1));
        Assert.Equal(("2", "Unified", "512K", "2-3"), Cache(2));
        Assert.Equal(("3", "Unified", "8192K", "2-3"), Cache(3));
        Assert.Equal("64", files["cpu/cpu3/cache/index0/coherency_line_size"]);

        (string, string, string, string) Cache(int index)
        {
            string folder = $"cpu/cpu3/cache/index{index}";
            return (files[folder + "/level"], files[folder + "/type"], files[folder + "/size"], files[folder + "/shared_cpu_list"]);
        }
    }

    [Fact]
    public async Task CpuInfoCountsCoresAndSiblings()
    {
        MachineResult result = await Kernel.RunAsync("/bin/sh", ["-c", "mount -t proc proc /proc && cat /proc/cpuinfo"], Machine("8,sockets=2,cores=2,threads=2", "max", 8));

        Kernel.AssertExited(0, result);
        string[] lines = [.. result.ConsoleLines.Select(line => line.Replace("\t", ""))];
        Assert.Equal(["0", "0", "0", "0", "1", "1", "1", "1"], Values("physical id"));
        Assert.Equal(["0", "0", "1", "1", "0", "0", "1", "1"], Values("core id"));
        Assert.All(Values("siblings"), value => Assert.Equal("4", value));
        Assert.All(Values("cpu cores"), value => Assert.Equal("2", value));
        Assert.Equal(8, Values("flags").Count(value => value.Contains(" smap ", StringComparison.Ordinal)));

        IEnumerable<string> Values(string name) => lines.Where(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Select(line => line[(name.Length + 2)..]);
    }

    private static readonly string[] s_twoNodes =
    [
        "-object", "memory-backend-ram,id=m0,size=160M", "-object", "memory-backend-ram,id=m1,size=96M",
        "-numa", "node,nodeid=0,cpus=0-1,memdev=m0", "-numa", "node,nodeid=1,cpus=2-3,memdev=m1",
    ];

    [Fact]
    public async Task NodesHaveTheirProcessorsMemoryAndDistances()
    {
        Dictionary<string, string> files = await ReadAsync(
            Machine("4,sockets=2,cores=2", "max", 4, [.. s_twoNodes, "-numa", "dist,src=0,dst=1,val=33"]), "node/* node/node*/*", 4,
            result => Assert.Contains("Brought up 2 nodes, 4 CPUs", result.Console));
        Assert.Equal(("0-1", "0-1", "0-1"), (files["node/online"], files["node/has_memory"], files["node/has_cpu"]));
        Assert.Equal(("0-1", "2-3"), (files["node/node0/cpulist"], files["node/node1/cpulist"]));
        Assert.Equal(("3", "c"), (files["node/node0/cpumap"], files["node/node1/cpumap"]));
        Assert.Equal(("10 33", "33 10"), (files["node/node0/distance"], files["node/node1/distance"]));

        // The kernel, its tables and what firmware keeps are taken off; most of the smaller node is free.
        Assert.InRange(Kilobytes(0, "MemTotal"), 130 << 10, 160 << 10);
        Assert.InRange(Kilobytes(1, "MemTotal"), 90 << 10, 96 << 10);
        Assert.InRange(Kilobytes(1, "MemFree"), 1 << 10, Kilobytes(1, "MemTotal"));

        int Kilobytes(int node, string name) => int.Parse(files[$"node/node{node}/meminfo"].Split('\n')
            .Single(line => line.Contains(name + ":", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[3]);
    }

    [Fact]
    public async Task ANodeMayHaveNoMemory()
    {
        Dictionary<string, string> files = await ReadAsync(
            Machine("4,sockets=2,cores=2", "max", 4, "-object", "memory-backend-ram,id=m0,size=256M", "-numa", "node,nodeid=0,cpus=0-1,memdev=m0", "-numa", "node,nodeid=1,cpus=2-3"),
            "node/* node/node*/*", 4);
        Assert.Equal(("0-1", "0", "0-1", "2-3"), (files["node/online"], files["node/has_memory"], files["node/has_cpu"], files["node/node1/cpulist"]));
        Assert.Equal(("10 20", "20 10"), (files["node/node0/distance"], files["node/node1/distance"]));
        Assert.Contains("Node 1 MemTotal:              0 kB", files["node/node1/meminfo"]);
    }

    [Fact]
    public async Task NumaOffMakesOneNode()
    {
        Dictionary<string, string> files = await ReadAsync(
            Machine("4,sockets=2,cores=2", "max", 4, s_twoNodes) with { CommandLine = "numa=off" }, "node/* node/node*/*", 4,
            result => Assert.Contains("NUMA: turned off", result.Console));
        Assert.Equal(("0", "0-3", "10"), (files["node/online"], files["node/node0/cpulist"], files["node/node0/distance"]));
        Assert.False(files.ContainsKey("node/node1/cpulist"));
    }

    [Theory]
    [InlineData("Skylake-Server", "meltdown:Vulnerable|l1tf:Mitigation: PTE Inversion|spectre_v1:Mitigation: usercopy/swapgs barriers and __user pointer sanitization|mds:Vulnerable|spec_rstack_overflow:Not affected")]
    [InlineData("EPYC", "meltdown:Not affected|l1tf:Not affected|spectre_v1:Mitigation: usercopy/swapgs barriers and __user pointer sanitization|retbleed:Vulnerable|spec_rstack_overflow:Vulnerable")]
    public async Task WeaknessesAreThoseOfTheModel(string model, string expected)
    {
        Dictionary<string, string> files = await ReadAsync(Kernel.Machine with { CpuModel = model }, "cpu/vulnerabilities/*", 1, result =>
            Assert.Contains("Spectre V2 : Vulnerable", result.Console));
        Assert.Equal(14, files.Count);
        foreach (string fact in expected.Split('|'))
        {
            string[] parts = fact.Split(':', 2);
            Assert.Equal(parts[1], files["cpu/vulnerabilities/" + parts[0]]);
        }
    }

    [Fact]
    public async Task AProcessorThatLacksWhatTheKernelNeedsIsToldSo()
    {
        MachineResult result = await Kernel.RunAsync("/bin/true", [], Kernel.Machine with { CpuModel = "max,-pat" });

        Kernel.AssertRefused(result, "cannot run this kernel", "lacks: pat");
    }
}
