// ACPI tables that lie. The machine always boots, with the processors that came, and names what is wrong.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Acpi;
using Commence.Machine.Records;
using Xunit;
using static Commence.BootTests.Machines.PcMachines;

namespace Commence.BootTests.Machines;

public sealed class ForgedTableTests
{
    private const string Madt = "ACPI MADT";
    private const string MpTable = "MP configuration table";

    // Takes SeaBIOS's own tables away.
    private const string Machine = "q35,acpi=off";

    [Fact]
    public async Task SoundTables()
    {
        MachineResult result = await BootForgedAsync(4, AcpiForge.Pc(Sound(4)));

        AssertOnline(result, Ids(4), Madt);
        AssertNothingWrong(result);
        Assert.True(result.IsPoweredOff, Kernel.Describe(result));
    }

    [Fact]
    public async Task SoundTablesInAnXsdt()
    {
        AcpiForge forge = new() { Tables = AcpiForge.Pc(Sound(2)).Tables, HasXsdt = true };
        MachineResult result = await BootForgedAsync(2, forge);

        AssertOnline(result, Ids(2), Madt);
        AssertNothingWrong(result);
    }

    [Fact]
    public async Task AProcessorThatDoesNotExist()
    {
        MachineResult result = await BootForgedAsync(2, AcpiForge.Pc(new MadtWriter().Cpus(2).Cpu(7).PcInterrupts().ToTable()));

        AssertOnline(result, Ids(2), Madt);
        AssertVerdicts(result, "not-responding", [7]);
        AssertSays(result, "CPU2: not responding (APIC id 7)");
    }

    [Fact]
    public async Task FortyOfSixtyFourThatDoNotExist()
    {
        MadtWriter madt = new();
        for (byte id = 0; id < 64; id++)
            madt.Cpu(id);
        MachineResult result = await BootForgedAsync(24, AcpiForge.Pc(madt.PcInterrupts().ToTable()));

        AssertOnline(result, Ids(24), Madt);
        AssertVerdicts(result, "not-responding", Enumerable.Range(24, 40).Select(static id => (long)id));
    }

    [Fact]
    public async Task AnEntryOfLengthZero()
    {
        // Behind it nothing can be found with certainty; here what follows is sound, and ends where the table ends.
        MachineResult result = await BootForgedAsync(4, AcpiForge.Pc(new MadtWriter().Cpus(2).Raw(5, 0).Cpu(2).Cpu(3).PcInterrupts().ToTable()));

        AssertOnline(result, Ids(4), Madt);
        AssertSays(result, "firmware bug: ACPI MADT: entry of length zero at offset 0x3c");
    }

    [Fact]
    public async Task AnEntryOfLengthZeroBeforeGarbage()
    {
        MachineResult result = await BootForgedAsync(2, AcpiForge.Pc(new MadtWriter().Cpu(0).PcInterrupts().Raw(0, 0, 1, 2, 3, 4, 5).ToTable()));

        AssertOnline(result, [0], Madt);
        AssertSays(result, "firmware bug: ACPI MADT: entry of length zero");
    }

    [Fact]
    public async Task ALastEntryThatIsCutOff()
    {
        MachineResult result = await BootForgedAsync(2, AcpiForge.Pc(new MadtWriter().PcInterrupts().Cpus(2).Raw(0, 8, 2).ToTable()));

        AssertOnline(result, Ids(2), Madt);
        AssertSays(result, "firmware bug: ACPI MADT: ends too early");
    }

    [Fact]
    public async Task AnEntryThatIsTooShortForItsType()
    {
        MachineResult result = await BootForgedAsync(2, AcpiForge.Pc(new MadtWriter().Raw(0, 4, 1, 1).Cpus(2).PcInterrupts().ToTable()));

        AssertOnline(result, Ids(2), Madt);
        AssertSays(result, "firmware bug: ACPI MADT: impossible length at offset 0x2c (0x4)");
    }

    [Fact]
    public async Task AProcessorListedTwice()
    {
        MachineResult result = await BootForgedAsync(2, AcpiForge.Pc(new MadtWriter().Cpus(2).Cpu(1).WideCpu(1).PcInterrupts().ToTable()));

        AssertOnline(result, Ids(2), Madt);
        AssertSays(result, "firmware bug: ACPI MADT: listed twice at offset 0x3c (0x1)", "firmware bug: ACPI MADT: listed twice at offset 0x44 (0x1)");
    }

