// The order in which tables are asked: ACPI's MADT wins over MP tables, as in Linux; where neither names a processor that
// could run, the boot processor is alone.
using System;
using Commence.Firmware.Acpi;
using Commence.Firmware.Mp;

namespace Commence.Firmware.Cpus;

/// <summary>What the hardware and the command line say before the tables are asked.</summary>
public readonly struct DiscoveryOptions
{
    /// <summary>The boot processor's id, from its own APIC.</summary>
    public ApicId BootProcessor { get; init; }

    /// <summary>The highest id that the APICs can address in their mode.</summary>
    public uint ApicIdMax { get; init; }

    /// <summary>The command line says <c>acpi=off</c>.</summary>
    public bool IgnoreAcpi { get; init; }
}

/// <summary>Makes the list of processors.</summary>
public static class ProcessorDiscovery
{
    /// <summary>Fills <paramref name="list"/> from the best table there is.</summary>
    /// <param name="memory">The machine's memory.</param>
    /// <param name="tables">The ACPI tables; all-zero if there are none.</param>
    /// <param name="mp">The MP configuration, if <paramref name="hasMp"/>.</param>
    /// <param name="hasMp">The machine has an MP configuration.</param>
    /// <param name="options">What is known beforehand.</param>
    /// <param name="list">The result: at least the boot processor.</param>
    /// <param name="faults">Gets all that is wrong.</param>
    public static void Run<TMemory>(
        TMemory memory,
        in AcpiTables tables,
        MpConfiguration mp,
        bool hasMp,
        in DiscoveryOptions options,
        ref ProcessorList list,
        scoped ref FaultLog faults)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        list.Begin(options.BootProcessor, options.ApicIdMax);
        bool isFromAcpi = !options.IgnoreAcpi && TryAddMadt(memory, in tables, ref list, ref faults);
        if (!isFromAcpi && hasMp)
            _ = list.TryAddMp(mp, ref faults); // the fault is in the log, and the boot processor in the list

        if (!options.IgnoreAcpi && tables.TryOpen(memory, "SRAT"u8, FirmwarePart.Srat, ref faults, out AcpiTable table))
            ApplySrat(table, ref list, ref faults);
    }

    private static bool TryAddMadt<TMemory>(
        TMemory memory, in AcpiTables tables, ref ProcessorList list, scoped ref FaultLog faults)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        if (!tables.TryOpen(memory, "APIC"u8, FirmwarePart.Madt, ref faults, out AcpiTable table))
            return false;

        if (!Madt.TryParse(table, out Madt madt, out ParseFault fault))
        {
            faults.Add(fault);
            return false;
        }

        madt.FindFaults(ref faults);
        return list.TryAddMadt(madt, ref faults);
    }

    private static void ApplySrat(AcpiTable table, ref ProcessorList list, scoped ref FaultLog faults)
    {
        if (!Srat.TryParse(table, out Srat srat, out ParseFault fault))
        {
            faults.Add(fault);
            return;
        }

        srat.FindFaults(ref faults);
        list.ApplyDomains(srat);
    }
}
