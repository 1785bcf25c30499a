// Bring-up from end to end: memory for each processor, the protocol, the report; at boot, and later for one that was left out.
//
//   boot processor (pid 1)                         another processor
//   SmpPrepare: area, stacks, idle task, boot page
//   SmpBoot.BringUp: INIT, SIPI        ──────────▶ trampoline ─▶ SmpCallIn: Alive; halts unless the gate is open
//   SmpBoot.Commence                   ──────────▶ Commenced: compares counters, loads its task register
//                                      ◀────────── Online ─▶ idle loop
//   report, boot pages back
using System;
using Commence.Arch;
using Commence.Lib;
using Commence.Memory;
using Commence.Sched;
using Commence.Time;

namespace Commence.Smp;

/// <summary>In which order the others are started.</summary>
internal enum BringUpOrder
{
    Parallel,
    Serial,
}

/// <summary>Makes all processors part of the kernel (Linux: <c>smp_init</c>, <c>cpu_up</c>).</summary>
public static class SmpInit
{
    private static Mutex s_lock; // one bring-up at a time: low pages, the start table, the protocol

    /// <summary>Processors to bring online at boot; the rest stays absent. 0 and 1 both mean the boot processor alone.</summary>
    [KernelParameter("maxcpus", Min = 0, Max = Limits.CpuCountMax, Early = true, Help = "number of processors to bring online at boot; 0 is as nosmp")]
    [KernelParameter("nosmp", Value = 0, Early = true, Help = "bring no processor online but the one that boots")]
    internal static int OnlineMax { get; set; } = Limits.CpuCountMax;

    /// <summary>How the others are started.</summary>
    [KernelParameter("smp.bringup", Early = true, Help = "parallel: all processors are started at once; serial: one after the other, as Linux 2.4 did")]
    internal static BringUpOrder Order { get; set; }

    /// <summary>Starts every present processor and waits until each is online or has a verdict.</summary>
    /// <remarks>Context: thread (pid 1).</remarks>
    public static void BringUpAll()
    {
        using Mutex.Guard guard = s_lock.Lock();
        int end = Math.Min(Processors.EnabledCount, Math.Max(1, OnlineMax));
        if (end > 1)
            BringUpOthers(end);
        Printk.Info($"smp: Brought up {Nodes.Count} node{(Nodes.Count == 1 ? ""u8 : "s"u8)}, {Processors.OnlineCount} {(Processors.OnlineCount == 1 ? "CPU"u8 : "CPUs"u8)}");
        CpuTopology.Report();
        CpuAgreement.ReportMemoryTypes();
        Printk.Info($"smpboot: Total of {Processors.OnlineCount} processors activated ({TotalBogoMips()} BogoMIPS)");
    }

    /// <summary>Brings in one processor that was left out at boot or had a verdict (Linux: <c>cpu_up</c>).</summary>
    /// <returns>EIO if it does not come: the log says why; ENOMEM.</returns>
    /// <remarks>Context: thread. It is reset first, whatever it does: one that came after its verdict is parked.</remarks>
    public static Errno BringUpLater(Processor processor)
    {
        using Mutex.Guard guard = s_lock.Lock();
        if (processor.State == ProcessorState.Online)
            return Errno.None;

        PhysAddr startTable = SecondaryBoot.OpenStartTable(KernelMemory.KernelRoot);
        bool isPrepared = SmpPrepare.TryPrepare(processor, startTable);
        if (isPrepared)
        {
            CpuMask one = CpuMask.Of(processor.Id);
            SmpBoot<SmpMachine> protocol = OpenProtocol(in one);
            CpuMask alive = protocol.BringUpAgain(in one);
            Commence(ref protocol, in alive);
            SmpReport.Tell(in one);
        }

        CloseStartTable();
        return !isPrepared ? Errno.ENOMEM : processor.State == ProcessorState.Online ? Errno.None : Errno.EIO;
    }

    // Not while one that was started may still come: it would fault on the start page, and that resets the whole machine.
    private static void CloseStartTable()
    {
        for (int i = 0; i < Processors.Count; i++)
        {
            if (Processors.Get(new CpuId(i)).State is ProcessorState.NotResponding or ProcessorState.Stuck)
                return;
        }

        SecondaryBoot.CloseStartTable();
    }

    /// <summary>Gives the boot processor what it could not have at entry, and makes it online.</summary>
    /// <remarks>Context: early boot, after the slab and the kernel's page table.</remarks>
    public static void CompleteBootProcessor(Processor boot)
    {
        if (!SmpPrepare.TryMakeBootMemory(out ProcessorMemory memory))
            Panic.Now($"no memory for the boot processor's stacks");
        SecondaryBoot.CompleteBootProcessor(in memory);
        SecondaryBoot.LoadTaskState();
        TscOffset.Agree(boot);
        boot.TryAdvance(ProcessorState.Absent, ProcessorState.Online);
        Processors.SetOnline(boot.Id);
        boot.Join();
        CpuMask one = CpuMask.Of(boot.Id);
        SmpReport.Tell(in one);
    }

    private static void BringUpOthers(int end)
    {
        Printk.Info($"smp: Bringing up secondary CPUs ...");
        BringUpTimes.Begin();
        PhysAddr startTable = SecondaryBoot.OpenStartTable(KernelMemory.KernelRoot);
        CpuMask all = default;
        int next = 1;
        while (next < end)
        {
            CpuMask wave = PrepareWave(startTable, ref next, end);
            if (wave.IsEmpty && next < end)
            {
                Printk.Error($"smp: no page below 1 MB left: {end - next} CPUs are not started");
                break;
            }

            BringUpWave(in wave);
            all.UnionWith(in wave);
        }

        CloseStartTable();
        SmpReport.Tell(in all);
        BringUpTimes.Report(Processors.OnlineCount);
    }

    private static BogoMips TotalBogoMips()
    {
        ulong loops = 0;
        foreach (CpuId cpu in Processors.Online)
            loops += Processors.Get(cpu).LoopsPerTick;
        return new BogoMips(loops);
    }

    // As many as there are boot pages.
    private static CpuMask PrepareWave(PhysAddr startTable, ref int next, int end)
    {
        CpuMask wave = default;
        while (next < end && LowPages.FreeCount != 0)
        {
            Processor processor = Processors.Get(new CpuId(next++));
            if (SmpPrepare.TryPrepare(processor, startTable))
                wave.Add(processor.Id);
        }

        return wave;
    }

    private static void BringUpWave(in CpuMask wave)
    {
        SmpBoot<SmpMachine> protocol = OpenProtocol(in wave);
        CpuMask alive = Order == BringUpOrder.Serial ? protocol.BringUpSerially(in wave) : protocol.BringUp(in wave);
        Commence(ref protocol, in alive);
    }

    private static SmpBoot<SmpMachine> OpenProtocol(in CpuMask processors)
    {
        Pfn startPage = Order == BringUpOrder.Parallel ? LowPages.StartPage : default;
        if (startPage != default)
            SecondaryBoot.PrepareStartPage(startPage);
        return new SmpBoot<SmpMachine>(new SmpMachine(in processors, startPage));
    }

    private static void Commence(ref SmpBoot<SmpMachine> protocol, in CpuMask alive)
    {
        CpuMask online = protocol.Commence(in alive);
        BringUpTimes.LastOnline();
        foreach (CpuId cpu in online)
            GiveBackBootPage(Processors.Get(cpu));
        TscCheck.Meet(in online);
        TscCheck.Conclude(in online);
    }

    private static void GiveBackBootPage(Processor processor)
    {
        LowPages.Return(processor.BootPage);
        processor.BootPage = default;
    }
}
