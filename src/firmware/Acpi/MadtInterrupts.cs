// The MADT's entries about interrupt wiring.  Source: ACPI 6.5 §5.2.12.3 to §5.2.12.8 and §5.2.12.13.
using System;

namespace Commence.Firmware.Acpi;

/// <summary>An I/O APIC and the first of the global interrupt numbers that its inputs have. Source: §5.2.12.3.</summary>
public readonly struct MadtIoApic
{
    public const int SizeBytes = 12;

    public byte Id { get; private init; }

    public PhysAddr Address { get; private init; }

    public uint GsiBase { get; private init; }

    /// <summary>Reads an entry.</summary>
    /// <returns>False if it is of another type or too short.</returns>
    public static bool TryParse(ReadOnlySpan<byte> entry, out MadtIoApic apic)
    {
        apic = default;
        if (entry.Length < SizeBytes || entry[0] != (byte)MadtEntryType.IoApic)
            return false;

        apic = new MadtIoApic { Id = entry[2], Address = new PhysAddr(entry.U32(4)), GsiBase = entry.U32(8) };
        return true;
    }
}

/// <summary>An ISA interrupt that is not wired to the global interrupt of the same number. Source: §5.2.12.5.</summary>
public readonly struct MadtInterruptOverride
{
    public const int SizeBytes = 10;

    public byte Bus { get; private init; }

    public byte Irq { get; private init; }

    public uint Gsi { get; private init; }

    public InterruptMode Mode { get; private init; }

    /// <inheritdoc cref="MadtIoApic.TryParse"/>
    public static bool TryParse(ReadOnlySpan<byte> entry, out MadtInterruptOverride wire)
    {
        wire = default;
        if (entry.Length < SizeBytes || entry[0] != (byte)MadtEntryType.InterruptSourceOverride)
            return false;

        wire = new MadtInterruptOverride
        {
            Bus = entry[2],
            Irq = entry[3],
            Gsi = entry.U32(4),
            Mode = new InterruptMode(entry.U16(8)),
        };
        return true;
    }
}

/// <summary>A global interrupt that is to be delivered as NMI. Source: §5.2.12.6.</summary>
public readonly struct MadtNmiSource
{
    public const int SizeBytes = 8;

    public InterruptMode Mode { get; private init; }

    public uint Gsi { get; private init; }

    /// <inheritdoc cref="MadtIoApic.TryParse"/>
    public static bool TryParse(ReadOnlySpan<byte> entry, out MadtNmiSource source)
    {
        source = default;
        if (entry.Length < SizeBytes || entry[0] != (byte)MadtEntryType.NmiSource)
            return false;

        source = new MadtNmiSource { Mode = new InterruptMode(entry.U16(2)), Gsi = entry.U32(4) };
        return true;
    }
}

/// <summary>The local APIC input that NMI is wired to, of one processor or of all. Source: §5.2.12.7 and §5.2.12.13.</summary>
public readonly struct MadtLocalApicNmi
{
    public const int SizeBytes = 6;
    public const int SizeBytesX2Apic = 12;

    private const byte AllProcessors = 0xFF;
    private const uint AllProcessorsX2Apic = 0xFFFF_FFFF;

    /// <summary>It concerns every processor.</summary>
    public bool IsForAll { get; private init; }

    /// <summary>The processor that it concerns, if not all.</summary>
    public uint Uid { get; private init; }

    public InterruptMode Mode { get; private init; }

    /// <summary>0 or 1.</summary>
    public byte LocalInput { get; private init; }

    /// <summary>Reads an entry of type 4 or 10.</summary>
    /// <returns>False if it is of another type or too short.</returns>
    public static bool TryParse(ReadOnlySpan<byte> entry, out MadtLocalApicNmi nmi)
    {
        nmi = default;
        if (entry.Length >= SizeBytesX2Apic && entry[0] == (byte)MadtEntryType.LocalX2ApicNmi)
        {
            uint uid = entry.U32(4);
            nmi = new MadtLocalApicNmi
            {
                IsForAll = uid == AllProcessorsX2Apic,
                Uid = uid,
                Mode = new InterruptMode(entry.U16(2)),
                LocalInput = entry[8],
            };
            return true;
        }

        if (entry.Length < SizeBytes || entry[0] != (byte)MadtEntryType.LocalApicNmi)
            return false;

        nmi = new MadtLocalApicNmi
        {
            IsForAll = entry[2] == AllProcessors,
            Uid = entry[2],
            Mode = new InterruptMode(entry.U16(3)),
            LocalInput = entry[5],
        };
        return true;
    }
}

/// <summary>The 64-bit address of the local APICs. Source: §5.2.12.8.</summary>
public readonly struct MadtLocalApicAddress
{
    public const int SizeBytes = 12;

    public PhysAddr Address { get; private init; }

    /// <inheritdoc cref="MadtIoApic.TryParse"/>
    public static bool TryParse(ReadOnlySpan<byte> entry, out MadtLocalApicAddress address)
    {
        address = default;
        if (entry.Length < SizeBytes || entry[0] != (byte)MadtEntryType.LocalApicAddressOverride)
            return false;

        address = new MadtLocalApicAddress { Address = new PhysAddr(entry.U64(4)) };
        return true;
    }
}
