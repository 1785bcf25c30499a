// pid 1 before it becomes a program.
using Commence.Fs;
using Commence.Processes;
using Commence.Sched;
using Commence.Smp;
using Commence.Terminals;

namespace Commence.Init;

/// <summary>The second half of the kernel's start (Linux: <c>kernel_init</c>).</summary>
internal sealed class InitThread : KernelThreadBody
{
    /// <inheritdoc/>
    protected internal override int Run()
    {
        SmpInit.BringUpAll();
        BootStep.Done("smp_init"u8);
        Printk.Info($"all {Processors.OnlineCount} processors are online");
        MemoryDevices.Register();                      // null, zero, random and their like
        RootFs.Mount();                                // /, with /dev and what else is always there
        RamFsType.RegisterAll();                       // what can be mounted: tmpfs and ramfs,
        FileSystemTypes.Register(new DevFsType());     // devtmpfs,
        ProcType.Register();                           // proc,
        SysType.Register();                            // and sysfs
        Initramfs.Unpack(BootInformation.Initramfs);   // the loader's archive, over it
        BootStep.Done("rootfs"u8);
        ConsoleTerminal.Initialise();                  // the console can be typed at
        KernelTestRun.Instance?.Run();                 // the test image ends here
        InitProcess.Start(BootInformation.CommandLine); // pid 1 becomes a program; never returns
        return 0;
    }
}
