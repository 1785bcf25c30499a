// The MADT's two kinds of processor entries.
//
//   type 0, 8 bytes:  2 processor uid u8   3 APIC id u8          4 flags u32
//   type 9, 16 bytes: 4 x2APIC id u32      8 flags u32          12 processor uid u32
//   flags: bit 0 enabled, bit 1 online capable (from MADT revision 5 on; must be 0 if enabled)
//
// Before revision 5 a processor that is not enabled may still be plugged in later (QEMU lists its empty sockets so).
// Source: ACPI 6.5 §5.2.12.2 "Processor Local APIC Structure", Table 5.23 "Local APIC Flags";
// §5.2.12.12 "Processor Local x2APIC Structure".
using System;

namespace Commence.Firmware.Acpi;

/// <summary>What firmware says of a processor. Sorted: the lower, the better.</summary>
public enum ProcessorAvailability : byte
{
    /// <summary>Present and to be started.</summary>
    Enabled = 0,

    /// <summary>Not started by firmware, but the system may do it later.</summary>
    OnlineCapable = 1,

    /// <summary>Not usable.</summary>
    Disabled = 2,

    /// <summary>Usable, but its id cannot be addressed in the APIC's present mode.</summary>
    OutOfRange = 3,
}

internal static class MadtProcessorFlags
{
    private const uint Enabled = 1;
    private const uint OnlineCapable = 2;
    private const byte OnlineCapableRevision = 5;

    public static ProcessorAvailability ToAvailability(uint flags, byte madtRevision)
    {
        if ((flags & Enabled) != 0)
            return ProcessorAvailability.Enabled;
        bool isOnlineCapable = madtRevision >= OnlineCapableRevision && (flags & OnlineCapable) != 0;
        return isOnlineCapable ? ProcessorAvailability.OnlineCapable : ProcessorAvailability.Disabled;
    }
}

/// <summary>A processor with an 8-bit id.</summary>
public readonly struct MadtLocalApic
{
    public const int SizeBytes = 8;

    /// <summary>Not an id but the broadcast address: such an entry describes no processor.</summary>
    public const byte InvalidId = 0xFF;

    public ApicId ApicId { get; private init; }

    /// <summary>The number by which ACPI's namespace names the processor.</summary>
    public uint Uid { get; private init; }

    public ProcessorAvailability Availability { get; private init; }

    /// <summary>Reads an entry.</summary>
    /// <returns>False if it is of another type or too short.</returns>
    public static bool TryParse(ReadOnlySpan<byte> entry, byte madtRevision, out MadtLocalApic cpu)
    {
        cpu = default;
        if (entry.Length < SizeBytes || entry[0] != (byte)MadtEntryType.LocalApic)
            return false;

        cpu = new MadtLocalApic
        {
            Uid = entry[2],
            ApicId = new ApicId(entry[3]),
            Availability = MadtProcessorFlags.ToAvailability(entry.U32(4), madtRevision),
        };
        return true;
    }
}

/// <summary>A processor with a 32-bit id.</summary>
public readonly struct MadtLocalX2Apic
{
    public const int SizeBytes = 16;

    /// <summary>Not an id but the broadcast address.</summary>
    public const uint InvalidId = 0xFFFF_FFFF;

    /// <inheritdoc cref="MadtLocalApic.ApicId"/>
    public ApicId ApicId { get; private init; }

    /// <inheritdoc cref="MadtLocalApic.Uid"/>
    public uint Uid { get; private init; }

    /// <inheritdoc cref="MadtLocalApic.Availability"/>
    public ProcessorAvailability Availability { get; private init; }

    /// <inheritdoc cref="MadtLocalApic.TryParse"/>
    public static bool TryParse(ReadOnlySpan<byte> entry, byte madtRevision, out MadtLocalX2Apic cpu)
    {
        cpu = default;
        if (entry.Length < SizeBytes || entry[0] != (byte)MadtEntryType.LocalX2Apic)
            return false;

        cpu = new MadtLocalX2Apic
        {
            ApicId = new ApicId(entry.U32(4)),
            Availability = MadtProcessorFlags.ToAvailability(entry.U32(8), madtRevision),
            Uid = entry.U32(12),
        };
        return true;
    }
}
