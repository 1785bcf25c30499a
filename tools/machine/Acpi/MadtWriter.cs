// A MADT, entry by entry, in whatever order and with whatever is wrong with them.
// Source: ACPI 6.5 §5.2.12 "Multiple APIC Description Table (MADT)".
using System;
using System.Buffers.Binary;
using System.Collections.Generic;

namespace Commence.Machine.Acpi;

/// <summary>Builds the table that names processors and interrupt controllers.</summary>
public sealed class MadtWriter
{
    /// <summary>The processor is there and is to be started.</summary>
    public const uint Enabled = 1;

    /// <summary>The processor may be brought in later (revision 5 and later).</summary>
    public const uint OnlineCapable = 2;

    private const uint LocalApicAddress = 0xFEE0_0000;
    private const uint IoApicAddress = 0xFEC0_0000;
    private const uint LegacyPics = 1;

    private readonly List<byte> _entries = [];

    /// <summary>The table's revision; the online-capable flag means something from 5 on.</summary>
    public byte Revision { get; init; } = 3;

    /// <summary>Adds bytes as they are.</summary>
    public MadtWriter Raw(params byte[] bytes)
    {
        _entries.AddRange(bytes);
        return this;
    }

    /// <summary>Adds a processor with an 8-bit id.</summary>
    public MadtWriter Cpu(byte id, uint flags = Enabled) => Raw([0, 8, id, id, .. Number(flags)]);

    /// <summary>Adds a processor with a 32-bit id.</summary>
    public MadtWriter WideCpu(uint id, uint flags = Enabled) => Raw([9, 16, 0, 0, .. Number(id), .. Number(flags), .. Number(id)]);

    /// <summary>Adds enabled processors 0 to <paramref name="count"/> - 1.</summary>
    public MadtWriter Cpus(int count)
    {
        for (int id = 0; id < count; id++)
            Cpu((byte)id);
        return this;
    }

    /// <summary>Adds an I/O APIC.</summary>
    public MadtWriter IoApic(byte id, uint address, uint gsiBase) => Raw([1, 12, id, 0, .. Number(address), .. Number(gsiBase)]);

    /// <summary>Adds the I/O APIC, the interrupt overrides and the NMI input that a q35 and a pc machine have.</summary>
    public MadtWriter PcInterrupts()
    {
        const byte levelHigh = 0xD;
        IoApic(0, IoApicAddress, 0);
        Raw([2, 10, 0, 0, .. Number(2), 0, 0]);
        foreach (byte irq in (byte[])[5, 9, 10, 11])
            Raw([2, 10, 0, irq, .. Number(irq), levelHigh, 0]);
        return Raw(4, 6, 0xFF, 0, 0, 1);
    }

    /// <summary>Gives the table.</summary>
    public AcpiTableImage ToTable() => AcpiTableImage.Make("APIC", Revision, [.. Number(LocalApicAddress), .. Number(LegacyPics), .. _entries]);

    private static byte[] Number(uint value)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
