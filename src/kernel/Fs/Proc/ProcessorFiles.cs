// Processors: cpuinfo, stat, uptime, loadavg, interrupts, and the sets of /sys/devices/system/cpu.
//
// Source: Linux man-pages, proc_cpuinfo(5), proc_stat(5), proc_uptime(5), proc_loadavg(5), proc_interrupts(5); Linux
// Documentation/admin-guide/cputopology.rst.
using System;
using Commence.Arch;
using Commence.Debug;
using Commence.Firmware.Cpus;
using Commence.Irq;
using Commence.Lib;
using Commence.Sched;
using Commence.Smp;
using Commence.Time;

namespace Commence.Fs;

/// <summary><c>cpuinfo</c>: a paragraph for each processor that is online.</summary>
internal sealed class CpuInfoFile : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "cpuinfo"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        CpuAgreement.ReadCommon(out CpuTraits common);
        CpuFacts facts = default;
        for (int i = 0; i < Processors.Count && !text.IsFull; i++)
        {
            if (Processors.IsOnline(new CpuId(i)))
                Append(ref text, Processors.Get(new CpuId(i)), ref facts, in common);
        }

        return Errno.None;
    }

    // The facts are those of the last processor: its package is counted once, not again for each neighbour.
    private static void Append(ref ProcText text, Processor processor, ref CpuFacts facts, in CpuTraits common)
    {
        if (facts.SiblingCount == 0 || !facts.Place.IsSamePackage(processor.Place))
            CpuTopology.Count(processor, out facts.SiblingCount, out facts.CoreCount);
        ref readonly CpuDescription description = ref processor.Description;
        facts.Number = processor.Id;
        facts.HardwareId = processor.HardwareId;
        facts.Place = processor.Place;
        facts.CacheBytes = description.Caches.TryGetLast(out CpuCache cache) ? cache.SizeBytes : 0;
        facts.CyclesPerSecond = LogClock.CyclesPerMillisecond * 1000;
        facts.BogoMipsHundredths = new BogoMips(processor.LoopsPerTick).Hundredths;
        CpuInfo.Format(ref text.Out, in facts, in description.Traits, in common);
        text.Out.Append((byte)'\n');
        text.EndRecord();
    }
}

/// <summary><c>stat</c>: what the processors have done.</summary>
internal sealed class StatFile : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "stat"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        Ticks all = default;
        for (int i = 0; i < Processors.Count; i++)
            all.Add(Processors.Get(new CpuId(i)));
        text.Out.Append("cpu "u8);
        all.Append(ref text.Out);
        text.EndRecord();

        ulong switches = 0;
        long running = 0;
        long blocked = 0;
        ulong interrupts = DeviceInterrupts.TotalCount;
        for (int i = 0; i < Processors.Count; i++)
        {
            Processor processor = Processors.Get(new CpuId(i));
            if (!Processors.IsOnline(processor.Id))
                continue;

            Ticks own = default;
            own.Add(processor);
            text.Out.Append($"cpu{i}");
            own.Append(ref text.Out);
            text.EndRecord();
            switches += processor.RunQueue.SwitchCount;
            running += processor.RunQueue.RunnableCount;
            blocked += processor.RunQueue.UninterruptibleCount;
            interrupts += processor.TickCount;
        }

        ulong bootSeconds = Clock.Realtime().Seconds - Clock.Monotonic().Seconds;
        text.Out.Append($"intr {interrupts}\nctxt {switches}\nbtime {bootSeconds}\nprocesses {TaskTable.CreatedCount}\n");
        text.Out.Append($"procs_running {running}\nprocs_blocked {Math.Max(0, blocked)}\n");
        return Errno.None;
    }

    /// <summary>Ticks of one or several processors by use.</summary>
    private struct Ticks
    {
        private ulong _user;
        private ulong _nice;
        private ulong _system;
        private ulong _idle;

        internal void Add(Processor processor)
        {
            _user += processor.Times.UserTicks;
            _nice += processor.Times.NiceTicks;
            _system += processor.Times.SystemTicks;
            _idle += processor.IdleTicks;
        }

        // Waiting for I/O, interrupts, stolen and guest time are not told apart.
        internal readonly void Append(ref TextWriter text) => text.Append(
            $" {ProcFormat.ToUserTicks(_user)} {ProcFormat.ToUserTicks(_nice)} {ProcFormat.ToUserTicks(_system)} {ProcFormat.ToUserTicks(_idle)} 0 0 0 0 0 0\n");
    }
}

