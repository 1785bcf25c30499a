// Bring-up from end to end: memory for each processor, the protocol, what a processor does on its way to idle, the report.
//
//   boot processor (pid 1)                         another processor
//   Prepare: area, stacks, idle task, boot page
//   SmpBoot.BringUp: INIT, SIPI        ──────────▶ trampoline ─▶ CallIn: Alive, halts
//   SmpBoot.Commence                   ──────────▶ loads its task register, leaves the boot page
//                                      ◀────────── GoOnline: timer, Online ─▶ idle loop
//   report, boot pages back
using System;
using System.Diagnostics.CodeAnalysis;
using Commence.Arch;
using Commence.Debug;
using Commence.Init;
using Commence.Lib;
using Commence.Memory;
using Commence.Sched;
using Commence.Time;

namespace Commence.Smp;

/// <summary>Makes all processors part of the kernel (Linux: <c>smp_init</c>).</summary>
public static class SmpInit
{
    /// <summary>Processors to bring online at boot; the rest stays absent. 0 and 1 both mean the boot processor alone.</summary>
    [KernelParameter("maxcpus", Min = 0, Max = Limits.CpuCountMax, Early = true, Help = "number of processors to bring online at boot; 0 is as nosmp")]
    [KernelParameter("nosmp", Value = 0, Early = true, Help = "bring no processor online but the one that boots")]
    internal static int OnlineMax { get; set; } = Limits.CpuCountMax;

    /// <summary>Starts every present processor and waits until each is online or has a verdict.</summary>
    /// <remarks>Context: thread (pid 1).</remarks>
    public static void BringUpAll()
    {
        Printk.Info($"smp: Bringing up secondary CPUs ...");
        Nanoseconds begin = Clock.Monotonic();
        BringUpTimes.Begin();
        PhysAddr startTable = SecondaryBoot.OpenStartTable(KernelMemory.KernelRoot);
        int next = 1;
        int end = Math.Min(Processors.Count, Math.Max(1, OnlineMax));
        while (next < end)
            BringUpWave(startTable, ref next, end);
        SecondaryBoot.CloseStartTable();

        ulong microseconds = (Clock.Monotonic().Value - begin.Value) / 1000;
        Printk.Info($"smp: Brought up 1 node, {Processors.OnlineCount} CPUs in {microseconds} us");
        BringUpTimes.Report(Processors.OnlineCount);
    }

    /// <summary>Gives the boot processor what it could not have at entry, and makes it online.</summary>
    /// <remarks>Context: early boot, after the slab and the kernel's page table.</remarks>
    public static void CompleteBootProcessor(Processor boot)
    {
        if (!TryAllocateMemory(isBoot: true, out ProcessorMemory memory))
            Panic.Now($"no memory for the boot processor's stacks");
        SecondaryBoot.CompleteBootProcessor(in memory);
        SecondaryBoot.LoadTaskState();
        boot.TryAdvance(ProcessorState.Absent, ProcessorState.Online);
        Processors.SetOnline(boot.Id);
        Report(boot);
    }

    // As many as there are boot pages.
    private static void BringUpWave(PhysAddr startTable, ref int next, int end)
    {
        CpuMask wave = default;
        while (next < end && LowPages.FreeCount != 0)
        {
            Processor processor = Processors.Get(new CpuId(next++));
            if (TryPrepare(processor, startTable))
                wave.Add(processor.Id);
        }

        if (wave.IsEmpty && next < end)
        {
            Printk.Error($"smp: no page below 1 MB left: {end - next} CPUs are not started");
            next = end;
            return;
        }

        SmpBoot<SmpMachine> protocol = new(default);
        BringUpTimes.FirstInit();
        CpuMask alive = protocol.BringUp(in wave);
        protocol.Commence(in alive);
        BringUpTimes.LastOnline();
        foreach (CpuId cpu in wave)
            Conclude(Processors.Get(cpu));
    }

    private static bool TryPrepare(Processor processor, PhysAddr startTable)
    {
        if (!TryAllocateMemory(isBoot: false, out ProcessorMemory memory)
            || !Scheduler.TryAddProcessor(processor)
            || !LowPages.TryTake(out Pfn page))
        {
            processor.TryAdvance(ProcessorState.Absent, ProcessorState.Failed);
            Printk.Error($"smp: no memory to start CPU{processor.Id}");
            return false;
        }

        processor.BootPage = page;
        SecondaryBoot.Prepare(page, startTable, KernelMemory.KernelRoot, processor.Id, in memory);
        return processor.TryAdvance(ProcessorState.Absent, ProcessorState.Prepared);
    }

