// What ACPI tables say of a machine's timers, kept because the tables themselves can be read in early boot only.
using System;

namespace Commence.Firmware.Acpi;

/// <summary>The timers of a machine. All-zero is a machine without ACPI.</summary>
public struct AcpiTimers
{
    private const ushort NoCmosClock = 1 << 5; // IA-PC boot architecture flags, ACPI 6.5 Table 5.11

    /// <summary>There is a FADT; without one, the next four say nothing.</summary>
    public bool HasFadt { get; private set; }

    /// <summary>The machine has no fixed hardware, and so no power management timer.</summary>
    public bool IsHardwareReduced { get; private set; }

    /// <summary>Where the power management timer is; absent if there is none.</summary>
    public GenericAddress PmTimer { get; private set; }

    /// <summary>It has 32 bits, else 24.</summary>
    public bool IsPmTimer32Bits { get; private set; }

    /// <summary>Firmware says that there is no CMOS clock.</summary>
    public bool LacksCmosClock { get; private set; }

    /// <summary>There is a high precision event timer, of which <see cref="Hpet"/> tells.</summary>
    public bool HasHpet { get; private set; }

    /// <summary>Where its registers are.</summary>
    public HpetTable Hpet { get; private set; }

    /// <summary>Reads the tables that tell of timers.</summary>
    /// <remarks>Context: early boot.</remarks>
    public static AcpiTimers Read<TMemory>(TMemory memory, in AcpiTables tables, scoped ref FaultLog faults)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        AcpiTimers timers = default;
        if (tables.TryOpen(memory, "FACP"u8, FirmwarePart.Fadt, ref faults, out AcpiTable table))
            timers.ReadFadt(table, ref faults);
        if (tables.TryOpen(memory, "HPET"u8, FirmwarePart.Hpet, ref faults, out table))
            timers.ReadHpet(table, ref faults);
        return timers;
    }

    private void ReadFadt(AcpiTable table, scoped ref FaultLog faults)
    {
        if (!Fadt.TryParse(table, out Fadt fadt, out ParseFault fault))
        {
            faults.Add(fault);
            return;
        }

        HasFadt = true;
        IsHardwareReduced = fadt.IsHardwareReduced;
        PmTimer = fadt.PmTimer;
        IsPmTimer32Bits = fadt.IsPmTimer32Bits;
        LacksCmosClock = (fadt.BootArchitecture & NoCmosClock) != 0;
    }

    private void ReadHpet(AcpiTable table, scoped ref FaultLog faults)
    {
        HasHpet = HpetTable.TryParse(table, out HpetTable hpet, out ParseFault fault);
        Hpet = hpet;
        if (!HasHpet)
            faults.Add(fault);
    }
}
