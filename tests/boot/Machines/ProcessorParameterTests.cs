// The parameters that say which processors there may be and how they are started. Source: Linux,
// Documentation/admin-guide/kernel-parameters.txt.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Commence.Machine;
using Xunit;
using static Commence.BootTests.Machines.PcMachines;

namespace Commence.BootTests.Machines;

public sealed class ProcessorParameterTests
{
    private const string Madt = "ACPI MADT";

    public static TheoryData<string, int, string[]> Limits => new()
    {
        { "nosmp", 1, ["limit of 1 reached. Processor 1/0x1 ignored.", "smpboot: Allowing 1 CPUs, 0 hotplug CPUs", "through the 8259s"] },
        { "maxcpus=0", 1, ["limit of 1 reached. Processor 3/0x3 ignored.", "smpboot: Allowing 1 CPUs, 0 hotplug CPUs", "through the 8259s"] },
        { "maxcpus=1", 1, ["smpboot: Allowing 4 CPUs, 0 hotplug CPUs"] },
        { "maxcpus=3", 3, ["smpboot: Allowing 4 CPUs, 0 hotplug CPUs"] },
        { "nr_cpus=2", 2, ["APIC: NR_CPUS/possible_cpus limit of 2 reached. Processor 2/0x2 ignored.", "smpboot: Allowing 2 CPUs, 0 hotplug CPUs"] },
        { "possible_cpus=3", 3, ["limit of 3 reached. Processor 3/0x3 ignored."] },
        { "possible_cpus=2 nr_cpus=3", 2, ["smpboot: Allowing 2 CPUs, 0 hotplug CPUs"] },
        { "maxcpus=many possible_cpus=0 cpu_init_udelay=-1", 4, ["maxcpus=many", "possible_cpus=0", "cpu_init_udelay=-1"] },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task TheNumberOfProcessorsCanBeLimited(string parameters, int cpus, string[] messages)
    {
        MachineResult result = await BootAsync("q35", "4", parameters);

        AssertOnline(result, Ids(cpus), Madt);
        AssertSays(result, messages);
    }

    [Fact]
    public async Task ALimitLeavesOutTheLastOfManyAndCountsThem()
    {
        MachineResult result = await BootAsync("q35", "16", "nr_cpus=2");

        AssertOnline(result, Ids(2), Madt);
        AssertSays(result, "Processor 9/0x9 ignored.", "APIC: 6 more processors ignored");
        AssertSaysNothingOf(result, "Processor 10/0xa ignored.");
    }

    [Fact]
    public async Task TheFirmwaresX2ApicModeCanBeLeft()
    {
        // SeaBIOS hands over in x2APIC mode since ids above 254 are possible; none of them is used.
        MachineResult result = await BootAsync("q35", "2,sockets=9,cores=33,maxcpus=297", "nox2apic");

        AssertOnline(result, Ids(2), Madt);
        AssertNothingWrong(result);
    }

    [Fact]
    public async Task WithoutX2ApicAWideIdIsNamedAndIgnored()
    {
        MachineResult result = await BootAsync("q35", MachineMatrixTests.WideIdSmp, "nox2apic", arguments: MachineMatrixTests.WideIdDevice);

        AssertOnline(result, Ids(1), Madt);
        AssertSays(result, "processor with id 544 ignored");
    }

    [Fact]
    public async Task X2ApicIsNotNeededForSmallIds()
    {
        MachineResult result = await BootAsync("q35", "4", "nox2apic");

        AssertOnline(result, Ids(4), Madt);
        AssertNothingWrong(result);
    }

    [Fact]
    public async Task TheTimeBetweenResetAndStartCanBeSet()
    {
        // The guest's own clock: by which no processor can have been started sooner.
        const int delayUs = 300_000;
        MachineResult result = await BootAsync("q35", "2", $"cpu_init_udelay={delayUs}");

        AssertOnline(result, Ids(2), Madt);
        Assert.True(Stamp(result, "CPU1: online") - Stamp(result, "smp: Bringing up") >= delayUs, Kernel.Describe(result));
    }

    // The time stamp of the first line with a text, in microseconds.
    private static long Stamp(MachineResult result, string text)
    {
        IEnumerable<string> lines = result.ConsoleLines.Where(line => line.Contains(text, StringComparison.Ordinal));
        string line = lines.FirstOrDefault() ?? throw new InvalidOperationException($"the kernel does not say '{text}'\n{Kernel.Describe(result)}");
        string stamp = line[(line.IndexOf('[') + 1)..line.IndexOf(']')].Trim();
        string[] parts = stamp.Split('.');
        return (long.Parse(parts[0]) * 1_000_000) + long.Parse(parts[1]);
    }
}
