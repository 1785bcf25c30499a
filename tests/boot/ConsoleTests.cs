// The kernel log when all processors print at once (tests/kernel/Debug/PrintkTests.cs): every line arrives, whole and once.
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Records;
using Xunit;

namespace Commence.BootTests;

public sealed partial class ConsoleTests
{
    private const int LinesPerCpu = 300;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public async Task EveryLineArrivesWholeAndOnce(int cpus)
    {
        MachineResult result = await Kernel.BootAsync(new MachineSpec
        {
            Kernel = Path.Combine(Path.GetDirectoryName(Kernel.Image)!, "commence-tests.elf"),
            Cpus = cpus,
            CommandLine = "commence.tests=PrintkTests",
        });

        Assert.True(result.RecordErrors.Count == 0, Kernel.Describe(result));
        Assert.True(result.RecordsOf<TestsDoneRecord>() is [{ Failed: 0, Passed: 2 }], Kernel.Describe(result));
        Assert.DoesNotContain("messages lost", result.Console);
        string[] storm = [.. result.ConsoleLines.Where(static line => line.Contains("printk-storm cpu") || line.Contains("abcdef"))];
        List<(int Cpu, int Line)> seen = [];
        foreach (string line in storm)
        {
            Match match = StormLine().Match(line);
            Assert.True(match.Success, $"torn: '{line}'");
            if (match.Groups["cpu"].Success)
                seen.Add((int.Parse(match.Groups["cpu"].Value), int.Parse(match.Groups["line"].Value)));
        }

        // Each processor's lines in their order.
        for (int cpu = 0; cpu < cpus; cpu++)
            Assert.Equal(Enumerable.Range(0, LinesPerCpu), seen.Where(entry => entry.Cpu == cpu).Select(static entry => entry.Line));
        Assert.Equal(cpus * LinesPerCpu, seen.Count);
        Assert.Equal(20, storm.Count(static line => line.Contains("printk-irq")));
    }

    [GeneratedRegex(@"^\[ *\d+\.\d{6}\] printk-(storm cpu=(?<cpu>\d+) line=(?<line>\d+) abcdefghijklmnopqrstuvwxyz \d+|irq line=\d+ abcdefghijklmnopqrstuvwxyz)$")]
    private static partial Regex StormLine();
}
