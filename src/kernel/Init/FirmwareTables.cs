// What the firmware's tables say, read in early boot, before the page allocator can hand out the pages they lie in.
//
// Written once by the boot processor in early boot; only read afterwards.
using System;
using System.Runtime.CompilerServices;
using Commence.Arch;
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Commence.Firmware.Cpus;
using Commence.Firmware.Interrupts;
using Commence.Firmware.Mp;
using Commence.Memory;

namespace Commence.Init;

/// <summary>MP and ACPI tables.</summary>
public static class FirmwareTables
{
    [InlineArray(MpDefaultTable.SizeBytesMax)]
    private struct DefaultTable
    {
        private byte _first;
    }

    /// <summary>Whether ACPI tables are believed.</summary>
    internal enum AcpiUse
    {
        /// <summary>Where there are any.</summary>
        On,

        /// <summary>Never: the MP tables alone say what there is.</summary>
        Off,
    }

    private static DefaultTable s_defaultTable; // where a default MP configuration is written out
    private static AcpiTables s_acpi;
    private static ProcessorList s_processors;
    private static InterruptWiring s_wiring;
    private static AcpiTimers s_timers;

    /// <summary>Whether ACPI tables are believed.</summary>
    [KernelParameter("acpi", Early = true, Help = "off: no ACPI table is read; the MP tables alone say what there is")]
    internal static AcpiUse Use { get; set; }

    /// <summary>The list of ACPI tables; empty if there are none or they are not wanted.</summary>
    public static ref readonly AcpiTables Acpi => ref s_acpi;

    /// <summary>The processors that firmware names, the boot processor first.</summary>
    public static ref readonly ProcessorList Processors => ref s_processors;

    /// <summary>I/O APICs, and which of their inputs the legacy interrupts reach.</summary>
    public static ref readonly InterruptWiring Wiring => ref s_wiring;

    /// <summary>What ACPI says of timers.</summary>
    public static ref readonly AcpiTimers Timers => ref s_timers;

    /// <summary>The machine started in PIC mode: its IMCR keeps the legacy controllers' interrupts from the APICs (MP tables).</summary>
    public static bool IsPicMode { get; private set; }

    /// <summary>Physical memory as early boot maps it.</summary>
    public static EarlyMemory Memory => new(ImageLayout.EarlyMappedEnd);

    /// <summary>Finds and reads the tables and reserves their memory (Linux: <c>find_mptable</c>, <c>acpi_boot_table_init</c>).</summary>
    /// <remarks>Context: early boot, before the first allocation.</remarks>
    public static void Read()
    {
        FaultLog faults = default;
        MpConfiguration mp = default;
        bool hasMp = !BootInformation.IsUefi && MpConfiguration.TryFind(Memory, s_defaultTable, ref faults, out mp);
        if (hasMp)
        {
            Printk.Info($"Intel MultiProcessor Specification v1.{mp.Pointer.Revision}, floating pointer at {mp.Pointer.At}");
            MemorySetup.Reserve(mp.PointerRange);
            MemorySetup.Reserve(mp.TableRange);
            MemorySetup.Reserve(mp.OemRange);
        }

        if (Use == AcpiUse.On && TryLoadAcpi(ref faults))
            ReserveAcpi();
        s_timers = AcpiTimers.Read(Memory, in s_acpi, ref faults);

        DiscoveryOptions options = new()
        {
            BootProcessor = InterruptController.Id,
            ApicIdMax = InterruptController.IdMax.Value,
            IgnoreAcpi = Use == AcpiUse.Off,
        };
        ProcessorDiscovery.Run(Memory, in s_acpi, mp, hasMp, in options, ref s_processors, ref faults);
        ReadWiring(mp, hasMp, ref faults);
        NumaTables.Read(in s_acpi, Memory, ref faults);
        Report(ref faults);
    }

    private static bool TryLoadAcpi(scoped ref FaultLog faults) => BootInformation.IsUefi
        ? AcpiTables.TryLoadGiven(Memory, BootInformation.Rsdp, ref faults, out s_acpi)
        : AcpiTables.TryLoad(Memory, BootInformation.Rsdp, ref faults, out s_acpi);

    private static void ReadWiring(MpConfiguration mp, bool hasMp, scoped ref FaultLog faults)
    {
        if (s_acpi.TryOpen(Memory, "APIC"u8, FirmwarePart.Madt, ref faults, out AcpiTable table)
            && Madt.TryParse(table, out Madt madt, out ParseFault _)) // its fault was logged when the processors were read
            InterruptWiring.Read(madt, InterruptController.Id, out s_wiring, ref faults);
        else if (hasMp)
            InterruptWiring.Read(mp, InterruptController.Id, out s_wiring, ref faults);
        IsPicMode = hasMp && mp.Pointer.HasImcr;
    }

    private static void ReserveAcpi()
    {
        Printk.Info($"ACPI: RSDP at {s_acpi.Rsdp.At}, {s_acpi.Count} tables");
        MemorySetup.Reserve(s_acpi.Rsdp.Range);
        MemorySetup.Reserve(s_acpi.RootTable);
        foreach (AcpiTableEntry table in s_acpi.Entries)
            MemorySetup.Reserve(table.Range);
    }

    private static void Report(ref FaultLog faults)
    {
        foreach (ParseFault fault in faults.Faults)
            Printk.Warning($"firmware bug: {fault}");
        if (faults.LeftOutCount != 0)
            Printk.Warning($"firmware bug: {faults.LeftOutCount} more faults");

        Printk.Info($"processors: {s_processors.EnabledCount} enabled, {s_processors.DisabledCount} disabled, from {s_processors.SourceName}");
        if (s_processors.LeftOutCount != 0)
            Printk.Warning($"{s_processors.LeftOutCount} processors left out: more than {Limits.CpuCountMax} are listed");
        if (s_processors.Source == ProcessorSource.None)
            Printk.Warning($"no MADT and no MP table: booting one CPU");
    }
}
