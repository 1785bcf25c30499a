// From what firmware lists to the kernel's own objects.
using System;
using Commence.Arch;
using Commence.Firmware.Acpi;
using Commence.Firmware.Cpus;
using Commence.Memory;
using Commence.Smp;

namespace Commence.Init;

/// <summary>Makes an object for each processor that may be started (Linux: <c>setup_nr_cpu_ids</c>, <c>setup_per_cpu_areas</c>).</summary>
internal static class ProcessorTable
{
    // A table can list a thousand; the count tells of those that are not named.
    private const int NamedMax = 8;

    /// <summary>Processors that may exist at all, the boot processor among them. Of several limits the least counts.</summary>
    [KernelParameter("nr_cpus", Min = 1, Max = Limits.CpuCountMax, Early = true, Help = "number of processors that may exist at all; others are not listed")]
    [KernelParameter("possible_cpus", Min = 1, Max = Limits.CpuCountMax, Early = true, Help = "as nr_cpus; of both the lesser counts")]
    internal static int PossibleMax
    {
        get;
        set => field = Math.Min(field, value);
    } = Limits.CpuCountMax;

    /// <summary>Numbers the enabled processors, the boot processor first, then those that firmware calls online capable: as many
    /// as the command line allows.</summary>
    /// <remarks>Context: early boot, after the slab.</remarks>
    internal static void Fill()
    {
        int max = SmpInit.OnlineMax == 0 || !InterruptController.CanReachOthers ? 1 : PossibleMax; // `nosmp`, `maxcpus=0`, `nolapic`
        int ignored = 0;
        foreach (ProcessorEntry entry in FirmwareTables.Processors.Entries)
        {
            if (entry.Availability > ProcessorAvailability.OnlineCapable)
                break; // the list is sorted by it
            if (Processors.Count < max)
                Add(in entry);
            else if (entry.Availability == ProcessorAvailability.Enabled)
                Ignore(entry, ++ignored);
        }

        if (ignored > NamedMax)
            Printk.Warning($"APIC: {ignored - NamedMax} more processors ignored");
        Printk.Info($"smpboot: Allowing {Processors.Count} CPUs, {Processors.Count - Processors.EnabledCount} hotplug CPUs");
        _ = Processors.Get(new CpuId(0)).TryDescribe(); // the others describe themselves; this one was found fit when it began

        SmpHooks.Instance = new IpiHooks();
        TlbShootdown.Instance = new IpiTlbShootdown();
        MachineStop.Instance = new SmpStop();
    }

    private static void Add(in ProcessorEntry entry)
    {
        int number = Processors.Count;
        Processor processor = new(new CpuId(number), entry.ApicId) { Node = NumaTables.NodeOf(in entry, number) };
        if (entry.Availability == ProcessorAvailability.Enabled)
            Processors.Add(processor);
        else
            Processors.AddHotPluggable(processor);
    }

    private static void Ignore(ProcessorEntry entry, int ignored)
    {
        if (ignored > NamedMax)
            return;
        int number = Processors.Count + ignored - 1;
        Printk.Warning($"APIC: NR_CPUS/possible_cpus limit of {Processors.Count} reached. Processor {number}/0x{entry.ApicId.Value:x} ignored.");
    }
}
