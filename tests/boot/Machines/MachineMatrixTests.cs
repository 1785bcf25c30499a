// Finding processors on every machine that QEMU makes: by ACPI and by MP tables, from every firmware, with every kind of id.
//
// Each machine boots to a program. Asserted: which processors come online, by APIC id; the table that the kernel had them from;
// and that it found nothing wrong where nothing is.
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Commence.Machine;
using Xunit;
using static Commence.BootTests.Machines.PcMachines;

namespace Commence.BootTests.Machines;

public sealed class MachineMatrixTests
{
    private const string Madt = "ACPI MADT";
    private const string MpTable = "MP configuration table";

    public static TheoryData<string, string, int, string> Pcs => new()
    {
        { "q35", "1", 1, Madt },
        { "q35", "2,sockets=2", 2, Madt },
        { "q35", "4", 4, Madt },
        { "pc", "2", 2, Madt },
        { "pc", "4,sockets=4", 4, Madt },

        // SeaBIOS lists one processor per package. There is no other table, so the right answer is what it says.
        { "pc,acpi=off", "4", 1, MpTable },
        { "pc,acpi=off", "4,sockets=4", 4, MpTable },
        { "pc,acpi=off", "16,sockets=16", 16, MpTable },

        // SeaBIOS then makes tables of its own: RSDP of revision 0, MADT of revision 1.
        { "q35,acpi=off", "4", 4, Madt },
        { "q35,acpi=off", "4,sockets=4", 4, Madt },
    };

    [Theory]
    [MemberData(nameof(Pcs))]
    public async Task APc(string machine, string smp, int cpus, string source)
    {
        MachineResult result = await BootAsync(machine, smp);

        AssertOnline(result, Ids(cpus), source);
        AssertNothingWrong(result);
    }

    [Theory]
    [InlineData("acpi=off", 2)]
    [InlineData("", 4)]
    public async Task TheCommandLineDecidesWhetherAcpiCounts(string parameters, int cpus)
    {
        // Two packages of two: the MP table names each package's first processor, the MADT all four.
        MachineResult result = await BootAsync("q35", "4,sockets=2,cores=2", parameters);

        AssertOnline(result, cpus == 2 ? [0, 2] : Ids(4), cpus == 2 ? MpTable : Madt);
        AssertNothingWrong(result);
    }

    public static TheoryData<string, string, string, int[]> Holes => new()
    {
        { "q35", "max", "6,sockets=2,cores=3,threads=1", [0, 1, 2, 4, 5, 6] },
        { "q35,acpi=off", "max", "6,sockets=2,cores=3,threads=1", [0, 1, 2, 4, 5, 6] }, // id 3 is listed and disabled
        { "q35", "max", "12,sockets=2,cores=3,threads=2", [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13] },
        { "q35", "EPYC", "15,sockets=3,cores=5", [0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 16, 17, 18, 19, 20] },
    };

    [Theory]
    [MemberData(nameof(Holes))]
    public async Task IdsWithHoles(string machine, string cpuModel, string smp, int[] ids)
    {
        MachineResult result = await BootAsync(machine, smp, cpuModel: cpuModel);

        AssertOnline(result, ids.Select(static id => (long)id), Madt);
        AssertNothingWrong(result);
    }

    [Theory]
    [InlineData("q35")]
    [InlineData("q35,acpi=off")]
    public async Task EmptySocketsAreNotStarted(string machine)
    {
        MachineResult result = await BootAsync(machine, "2,maxcpus=6,sockets=6");

        AssertOnline(result, Ids(2), Madt);
        AssertNothingWrong(result);
        AssertSays(result, "2 enabled, 4 disabled", "smpboot: Allowing 2 CPUs, 0 hotplug CPUs");
    }

    [Theory]
    [InlineData("qemu64")]
    [InlineData("Nehalem")]
    [InlineData("EPYC,+x2apic")]
    public async Task AProcessorModel(string cpuModel)
    {
        MachineResult result = await BootAsync("q35", "2", cpuModel: cpuModel);

        AssertOnline(result, Ids(2), Madt);
        AssertNothingWrong(result);
    }

    [Fact]
    public async Task AMachineWithNodes()
    {
        MachineResult result = await BootAsync("q35", "4,sockets=2,cores=2", arguments:
        [
            "-object", "memory-backend-ram,id=m0,size=128M", "-object", "memory-backend-ram,id=m1,size=128M",
            "-numa", "node,nodeid=0,cpus=0-1,memdev=m0", "-numa", "node,nodeid=1,cpus=2-3,memdev=m1", "-numa", "dist,src=0,dst=1,val=20",
        ]);

        AssertOnline(result, Ids(4), Madt);
        AssertNothingWrong(result);
        AssertSays(result, "7 tables"); // SRAT and SLIT among them
    }

    [Fact]
    public async Task AnIdThatEightBitsDoNotHold()
    {
        // Two processors, the second with id 0x220. SeaBIOS hands over in x2APIC mode as soon as such an id is possible.
        MachineResult result = await BootAsync("q35", WideIdSmp, arguments: WideIdDevice);

        AssertOnline(result, [0, 0x220], Madt);
        AssertNothingWrong(result);
    }

    internal const string WideIdSmp = "1,sockets=9,cores=33,maxcpus=297";

    internal static IReadOnlyList<string> WideIdDevice { get; } = ["-device", "max-x86_64-cpu,socket-id=8,core-id=32,thread-id=0"];

    [Fact]
    public async Task SixtyFourProcessors()
    {
        MachineResult result = await BootAsync("pc", "64");

        AssertOnline(result, Ids(64), Madt);
        AssertNothingWrong(result);
    }

    [Fact]
    public async Task AsManyAsEightBitIdsAllow()
    {
        // Nehalem has no x2APIC: ids 0 to 254, addressed through memory.
        MachineResult result = await BootAsync("q35", "255", cpuModel: "Nehalem");

        AssertOnline(result, Ids(255), Madt);
        AssertNothingWrong(result);
    }

    [Fact]
    public async Task MoreThanEightBitIdsAllow()
    {
        MachineResult result = await BootAsync("q35", "288");

        AssertOnline(result, Ids(288), Madt);
        AssertNothingWrong(result);
    }

    [Fact]
    public async Task AnIsaPcHasOneProcessor()
    {
        // SeaBIOS gives it an MP table that names an I/O APIC which is not there.
        MachineResult result = await BootAsync("isapc", "1");

        AssertOnline(result, Ids(1), MpTable);
    }

    [Fact]
    public async Task AProcessorWithoutLongModeIsNamed()
    {
        MachineResult result = await BootAsync("isapc", "1", cpuModel: "486");

        Assert.NotEqual(Outcome.Exited, result.Outcome);
        AssertSays(result, "64-bit");
    }
}
