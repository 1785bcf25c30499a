// What goes well once must go well every time: bring-up is where luck hides.
using System.Threading.Tasks;
using Commence.Machine;
using Xunit;

namespace Commence.BootTests;

public sealed class RepeatedBootTests
{
    private const int Boots = 50;

    [Fact]
    public async Task FourProcessorsComeUpFiftyTimesInARow()
    {
        for (int boot = 1; boot <= Boots; boot++)
        {
            MachineResult result = await Kernel.RunAsync("/bin/true", [], Kernel.Machine with { Cpus = 4 });
            Assert.True(result.Outcome == Outcome.Exited, $"boot {boot} of {Boots}\n{Kernel.Describe(result)}");
            Kernel.AssertExited(0, result);
            ProcessorTests.AssertAllOnline(result, 4);
        }
    }
}
