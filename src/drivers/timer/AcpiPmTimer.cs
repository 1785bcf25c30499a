// ACPI's power management timer: a counter of 24 or 32 bits that every ACPI machine has, unless its hardware is reduced.
//
// Source: ACPI 6.5 §4.8.2.1 "Power Management Timer", §4.8.3.3 "Power Management Timer (PM_TMR)".
using System;
using Commence.Firmware.Acpi;
using Commence.Init;
using Commence.Time;

namespace Commence.Drivers.Timer;

/// <summary>The timer as a clock source.</summary>
public sealed class AcpiPmTimer : ClockSource
{
    private const ulong Mask24Bits = 0xFF_FFFF;
    private const ulong Mask32Bits = 0xFFFF_FFFF;
    private const ulong PortMax = ushort.MaxValue - (sizeof(uint) - 1);

    private readonly IoPort _port;
    private readonly ulong _mask;

    private AcpiPmTimer(ushort port, ulong mask)
    {
        _port = new IoPort(port);
        _mask = mask;
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "acpi_pm"u8;

    /// <inheritdoc/>
    public override int Rating => 200;

    /// <inheritdoc/>
    public override ulong FrequencyHz => 3_579_545;

    /// <inheritdoc/>
    public override ulong Mask => _mask;

    /// <inheritdoc/>
    public override ulong Read() => _port.Read32();

    /// <summary>Finds the timer by the FADT.</summary>
    /// <param name="timer">The timer; null if there is none.</param>
    /// <returns>Why there is none; empty if there is one.</returns>
    /// <remarks>Context: early boot.</remarks>
    public static ReadOnlySpan<byte> Find(out AcpiPmTimer? timer)
    {
        timer = null;
        ref readonly AcpiTimers told = ref FirmwareTables.Timers;
        if (!told.HasFadt)
            return "no sound ACPI FADT"u8;
        if (told.IsHardwareReduced)
            return "hardware-reduced ACPI"u8;

        GenericAddress register = told.PmTimer;
        if (!register.IsPresent)
            return "none in the FADT"u8;
        if (register.Space != AddressSpace.Io || register.Address > PortMax)
            return "not at an I/O port"u8;

        timer = new AcpiPmTimer((ushort)register.Address, told.IsPmTimer32Bits ? Mask32Bits : Mask24Bits);
        return default;
    }
}