    [Fact]
    public async Task AWrongChecksum()
    {
        // As in Linux: a warning, since machines were shipped like that.
        MachineResult result = await BootForgedAsync(2, AcpiForge.Pc(Sound(2).WithBadChecksum()));

        AssertOnline(result, Ids(2), Madt);
        AssertSays(result, "firmware bug: ACPI MADT: wrong checksum at offset 0x9 (0x1)");
    }

    [Fact]
    public async Task AProcessorThatMayOnlyComeLater()
    {
        MachineResult result = await BootForgedAsync(2, OnlineCapable(1));

        AssertOnline(result, [0], Madt);
        AssertSays(result, "processors: 1 more are online capable", "smpboot: Allowing 2 CPUs, 1 hotplug CPUs");
        AssertNothingWrong(result);
    }

    [Fact]
    public async Task AProcessorThatMayOnlyComeLaterIsBroughtIn()
    {
        MachineResult result = await BringInForgedAsync(2, OnlineCapable(1));

        AssertOnline(result, Ids(2), Madt);
        AssertSays(result, "before: 0-1 0 0", "after: 0-1 0-1 0-1", "CPU1: online");
        AssertNothingWrong(result);
    }

    [Fact]
    public async Task AProcessorThatMayOnlyComeLaterAndIsNotThere()
    {
        MachineResult result = await BringInForgedAsync(1, OnlineCapable(7));

        AssertOnline(result, [0], Madt);
        AssertVerdicts(result, "not-responding", [7]);
        AssertSays(result, "CPU1: not responding (APIC id 7)", "write error: Input/output error", "before: 0-1 0 0", "after: 0-1 0 0");
    }

    [Fact]
    public async Task TheBootProcessorIsNotListed()
    {
        MachineResult result = await BootForgedAsync(3, AcpiForge.Pc(new MadtWriter().Cpu(1).Cpu(2).PcInterrupts().ToTable()));

        AssertOnline(result, Ids(3), Madt);
        AssertSays(result, "firmware bug: ACPI MADT: the boot processor is not listed");
    }

    [Fact]
    public async Task TheBootProcessorIsMarkedDisabled()
    {
        MachineResult result = await BootForgedAsync(2, AcpiForge.Pc(new MadtWriter().Cpu(0, flags: 0).Cpu(1).PcInterrupts().ToTable()));

        AssertOnline(result, Ids(2), Madt);
        AssertSays(result, "firmware bug: ACPI MADT: the boot processor is marked disabled at offset 0x2c");
    }

    [Fact]
    public async Task TheBootProcessorComesLast()
    {
        MachineResult result = await BootForgedAsync(3, AcpiForge.Pc(new MadtWriter().Cpu(2).Cpu(1).Cpu(0).PcInterrupts().ToTable()));

        AssertOnline(result, Ids(3), Madt);
        AssertNothingWrong(result);
        Assert.Equal([0, 2, 1], result.RecordsOf<CpuRecord>().OrderBy(static cpu => cpu.Cpu).Select(static cpu => cpu.Apic));
    }

    [Fact]
    public async Task AnIdThatIsTheBroadcastAddress()
    {
        MachineResult result = await BootForgedAsync(2, AcpiForge.Pc(new MadtWriter().Cpus(2).Cpu(255).Cpu(255, flags: 0).PcInterrupts().ToTable()));

        AssertOnline(result, Ids(2), Madt);
        AssertSays(result, "firmware bug: ACPI MADT: a processor with the broadcast address as its id at offset 0x3c (0xff)");
        AssertSaysNothingOf(result, "offset 0x44"); // a disabled one only fills a place
    }

    [Fact]
    public async Task NothingButBogusEntries()
    {
        // Then the MP tables are asked, which name the first package's processor.
        MadtWriter madt = new();
        for (int i = 0; i < 4096; i++)
            madt.Cpu(255);
        MachineResult result = await BootForgedAsync(2, AcpiForge.Pc(madt.ToTable()));

        AssertOnline(result, [0], MpTable);
        AssertSays(result, "firmware bug: ACPI MADT: no processor that could run");
    }

