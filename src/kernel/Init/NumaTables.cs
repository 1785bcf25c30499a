// Nodes from SRAT and SLIT, in early boot.
using Commence.Arch;
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Commence.Firmware.Cpus;
using Commence.Firmware.Numa;
using Commence.Lib;
using Commence.Memory;
using Commence.Smp;

namespace Commence.Init;

/// <summary>Reads which processors and which memory belong together (Linux: <c>numa_init</c>).</summary>
internal static class NumaTables
{
    // Memory that no node claims: a table that forgets more than this is not believed, as in Linux.
    private const ulong UncoveredMax = 1 << 20;

    /// <summary>What <c>numa=</c> says.</summary>
    internal enum NumaUse
    {
        On,
        Off,
    }

    /// <summary><c>numa=off</c>: everything is node 0.</summary>
    [KernelParameter("numa", Early = true, Help = "off: the SRAT is not read; everything is node 0")]
    internal static NumaUse Use { get; set; }

    /// <summary>Fills <see cref="Nodes.Map"/>.</summary>
    /// <remarks>Context: early boot, after the memory map; the tables' memory is in reach.</remarks>
    internal static void Read<TMemory>(in AcpiTables tables, TMemory memory, scoped ref FaultLog faults)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        if (Use == NumaUse.Off)
        {
            Printk.Info($"NUMA: turned off");
            return;
        }

        // A table that is not there is no fault; one that is broken was logged when processors were read.
        ref NodeMap map = ref Nodes.Map;
        if (!tables.TryOpen(memory, "SRAT"u8, FirmwarePart.Srat, ref faults, out AcpiTable table)
            || !Srat.TryParse(table, out Srat srat, out _))
            return;
        if (!map.TryRead(srat, ref faults))
        {
            Printk.Warning($"NUMA: the SRAT is not used: all is node 0");
            return;
        }

        ulong uncovered = map.CountUncovered(in KernelMemory.Memblock);
        if (uncovered > UncoveredMax)
        {
            Printk.Warning($"NUMA: the SRAT leaves out {uncovered >> 10} KiB of memory and is not used: all is node 0");
            map.Clear();
            return;
        }

        ReadDistances(in tables, memory, ref map, ref faults);
        Report(in map);
    }

    /// <summary>The node of a processor that firmware lists.</summary>
    /// <param name="entry">The processor.</param>
    /// <param name="index">The kernel's number for it, by which processors without a domain are dealt out.</param>
    internal static int NodeOf(in ProcessorEntry entry, int index)
    {
        ref NodeMap map = ref Nodes.Map;
        if (!map.IsFromFirmware)
            return 0;
        if (entry.HasDomain && map.TryFind(entry.Domain, out int node))
            return node;

        node = index % map.Count;
        Printk.Warning($"firmware bug: ACPI SRAT: no domain for APIC id {entry.ApicId}: taken for node {node}");
        return node;
    }

    private static void ReadDistances<TMemory>(in AcpiTables tables, TMemory memory, ref NodeMap map, scoped ref FaultLog faults)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        if (!tables.TryOpen(memory, "SLIT"u8, FirmwarePart.Slit, ref faults, out AcpiTable table))
            return;
        if (!Slit.TryParse(table, out Slit slit, out ParseFault fault))
        {
            faults.Add(fault);
            return;
        }

        map.ReadDistances(slit);
        if (map.TryFindAsymmetry(out int one, out int other))
            Printk.Notice($"ACPI: SLIT: distances depend on the direction: {map.Distance(one, other)} from node {one} to {other}, {map.Distance(other, one)} back");
    }

    private static void Report(in NodeMap map)
    {
        foreach (ref readonly NodeMemory memory in map.Memory)
        {
            PhysAddr last = new(memory.Region.End.Value - 1);
            Printk.Info($"ACPI: SRAT: Node {memory.Node} PXM {map.DomainOf(memory.Node)} [mem {memory.Region.Start}-{last}]{(memory.IsHotPluggable ? " hotplug"u8 : ""u8)}");
        }
    }
}
