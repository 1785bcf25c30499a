// pid 1 before it becomes a program.
using Commence.Processes;
using Commence.Sched;
using Commence.Smp;
using Commence.Workqueues;

namespace Commence.Init;

/// <summary>The second half of the kernel's start (Linux: <c>kernel_init</c>).</summary>
internal sealed class InitThread : KernelThreadBody
{
    /// <inheritdoc/>
    protected internal override int Run()
    {
        SystemWorkqueues.Init();                       // workers: queued work runs
        BootStep.Done("workqueue_init"u8);
        Initcalls.RunBeforeSmp();                      // what one processor does alone
        BootStep.Done("do_pre_smp_initcalls"u8);
        LockupDetector.Init();                         // a processor that does not schedule is named
        BootStep.Done("lockup_detector_init"u8);
        SmpInit.BringUpAll();
        BootStep.Done("smp_init"u8);
        Printk.Info($"all {Processors.OnlineCount} processors are online");
        SystemWorkqueues.AddProcessors();              // workers for the others
        Padata.Init();                                 // jobs that several processors share
        BootStep.Done("padata_init"u8);
        Initcalls.RunAll();                            // all parts start, level by level: file systems, /, devices
        BootStep.Done("do_basic_setup"u8);
        InitMemory.Free();                             // what only the boot needed
        BootStep.Done("free_initmem"u8);
        KernelTestRun.Instance?.Run();                 // the test image ends here
        InitProcess.Start(BootInformation.CommandLine); // pid 1 becomes a program; never returns
        return 0;
    }
}