    [Fact]
    public async Task MoreProcessorsThanTheKernelKeeps()
    {
        MadtWriter madt = new();
        for (uint id = 0; id < 1100; id++)
            madt.WideCpu(id);
        MachineResult result = await BootForgedAsync(2, AcpiForge.Pc(madt.PcInterrupts().ToTable()), "maxcpus=2");

        AssertOnline(result, Ids(2), Madt);
        AssertSays(result, "76 processors left out, 76 of them enabled: more than 1024 are listed");
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(35u)]
    [InlineData(uint.MaxValue)]
    [InlineData(0x0100_0000u)] // as long as a table may be, but not in this machine's memory
    public async Task ATableWithAnImpossibleLength(uint length)
    {
        MachineResult result = await BootForgedAsync(2, AcpiForge.Pc(Sound(2).WithStatedLength(length)));

        AssertOnline(result, [0], MpTable);
        AssertSays(result, length == 0x0100_0000 ? "firmware bug: ACPI table: ends too early" : "firmware bug: ACPI table: impossible length at offset 0x4");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NullDuplicateAndSelfInTheListOfTables(bool hasXsdt)
    {
        AcpiForge sound = AcpiForge.Pc(Sound(2));
        AcpiForge forge = new()
        {
            Tables = sound.Tables,
            HasXsdt = hasXsdt,
            Entries = [AcpiForge.NullEntry, 0, AcpiForge.SelfEntry, 0, 2, 2, AcpiForge.NullEntry],
        };
        MachineResult result = await BootForgedAsync(2, forge);

        AssertOnline(result, Ids(2), Madt);
        string list = hasXsdt ? "XSDT" : "RSDT";
        AssertSays(result, $"firmware bug: ACPI {list}: null pointer at offset 0x24", $"firmware bug: ACPI {list}: listed twice");
    }

    [Theory]
    [InlineData(0xFEE0_0000)] // where a write is an interrupt message
    [InlineData(0x0040_0000)] // memory
    [InlineData(0xFEC0_0010)] // not aligned
    public async Task AnIoApicWhereNoneCanBe(uint address)
    {
        MachineResult result = await BootForgedAsync(2, AcpiForge.Pc(new MadtWriter().Cpus(2).IoApic(1, address, 24).PcInterrupts().ToTable()));

        AssertOnline(result, Ids(2), Madt);
        AssertSays(result, $"firmware bug: ACPI MADT: impossible value at offset 0x3c (0x{address:x})");
    }

    [Fact]
    public async Task GarbageInTheSrat()
    {
        byte[] garbage = new byte[200];
        new Random(1).NextBytes(garbage);
        MachineResult result = await BootForgedAsync(2, AcpiForge.Pc(Sound(2), AcpiTableImage.Make("SRAT", 3, garbage), AcpiTableImage.Make("SLIT", 1, garbage)));

        AssertOnline(result, Ids(2), Madt);
        AssertSays(result, "firmware bug: ACPI SRAT");
    }

    internal static AcpiTableImage Sound(int cpus) => new MadtWriter().Cpus(cpus).PcInterrupts().ToTable();

    internal static Task<MachineResult> BootForgedAsync(int cpus, AcpiForge forge, string parameters = "") =>
        BootAsync(Machine, cpus.ToString(), parameters, arguments: forge.Arguments(Kernel.Store));

    // CPU 0, and one that is not enabled but online capable.
    private static AcpiForge OnlineCapable(byte id) =>
        AcpiForge.Pc(new MadtWriter { Revision = 5 }.Cpu(0).Cpu(id, MadtWriter.OnlineCapable).PcInterrupts().ToTable());

    // Brings CPU 1 in from a program, which says what is possible, present and online before and after that, and uses all there are.
    private static Task<MachineResult> BringInForgedAsync(int cpus, AcpiForge forge)
    {
        const string sets = "$(cat possible present online | tr '\\n' ' ')";
        string script = $"mount -t sysfs sys /sys; cd /sys/devices/system/cpu; echo before: {sets}; echo 1 > cpu1/online; echo after: {sets}; "
            + "for cpu in $(seq 0 $(($(busybox nproc) - 1))); do taskset -c $cpu busybox true || exit 1; done; busybox nproc";
        MachineSpec machine = Describe(Machine, cpus.ToString(), arguments: forge.Arguments(Kernel.Store));
        return Kernel.RunAsync("/bin/busybox", ["sh", "-c", script], machine);
    }

    /// <summary>Asserts that exactly the processors of these ids have the verdict.</summary>
    internal static void AssertVerdicts(MachineResult result, string state, IEnumerable<long> ids)
    {
        CpuRecord[] missing = [.. result.RecordsOf<CpuRecord>().Where(static cpu => cpu.State != "online")];
        Assert.True(missing.All(cpu => cpu.State == state), Kernel.Describe(result));
        Assert.Equal(ids.Order(), missing.Select(static cpu => cpu.Apic).Order());
    }
}
