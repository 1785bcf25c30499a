// The ways of bringing processors up that are not the usual one: one after the other, and later.
using System.Linq;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Records;
using Xunit;

namespace Commence.BootTests;

public sealed class BringUpTests
{
    private const string Script =
        "mount -t sysfs sys /sys; cd /sys/devices/system/cpu; cat online; echo 1 > cpu3/online; cat online cpu2/online cpu3/online;"
        + " taskset 8 busybox nproc; echo 0 > cpu3/online; echo 2 > cpu3/online; echo 1 > cpu0/online; cat online";

    [Theory]
    [InlineData("q35", 8)]
    [InlineData("pc,acpi=off", 4)]
    public async Task SerialBringUpBringsAllAsWell(string machine, int cpus)
    {
        MachineSpec spec = Kernel.Machine with { Machine = machine, Cpus = cpus, Sockets = cpus };
        MachineResult result = await Kernel.RunAsync("/bin/busybox", ["nproc"], spec with { CommandLine = "smp.bringup=serial" });

        Kernel.AssertStatus(0, result);
        ProcessorTests.AssertAllOnline(result, cpus);
        Assert.Contains(cpus.ToString(), result.ConsoleLines);
    }

    [Fact]
    public async Task AProcessorThatWasLeftOutIsBroughtInLater()
    {
        MachineResult result = await Kernel.RunAsync("/bin/sh", ["-c", Script], Kernel.Machine with { Cpus = 4, CommandLine = "maxcpus=2" });

        Kernel.AssertExited(0, result);
        Assert.Equal(["0-1", "0-1,3", "0", "1", "1", "0-1,3"], result.ConsoleLines.Where(static line => line is [>= '0' and <= '9', ..]));
        Assert.Contains("Operation not supported", result.Console);
        Assert.Contains("Invalid argument", result.Console);
        CpuRecord third = result.RecordsOf<CpuRecord>().Single(static cpu => cpu.Cpu == 3);
        Assert.Equal(("online", 3), (third.State, third.Apic));
    }
}
