// The initramfs that ./commence packs is decompressed by all processors; one processor does it alone.
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Commence.Machine;
using Xunit;

namespace Commence.BootTests;

public sealed class InitramfsAheadTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(4, true)]
    public async Task MembersAreDecompressedAheadWhereThereAreProcessors(int cpus, bool isAhead)
    {
        MachineResult result = await Kernel.RunAsync("/bin/true", [], Kernel.Machine with { Cpus = cpus, CommandLine = "debug" });

        Kernel.AssertExited(0, result);
        Match count = Regex.Match(result.Console, @"initramfs: \d+ files in \d+ us, (\d+) gzip members decompressed ahead");
        Assert.True(count.Success, result.Console);
        Assert.Equal(isAhead, count.Groups[1].Value != "0");
    }
}
