// microvm: no PCI, no BIOS data area filled in, two firmwares of which each tells in its own way who the processors are.
using System.Threading.Tasks;
using Commence.Machine;
using Xunit;
using static Commence.BootTests.Machines.PcMachines;

namespace Commence.BootTests.Machines;

public sealed class MicrovmTests
{
    private const string Madt = "ACPI MADT";
    private const string MpTable = "MP configuration table";

    [Theory]
    [InlineData("on", "4", Madt)]
    [InlineData("off", "2", MpTable)]
    public async Task AMicrovmWithQboot(string acpi, string smp, string source)
    {
        MachineResult result = await BootAsync($"microvm,acpi={acpi}", smp, firmware: Qboot);

        AssertOnline(result, Ids(int.Parse(smp)), source);

        // qboot writes 0 where the number of the table's entries belongs.
        if (acpi == "off")
            AssertSays(result, "firmware bug: MP configuration table: wrong count at offset 0x22");
        else
            AssertNothingWrong(result);
    }

    [Fact]
    public async Task ProcessorsWhoseIdsAgreeInEightBitsDoNotMeet()
    {
        // qboot leaves all in xAPIC mode: 256 to 287 answer the messages that are meant for 0 to 31.
        MachineResult result = await BootAsync("microvm,acpi=on", "288", firmware: Qboot);

        AssertOnline(result, Ids(288), Madt);
    }

    [Fact]
    public async Task AMicrovmWithSeaBiosAndMpTables()
    {
        MachineResult result = await BootAsync("microvm,acpi=off", "4,sockets=4", firmware: SeaBiosMicrovm);

        AssertOnline(result, Ids(4), MpTable);
        AssertNothingWrong(result);
    }

    [Fact]
    public async Task AMicrovmWithSeaBiosAndAcpi()
    {
        // QEMU puts the initramfs where this firmware has put its tables, so the FADT may be damaged. The MADT lies elsewhere.
        MachineResult result = await BootAsync("microvm,acpi=on", "4", firmware: SeaBiosMicrovm);

        AssertOnline(result, Ids(4), Madt);
    }
}
