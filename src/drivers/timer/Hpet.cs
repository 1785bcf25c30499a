// The high precision event timer: a counter of 10 MHz or more in memory, which says its rate itself.
//
//   0x000  low word: bit 13 the counter has 64 bits, bits 0–7 revision; high word: femtoseconds of a count
//   0x010  bit 0: the counter runs, bit 1: its timers replace the legacy ones      0x0F0  the counter
//
// Only the lower 32 bits of the counter are read, so that a read is one access on every machine.
//
// Source: IA-PC HPET Specification 1.0a §2.3 "Register Model".
using System;
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Commence.Init;
using Commence.Memory;
using Commence.Time;

namespace Commence.Drivers.Timer;

/// <summary>The timer as a clock source.</summary>
public sealed class Hpet : ClockSource
{
    private const uint CapabilitiesOffset = 0x000;
    private const uint PeriodOffset = 0x004;
    private const uint ConfigurationOffset = 0x010;
    private const uint CounterOffset = 0x0F0;
    private const uint RevisionMask = 0xFF;
    private const uint Enable = 1 << 0;
    private const uint LegacyReplacement = 1 << 1;

    private readonly Mmio _registers;
    private readonly ulong _frequencyHz;

    private Hpet(Mmio registers, ulong frequencyHz)
    {
        _registers = registers;
        _frequencyHz = frequencyHz;
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "hpet"u8;

    /// <inheritdoc/>
    public override int Rating => 250;

    /// <inheritdoc/>
    public override ulong FrequencyHz => _frequencyHz;

    /// <inheritdoc/>
    public override ulong Mask => uint.MaxValue;

    /// <inheritdoc/>
    public override ulong Read() => _registers.Read32(CounterOffset);

    /// <summary>Finds the timer by its ACPI table, and lets its counter run.</summary>
    /// <param name="timer">The timer; null if there is none.</param>
    /// <returns>Why there is none; empty if there is one.</returns>
    /// <remarks>Context: early boot, after devices can be mapped.</remarks>
    public static ReadOnlySpan<byte> Find(out Hpet? timer)
    {
        timer = null;
        if (!FirmwareTables.Timers.HasHpet)
            return "no sound ACPI HPET table"u8;

        // A table that names memory would make us write there.
        HpetTable hpet = FirmwareTables.Timers.Hpet;
        if (BootInformation.MemoryMap.KindAt(hpet.Address) == MemoryKind.Usable)
            return "its ACPI table names usable memory"u8;
        if (!Mmio.TryMap(hpet.Address, HpetTable.RegistersBytes, out Mmio registers))
            return "its registers cannot be mapped"u8;

        uint capabilities = registers.Read32(CapabilitiesOffset);
        if (capabilities == uint.MaxValue || (capabilities & RevisionMask) == 0)
            return "nobody answers at its address"u8;
        if (!HpetRate.TryFromPeriod(registers.Read32(PeriodOffset), out ulong frequencyHz))
            return "it claims an impossible rate"u8;

        // The legacy timers keep their lines, whatever the firmware chose.
        uint configuration = registers.Read32(ConfigurationOffset);
        registers.Write32(ConfigurationOffset, (configuration & ~LegacyReplacement) | Enable);
        timer = new Hpet(registers, frequencyHz);
        return default;
    }
}
