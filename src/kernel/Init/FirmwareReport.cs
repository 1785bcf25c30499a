// What the kernel says about the firmware's tables: what is wrong with them, and which processors come of them.
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Commence.Firmware.Cpus;

namespace Commence.Init;

/// <summary>Prints faults and processors.</summary>
internal static class FirmwareReport
{
    // A table can list thousands; the count tells of those that are not named.
    private const int NamedMax = 8;

    /// <summary>Names each fault.</summary>
    internal static void PrintFaults(in FaultLog faults)
    {
        foreach (ParseFault fault in faults.Faults)
            Printk.Warning($"firmware bug: {fault}");
        if (faults.LeftOutCount != 0)
            Printk.Warning($"firmware bug: {faults.LeftOutCount} more faults");
    }

    /// <summary>Says how many processors there are, from where this is known, and which of them cannot be used.</summary>
    internal static void PrintProcessors(in ProcessorList list)
    {
        Printk.Info($"processors: {list.EnabledCount} enabled, {list.DisabledCount} disabled, from {list.SourceName}");
        if (list.OnlineCapableCount != 0)
            Printk.Info($"processors: {list.OnlineCapableCount} more are online capable: not started at boot");
        if (list.LeftOutCount != 0)
            Printk.Warning($"{list.LeftOutCount} processors left out, {list.EnabledLeftOutCount} of them enabled: more than {Limits.CpuCountMax} are listed");
        if (list.Source == ProcessorSource.None)
            Printk.Warning($"no MADT and no MP table: booting one CPU");
        PrintOutOfRange(in list);
    }

    private static void PrintOutOfRange(in ProcessorList list)
    {
        int named = 0;
        foreach (ProcessorEntry cpu in list.Entries)
        {
            if (cpu.Availability != ProcessorAvailability.OutOfRange)
                continue;
            if (named++ < NamedMax)
                Printk.Warning($"APIC: processor with id {cpu.ApicId} ignored: in xAPIC mode no id above 254 can be addressed");
        }

        if (named > NamedMax)
            Printk.Warning($"APIC: {named - NamedMax} more processors ignored for their ids");
    }
}
