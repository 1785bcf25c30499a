// Are the processors alike? What differs is said once for each processor that comes; what not all have is not shown to programs.
//
// The kernel itself uses what the boot processor has, so a processor that lacks any of that does not come at all: it refuses at
// call-in (Processor.TryDescribe).
using System;
using Commence.Arch;
using Commence.Firmware.Cpus;
using Commence.Lib;

namespace Commence.Smp;

/// <summary>Comparison of processors with the boot processor.</summary>
internal static class CpuAgreement
{
    private const int LineMax = 320;

    /// <summary>Says how a processor differs from the boot processor, or why it cannot run; nothing if it is as it should be.</summary>
    /// <remarks>Context: thread (pid 1), after the processor called in or refused.</remarks>
    internal static void Report(Processor processor)
    {
        bool isDone = processor.State is ProcessorState.Online or ProcessorState.Failed; // acquire: its description is whole
        if (!isDone || !processor.IsDescribed)
            return; // it never came so far as to say anything

        ref readonly CpuDescription own = ref processor.Description;
        ref readonly CpuDescription boot = ref Processors.Get(new CpuId(0)).Description;
        Span<byte> buffer = stackalloc byte[LineMax];
        TextWriter text = new(buffer);
        if (!own.IsFit && CpuInfo.TryDescribeMissing(in boot.Traits, in own.Traits, ref text))
            Printk.Error($"CPU{processor.Id}: cannot run this kernel, since it lacks:{text.Text}");
        if (!own.IsFit)
            return;

        if (CpuInfo.TryDescribeDifferences(in boot.Traits, in own.Traits, ref text))
            Printk.Warning($"CPU{processor.Id}: differs from CPU0: {text.Text}");
        if (own.HadOtherMemoryTypes)
            Printk.Warning($"mtrr: CPU{processor.Id}: firmware set other memory types than on CPU0; corrected");
    }

    /// <summary>Says how many processors had no memory types when they started.</summary>
    /// <remarks>Context: thread (pid 1), after bring-up.</remarks>
    internal static void ReportMemoryTypes()
    {
        int count = 0;
        CpuMask online = Processors.Online;
        foreach (CpuId cpu in online)
            count += Processors.Get(cpu).Description.HadNoMemoryTypes ? 1 : 0;
        if (count != 0)
            Printk.Info($"mtrr: off on {count} CPUs when they started: set as on CPU0");
    }

    /// <summary>What all online processors have.</summary>
    internal static void ReadCommon(out CpuTraits common)
    {
        common = Processors.Get(new CpuId(0)).Description.Traits;
        CpuMask online = Processors.Online;
        foreach (CpuId cpu in online)
            CpuInfo.Intersect(ref common, in Processors.Get(cpu).Description.Traits);
    }
}
