// Where loaders put the initramfs.
using System.Threading.Tasks;
using Commence.Machine;
using Xunit;

namespace Commence.BootTests;

public sealed class InitramfsPlaceTests
{
    // QEMU puts it at the very end of a microvm's memory, of which SeaBIOS reserves the last page.
    [Theory]
    [InlineData("bios-microvm.bin")]
    [InlineData("qboot.rom")]
    public async Task TheEndOfMemoryMayBeFirmwares(string firmware)
    {
        MachineSpec machine = Kernel.Machine with { Machine = "microvm", Firmware = firmware };
        MachineResult result = await Kernel.RunAsync("/bin/busybox", ["true"], machine);

        Kernel.AssertStatus(0, result);
        Assert.Contains("Freeing initrd memory", result.Console);
    }
}
