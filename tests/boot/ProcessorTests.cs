// Every processor of the machine comes up, says so, and is there for programs.
using System.Linq;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Records;
using Xunit;

namespace Commence.BootTests;

public sealed class ProcessorTests
{
    public static TheoryData<string, int> Machines()
    {
        TheoryData<string, int> machines = [];
        foreach (string machine in (string[])["q35", "pc"])
        {
            foreach (int cpus in (int[])[1, 2, 4, 16])
                machines.Add(machine, cpus);
        }
        return machines;
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task EveryProcessorIsOnline(string machine, int cpus)
    {
        MachineResult result = await Kernel.RunAsync("/bin/busybox", ["nproc"], Kernel.Machine with { Machine = machine, Cpus = cpus });

        Kernel.AssertExited(0, result);
        Assert.Contains(cpus.ToString(), result.ConsoleLines);
        AssertAllOnline(result, cpus);
    }

    [Fact]
    public async Task ApicIdsWithHolesAreTheMachines()
    {
        // Two packages of three cores: ids 0, 1, 2, 4, 5, 6.
        MachineSpec machine = Kernel.Machine with { Cpus = 6, ExtraArguments = ["-smp", "6,sockets=2,cores=3,threads=1"] };
        MachineResult result = await Kernel.RunAsync("/bin/true", [], machine);

        Kernel.AssertExited(0, result);
        AssertAllOnline(result, 6);
        Assert.Equal([0, 1, 2, 4, 5, 6], result.RecordsOf<CpuRecord>().Select(cpu => cpu.Apic).Order());
    }

    [Fact]
    public async Task WithoutAcpiTheProcessorsOfTheMpTableComeUp()
    {
        MachineSpec machine = Kernel.Machine with { Machine = "pc,acpi=off", Cpus = 4, Sockets = 4 };
        MachineResult result = await Kernel.RunAsync("/bin/busybox", ["nproc"], machine);

        Kernel.AssertStatus(0, result);
        AssertAllOnline(result, 4);
    }

    [Fact]
    public async Task WithoutAnyTableOneProcessorBootsAndTheKernelSaysSo()
    {
        // SeaBIOS leaves the MP table out when it would grow too large: neither table exists then.
        MachineSpec machine = Kernel.Machine with { Machine = "pc,acpi=off", Cpus = 32, Sockets = 32 };
        MachineResult result = await Kernel.RunAsync("/bin/busybox", ["nproc"], machine);

        Kernel.AssertStatus(0, result);
        AssertAllOnline(result, 1);
        Assert.Contains("no MADT and no MP table", result.Console);
    }

    internal static void AssertAllOnline(MachineResult result, int cpus)
    {
        CpuRecord[] records = [.. result.RecordsOf<CpuRecord>()];
        Assert.True(records.All(cpu => cpu.State == "online"), $"not all online: {string.Join("; ", records.Select(cpu => cpu.ToString()))}\n{Kernel.Describe(result)}");
        Assert.Equal(Enumerable.Range(0, cpus), records.Select(cpu => cpu.Cpu).Order());
        Assert.Equal(cpus, records.Select(cpu => cpu.Apic).Distinct().Count());
    }
}