/// <summary><c>uptime</c>: seconds since boot, and idle seconds of all processors.</summary>
internal sealed class UptimeFile : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "uptime"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        ulong idleTicks = 0;
        for (int i = 0; i < Processors.Count; i++)
            idleTicks += Processors.Get(new CpuId(i)).IdleTicks;
        ProcFormat.AppendSeconds(ref text.Out, Clock.Monotonic().Value);
        text.Out.Append((byte)' ');
        ProcFormat.AppendSeconds(ref text.Out, idleTicks * Limits.TickNanoseconds);
        text.Out.Append((byte)'\n');
        return Errno.None;
    }
}

/// <summary><c>loadavg</c>: load over 1, 5 and 15 minutes, tasks that run of all tasks, and the newest number.</summary>
internal sealed class LoadAverageFile : ProcFile
{
    private const ulong One = 1 << LoadAverage.FractionBits;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "loadavg"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        int running = 0;
        for (int i = 0; i < Processors.Count; i++)
        {
            if (Processors.IsOnline(new CpuId(i)))
                running += Processors.Get(new CpuId(i)).RunQueue.RunnableCount;
        }

        AppendLoad(ref text.Out, Scheduler.Load.OneMinute);
        AppendLoad(ref text.Out, Scheduler.Load.FiveMinutes);
        AppendLoad(ref text.Out, Scheduler.Load.FifteenMinutes);
        text.Out.Append($"{running}/{TaskTable.Count} {TaskTable.LastNumber}\n");
        return Errno.None;
    }

    private static void AppendLoad(ref TextWriter text, ulong load)
    {
        ulong rounded = load + (One / 200);
        text.Append($"{rounded / One}.{rounded % One * 100 / One:d2} ");
    }
}

/// <summary><c>interrupts</c>: by line and processor.</summary>
internal sealed class InterruptsFile : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "interrupts"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        text.Out.Append("           "u8);
        foreach (CpuId cpu in Processors.Online)
            text.Out.Append($"CPU{cpu.Value,-8}");
        text.Out.Append((byte)'\n');
        text.EndRecord();
        for (int i = 0; DeviceInterrupts.TryRead(ref i, out DeviceInterrupt interrupt); i++)
            AppendLine(ref text, interrupt);

        text.Out.Append("LOC:"u8);
        foreach (CpuId cpu in Processors.Online)
            text.Out.Append($" {Processors.Get(cpu).TickCount,10}");
        text.Out.Append($"   Local timer interrupts\nERR: {DeviceInterrupts.UnhandledCount,10}\nMIS: {DeviceInterrupts.SpuriousCount,10}\n");
        return Errno.None;
    }

    private static void AppendLine(ref ProcText text, DeviceInterrupt interrupt)
    {
        text.Out.Append($"{interrupt.Line,3}:");
        foreach (CpuId cpu in Processors.Online)
            text.Out.Append($" {(cpu == interrupt.Target ? interrupt.Count : 0),10}");
        text.Out.Append($"   {interrupt.Router.Name} {interrupt.Line,4}-edge\n");
        text.EndRecord();
    }
}

/// <summary>Which set of processors.</summary>
internal enum ProcessorSetKind
{
    Online,
    Possible,
    Present,
}

/// <summary>A file of /sys/devices/system/cpu: a set of processors as ranges.</summary>
internal sealed class ProcessorSet : ProcFile
{
    private readonly ProcessorSetKind _kind;

    internal ProcessorSet(ProcessorSetKind kind) => _kind = kind;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _kind switch
    {
        ProcessorSetKind.Online => "online"u8,
        ProcessorSetKind.Possible => "possible"u8,
        _ => "present"u8,
    };

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        CpuMask cpus = _kind switch
        {
            ProcessorSetKind.Online => Processors.Online,
            ProcessorSetKind.Possible => CpuMask.FirstCpus(Processors.Count),
            _ => Processors.Present,
        };
        cpus.Format(ref text.Out);
        text.Out.Append((byte)'\n');
        return Errno.None;
    }
}
