// Whether firmware has moved the counters of one package apart, and making them one again.
//
// Counters of a package leave the reset at the same moment; what was added to one since then, the processor can tell. Within
// the boot processor's package every other value than the boot processor's is firmware's mistake, and is taken back before the
// counters are compared. In another package it may be what makes its counters agree: there the comparison decides.
//
// s_boot is written by the boot processor before the others start.
using Commence.Firmware.Cpus;

namespace Commence.Smp;

/// <summary>Offsets of the time-stamp counters (Linux: <c>tsc_store_and_check_tsc_adjust</c>).</summary>
internal static class TscOffset
{
    private static ulong s_boot;
    private static bool s_exists;

    /// <summary>Makes the calling processor's the boot processor's, if that is what it should be; the boot processor's own is taken as it is.</summary>
    /// <remarks>Context: early boot; AP call-in, after the processor has described itself. IRQs: off.</remarks>
    internal static void Agree(Processor self)
    {
        if (self.Id.Value == 0)
            s_exists = Cpu.TryReadCycleOffset(out s_boot);
        if (!s_exists || !Cpu.TryReadCycleOffset(out ulong own))
            return;
        if (!IsMistake(own, s_boot, self.Description.Place, Processors.Get(new CpuId(0)).Description.Place))
            return;

        Cpu.WriteCycleOffset(s_boot);
        self.Tsc.FirmwareOffset = own;
        self.Tsc.WasCorrected = true;
    }

    /// <summary>Says what was corrected.</summary>
    /// <remarks>Context: thread, after the processor is online.</remarks>
    internal static void Report(Processor processor)
    {
        if (processor.Tsc.WasCorrected)
            Printk.Warning($"firmware bug: TSC ADJUST differs within a package: CPU{processor.Id} {processor.Tsc.FirmwareOffset}, CPU0 {s_boot}; corrected");
    }

    /// <summary>Whether an offset is to be replaced by the boot processor's.</summary>
    internal static bool IsMistake(ulong own, ulong boot, CpuPlace place, CpuPlace bootPlace) =>
        own != boot && place.IsSamePackage(bootPlace);
}
