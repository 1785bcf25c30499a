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
    private static FaultLog s_faults;
    private static FaultLog s_mpFaults;
    private static FaultLog s_wiringFaults; // of a table that is opened a second time: its faults are known

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

    private static FirmwareMemory TableMemory => new(Memory);

    /// <summary>Finds and reads the tables and reserves their memory (Linux: <c>find_mptable</c>, <c>acpi_boot_table_init</c>).</summary>
    /// <remarks>Context: early boot, before the first allocation.</remarks>
    public static void Read()
    {
        MpConfiguration mp = default;
        bool hasMp = !BootInformation.IsUefi && MpConfiguration.TryFind(TableMemory, s_defaultTable, ref s_mpFaults, out mp);
        if (hasMp)
            ReserveMp(mp);
        if (Use == AcpiUse.On && TryLoadAcpi())
            ReserveAcpi();
        s_timers = AcpiTimers.Read(Memory, in s_acpi, ref s_faults);

        DiscoveryOptions options = new()
        {
            BootProcessor = InterruptController.Id,
            ApicIdMax = InterruptController.IdMax.Value,
            IgnoreAcpi = Use == AcpiUse.Off,
        };
        ProcessorDiscovery.Run(TableMemory, in s_acpi, mp, hasMp, in options, ref s_processors, ref s_faults);
        ReadWiring(mp, hasMp);
        NumaTables.Read(in s_acpi, Memory, ref s_faults);

        // An MP table that nobody asked may be as wrong as it likes: qboot's always is.
        if (s_processors.Source != ProcessorSource.Madt)
            FirmwareReport.PrintFaults(in s_mpFaults);
        FirmwareReport.PrintFaults(in s_faults);
        FirmwareReport.PrintProcessors(in s_processors);
    }

    private static bool TryLoadAcpi() => BootInformation.IsUefi
        ? AcpiTables.TryLoadGiven(TableMemory, BootInformation.Rsdp, ref s_faults, out s_acpi)
        : AcpiTables.TryLoad(TableMemory, BootInformation.Rsdp, ref s_faults, out s_acpi);

    private static void ReadWiring(MpConfiguration mp, bool hasMp)
    {
        if (s_acpi.TryOpen(TableMemory, "APIC"u8, FirmwarePart.Madt, ref s_wiringFaults, out AcpiTable table)
            && Madt.TryParse(table, out Madt madt, out ParseFault _)) // its fault was logged when the processors were read
            InterruptWiring.Read(madt, InterruptController.Id, in BootInformation.MemoryMap, out s_wiring, ref s_faults);
        else if (hasMp)
            InterruptWiring.Read(mp, InterruptController.Id, in BootInformation.MemoryMap, out s_wiring, ref s_faults);
        IsPicMode = hasMp && mp.Pointer.HasImcr;
    }

    private static void ReserveMp(MpConfiguration mp)
    {
        Printk.Info($"Intel MultiProcessor Specification v1.{mp.Pointer.Revision}, floating pointer at {mp.Pointer.At}");
        MemorySetup.Reserve(mp.PointerRange);
        MemorySetup.Reserve(mp.TableRange);
        MemorySetup.Reserve(mp.OemRange);
    }

    private static void ReserveAcpi()
    {
        Printk.Info($"ACPI: RSDP at {s_acpi.Rsdp.At}, {s_acpi.Count} tables");
        MemorySetup.Reserve(s_acpi.Rsdp.Range);
        MemorySetup.Reserve(s_acpi.RootTable);
        foreach (AcpiTableEntry table in s_acpi.Entries)
            MemorySetup.Reserve(table.Range);
    }
}
