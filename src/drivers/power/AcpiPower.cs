// Switching the machine off and starting it anew, as ACPI describes it: registers named by the FADT, values by the DSDT.
//
// The tables are read once, in early boot, while they can still be read everywhere.
// Source: ACPI 6.5 §4.8.3.2 "PM1 Control Registers", §4.8.3.6 "Reset Register", §7.4.2 "\_Sx states".
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Commence.Init;

namespace Commence.Drivers.Power;

/// <summary>The machine's switch.</summary>
public static class AcpiPower
{
    private const int SleepTypeShift = 10;
    private const ushort SleepEnable = 1 << 13;

    private static ushort s_controlA;   // I/O port of PM1a control; 0: none
    private static ushort s_controlB;
    private static SleepType s_softOff;
    private static bool s_hasSoftOff;
    private static ushort s_resetPort;
    private static byte s_resetValue;

    /// <summary>Reads where the switch is.</summary>
    /// <remarks>Context: early boot.</remarks>
    public static void Find()
    {
        FaultLog faults = default;
        if (!FirmwareTables.Acpi.TryOpen(FirmwareTables.Memory, "FACP"u8, FirmwarePart.Fadt, ref faults, out AcpiTable table)
            || !Fadt.TryParse(table, out Fadt fadt, out ParseFault _))
            return;

        s_controlA = PortOf(fadt.Pm1aControl);
        s_controlB = PortOf(fadt.Pm1bControl);
        s_resetPort = PortOf(fadt.ResetRegister);
        s_resetValue = fadt.ResetValue;
        if (AcpiTable.TryRead(FirmwareTables.Memory, fadt.Dsdt, FirmwarePart.Fadt, ref faults, out AcpiTable dsdt))
            s_hasSoftOff = SleepType.TryFindSoftOff(dsdt.Bytes, out s_softOff);
    }

    /// <summary>Switches the machine off (S5). Returns if it cannot.</summary>
    /// <remarks>Context: any. IRQs: off.</remarks>
    public static void PowerOff()
    {
        if (!s_hasSoftOff || s_controlA == 0)
            return;
        new IoPort(s_controlA).Write16((ushort)((s_softOff.Pm1a << SleepTypeShift) | SleepEnable));
        if (s_controlB != 0)
            new IoPort(s_controlB).Write16((ushort)((s_softOff.Pm1b << SleepTypeShift) | SleepEnable));
    }

    /// <summary>The FADT names a register that resets the machine.</summary>
    public static bool HasReset => s_resetPort != 0;

    /// <summary>Resets the machine, a little later.</summary>
    /// <remarks>Context: any. IRQs: off. Only if <see cref="HasReset"/>.</remarks>
    public static void Reset() => new IoPort(s_resetPort).Write8(s_resetValue);

    private static ushort PortOf(GenericAddress register) =>
        register is { Space: AddressSpace.Io, IsPresent: true, Address: <= ushort.MaxValue } ? (ushort)register.Address : (ushort)0;
}
