// The kernel's start, from its first call to the first program: the boot processor's way, top to bottom. What the other
// processors do meanwhile stands beside it.
//
// Read this file first: each line is one step, and each step is a door to the part of the kernel that it starts.
using System.Diagnostics.CodeAnalysis;
using Commence.Arch;
using Commence.Debug;
using Commence.Lib;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;
using Commence.Smp;
using Commence.Time;
using Commence.Workqueues;

namespace Commence.Init;

/// <summary>The boot order (Linux: <c>init/main.c</c>).</summary>
public static class Start
{
    private static readonly BugPanic s_bugPanic = new(); // made by the compiler: nothing can be allocated yet

    /// <summary>The boot processor's whole life in the kernel (Linux: <c>start_kernel</c>).</summary>
    /// <remarks>Context: early boot, on the boot stack. IRQs: off. Never returns: it becomes idle thread 0.</remarks>
    [DoesNotReturn]
    public static void BootProcessor()
    {
        LogClock.Start();
        PanicHook.Instance = s_bugPanic;               // failed assertions stop the machine and say why
        Platform.Instance.StartConsole();              // from here on the kernel can speak
        ReadBootInformation();                         // memory map, command line, initramfs; the banner
        MemorySetup.Fill();                            // memblock: what is usable, what is taken
        Platform.Instance.StartBootProcessor();        // FPU, protections, local interrupt controller
        FirmwareTables.Read();                         // MP and ACPI tables, before their pages can be handed out
        LowPages.Reserve(FirmwareTables.Processors.UsableCount - 1); // where the others will start
        BootStep.Done("setup_arch"u8);
        StartAllocators();                             // page allocator, slab: `new` works
        StartPaging();                                 // the final page table
        BootStep.Done("paging_init"u8);
        ProcessorTable.Fill();                         // an object for each processor
        BootStep.Done("setup_per_cpu_areas"u8);
        KernelParameters.ApplyLate(BootInformation.CommandLine); // those that may need memory
        StartClock();                                  // cycle counter and tick, measured
        BootStep.Done("time_init"u8);
        Scheduler.Init(Processors.Get(new CpuId(0)), ImageLayout.BootStackTop); // this flow is now idle thread 0
        BootStep.Done("sched_init"u8);
        SystemWorkqueues.InitEarly();                  // work can be queued; it runs when pid 1 has started workers
        BootStep.Done("workqueue_init_early"u8);
        SmpInit.CompleteBootProcessor(Processors.Get(new CpuId(0))); // stacks for NMI and double fault; online
        BootStep.Done("trap_init"u8);
        Platform.Instance.StartInterruptControllers(); // device lines
        LocalInterrupts.Enable();
        TickTimer.StartAndCheck();                     // the timer's interrupt, by the first way on which it arrives
        BootStep.Done("local_irq_enable"u8);
        Delay.Calibrate();                             // BogoMIPS
        BootStep.Done("calibrate_delay"u8);
        BugCheck.Run();                                // weaknesses of the processor, and what is done about them
        BootStep.Done("check_bugs"u8);
        TaskLimit.Init();                              // how many tasks memory is enough for
        BootStep.Done("fork_init"u8);
        RestInit();
    }

    // pid 1 is made first, so that it gets that number, but held until kthreadd has number 2: it makes kernel threads, and a
    // tick may come at any time. Then the boot processor has no more to do.
    [DoesNotReturn]
    private static void RestInit()
    {
        KernelThread init = KernelThread.Create(new InitThread(), "init"u8);
        KernelThreadDaemon.Start();
        init.Start();
        init.Detach();
        Scheduler.IdleLoop();
    }

    private static void ReadBootInformation()
    {
        // The parameters first: `quiet` is to hold for every line.
        bool isRead = Platform.Instance.TryReadBootInformation();
        BootConfig.Load();
        KernelParameters.ApplyEarly(BootInformation.CommandLine);
        Banner.Print();
        foreach (Firmware.ParseFault fault in BootInformation.Faults.Faults)
            Printk.Warning($"boot information: {fault}");
        if (!isRead)
            Panic.Now($"no memory map from the boot loader: nothing can be done");
        BootConfig.Report();
        Printk.Info($"Boot protocol: {BootInformation.ProtocolName}");
        KernelParameters.Print(BootInformation.CommandLine);
    }

    private static void StartAllocators()
    {
        if (!KernelMemory.TryStart(ImageLayout.EarlyMappedEnd, default))
            FailForMemory();
        BootStep.Done("kmem_cache_init"u8);
        MemoryReport.Print();                          // how much there is, and what takes it
        BootStep.Done("mem_init"u8);
        if (!KernelMemory.TryStartSizes())             // buffers of any size
            FailForMemory();
        BootStep.Done("kmem_cache_sizes_init"u8);
    }

    [DoesNotReturn]
    private static void FailForMemory() => Panic.Now($"too little memory: {KernelMemory.Memblock.MemoryBytes >> 10} KiB");

    private static void StartPaging()
    {
        KernelImageLayout image = new()
        {
            Start = ImageLayout.TextStart,
            TextEnd = ImageLayout.TextEnd,
            ConstantsEnd = ImageLayout.ConstantsEnd,
            End = ImageLayout.DataEnd,
            Physical = ImageLayout.LoadStart,
        };
        if (!KernelMemory.TryBuildTable(in image))
            Panic.Now($"too little memory for the kernel's page table");
        Platform.Instance.MapDevices();
        KernelMemory.LoadTable();                      // text RX, constants R, data RW; page 0 is gone
        GuardBootStack();
    }

    // The page below the boot stack: an overflow faults instead of writing into what lies there.
    private static void GuardBootStack()
    {
        VirtAddr guard = new(ImageLayout.BootStackStart.Value - Limits.PageSizeBytes);
        bool wasMapped = KernelMemory.Table.TryUnmap(guard, out _);
        Bug.On(!wasMapped);
        LocalTlb.FlushKernel(guard, pageCount: 1);
    }

    private static void StartClock()
    {
        Platform.Instance.FindClocks();
        ClockSetup.Run();
        Clock.SetRealtime(new Nanoseconds(Platform.Instance.ReadWallClockSeconds() * 1_000_000_000));
    }
}