    private static bool TryAllocateMemory(bool isBoot, out ProcessorMemory memory)
    {
        memory = default;
        Pfn area = default;
        if (!isBoot && !KernelMemory.Pages.TryAllocate(AllocationFlags.Zero, out area))
            return false;
        if (!KernelStack.TryAllocate(out KernelStack fault) || !KernelStack.TryAllocate(out KernelStack nmi)
            || !KernelStack.TryAllocate(out KernelStack debug))
            return false;

        VirtAddr areaAddress = isBoot ? default : DirectMap.ToVirtual(area.Address);
        memory = new ProcessorMemory(areaAddress, fault.Top, nmi.Top, debug.Top);
        return true;
    }

    /// <summary>A processor's first function in the kernel proper, on its boot page's stack (Linux: <c>smp_callin</c>).</summary>
    /// <remarks>Context: AP call-in. IRQs: off.</remarks>
    [DoesNotReturn]
    public static void CallIn(CpuId cpu)
    {
        Processor self = Processors.Get(cpu);
        PerCpuArea.Processor = self;
        PerCpuArea.DisablePreemption(); // nobody is scheduled here yet
        if (!self.TryAdvance(ProcessorState.Kicked, ProcessorState.Alive))
            Park();

        // Halted, not spinning: virtual processors may outnumber real ones. The message that ends the halt comes after the
        // state has changed, and an interrupt that comes before the halt ends it at once.
        while (self.State == ProcessorState.Alive)
        {
            Cpu.Idle();
            LocalInterrupts.Disable();
        }

        if (self.State != ProcessorState.Commenced)
            Park();
        Scheduler.InitSecondary(self); // the idle task is current: the task state names its stack
        SecondaryBoot.LoadTaskState();
        SecondaryBoot.ContinueOn(self.IdleTask.Stack.Top);
        Bug.Unreachable();
    }

    /// <summary>The last step, on the idle task's stack: the processor schedules from now on.</summary>
    /// <remarks>Context: AP call-in. IRQs: off.</remarks>
    [DoesNotReturn]
    public static void GoOnline()
    {
        Processor self = Processor.Current;
        TickTimer.StartOnThisCpu();
        if (!self.TryAdvance(ProcessorState.Commenced, ProcessorState.Online))
            Park();
        Processors.SetOnline(self.Id);
        Scheduler.IdleLoop();
    }

    // A processor that comes after its verdict takes no part: it halts for ever on its own boot page, which is never reused.
    [DoesNotReturn]
    private static void Park()
    {
        while (true)
            Cpu.Halt();
    }

    private static void Conclude(Processor processor)
    {
        switch (processor.State)
        {
            case ProcessorState.Online:
                LowPages.Return(processor.BootPage);
                break;
            case ProcessorState.NotResponding:
                Printk.Error($"CPU{processor.Id}: not responding (APIC id {processor.HardwareId}): no instruction of it was seen");
                break;
            default:
                Printk.Error($"CPU{processor.Id}: stuck (APIC id {processor.HardwareId}): it began and did not call in");
                break;
        }

        Report(processor);
    }

    private static void Report(Processor processor)
    {
        ProcessorState state = processor.State;
        if (state == ProcessorState.Online)
            Printk.Info($"CPU{processor.Id}: online, APIC id {processor.HardwareId}");

        Record record = new("cpu"u8);
        record.Add("cpu"u8, processor.Id.Value);
        record.Add("apic"u8, processor.HardwareId.Value);
        record.Add("state"u8, NameOf(state));
        record.Add("reason"u8, state == ProcessorState.Online ? ""u8 : NameOf(state));
        record.Send();
    }

    private static ReadOnlySpan<byte> NameOf(ProcessorState state) => state switch
    {
        ProcessorState.Online => "online"u8,
        ProcessorState.NotResponding => "not-responding"u8,
        ProcessorState.Stuck => "stuck"u8,
        ProcessorState.Failed => "failed"u8,
        ProcessorState.Absent => "absent"u8,
        _ => "starting"u8,
    };
}
