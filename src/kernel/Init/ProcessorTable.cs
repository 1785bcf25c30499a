// From what firmware lists to the kernel's own objects.
using Commence.Arch;
using Commence.Firmware.Acpi;
using Commence.Firmware.Cpus;
using Commence.Memory;
using Commence.Smp;

namespace Commence.Init;

/// <summary>Makes an object for each processor that may be started (Linux: <c>setup_nr_cpu_ids</c>, <c>setup_per_cpu_areas</c>).</summary>
internal static class ProcessorTable
{
    /// <summary>Processors that may exist at all, the boot processor among them.</summary>
    [KernelParameter("nr_cpus", Min = 1, Max = Limits.CpuCountMax, Early = true, Help = "number of processors that may exist at all; others are not listed")]
    internal static int PossibleMax { get; set; } = Limits.CpuCountMax;

    /// <summary>Numbers the enabled processors, the boot processor first.</summary>
    /// <remarks>Context: early boot, after the slab.</remarks>
    internal static void Fill()
    {
        int countMax = InterruptController.CanReachOthers ? PossibleMax : 1;
        foreach (ProcessorEntry entry in FirmwareTables.Processors.Entries)
        {
            if (entry.Availability == ProcessorAvailability.Enabled && Processors.Count < countMax)
                Processors.Add(new Processor(new CpuId(Processors.Count), entry.ApicId) { Node = NumaTables.NodeOf(in entry, Processors.Count) });
        }

        _ = Processors.Get(new CpuId(0)).TryDescribe(); // the others describe themselves; this one was found fit when it began

        SmpHooks.Instance = new IpiHooks();
        TlbShootdown.Instance = new IpiTlbShootdown();
        MachineStop.Instance = new SmpStop();
    }
}
