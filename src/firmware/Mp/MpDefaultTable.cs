// The seven default configurations: machines too plain to carry a table. Each is written out as the table that it stands for,
// so that one reader serves all.
//
//   no.  buses       local APIC        no.  buses        local APIC
//    1   ISA         82489DX            5   ISA + PCI    integrated
//    2   EISA        82489DX, IRQ 0     6   EISA + PCI   integrated
//        and 13 not wired to the APIC   7   MCA + PCI    integrated
//    3   EISA        82489DX
//    4   MCA         82489DX
// All have two processors with APIC ids 0 and 1 and one I/O APIC with id 2 at FEC00000.
// Source: MP Spec 1.4 §5 "Default Configurations", Table 5-1; §5.3 "Assignment of System Interrupts to the ... APIC".
using System;
using System.Buffers.Binary;

namespace Commence.Firmware.Mp;

/// <summary>Writes a default configuration as an MP configuration table.</summary>
public static class MpDefaultTable
{
    public const byte NumberMax = 7;

    /// <summary>No default configuration needs more.</summary>
    public const int SizeBytesMax = 256;

    private const uint LocalApicAddress = 0xFEE0_0000;
    private const uint IoApicAddress = 0xFEC0_0000;
    private const byte IoApicId = 2;
    private const byte IntegratedVersion = 0x10;
    private const byte DiscreteVersion = 0x01;     // 82489DX
    private const byte SystemBus = 0;
    private const byte PciBus = 1;
    private const byte Revision14 = 4;
    private const byte TimerIrq = 0;
    private const byte CascadeIrq = 2;
    private const byte DmaChainingIrq = 13;
    private const byte TimerPin = 2;

    /// <summary>Writes the table of configuration <paramref name="number"/>.</summary>
    /// <param name="number">1 to 7.</param>
    /// <param name="destination">At least <see cref="SizeBytesMax"/> bytes.</param>
    /// <param name="length">The table's length.</param>
    /// <returns>False if there is no such configuration or no room.</returns>
    public static bool TryWrite(byte number, Span<byte> destination, out int length)
    {
        length = 0;
        if (number is 0 or > NumberMax || destination.Length < SizeBytesMax)
            return false;

        destination.Slice(0, SizeBytesMax).Clear();
        int count = 0;
        int at = WriteEntries(number, destination, ref count);

        "PCMP"u8.CopyTo(destination);
        BinaryPrimitives.WriteUInt16LittleEndian(destination.Slice(4), (ushort)at);
        destination[6] = Revision14;
        "DEFAULT "u8.CopyTo(destination.Slice(8));
        "CONFIG      "u8.CopyTo(destination.Slice(16));
        BinaryPrimitives.WriteUInt16LittleEndian(destination.Slice(34), (ushort)count);
        BinaryPrimitives.WriteUInt32LittleEndian(destination.Slice(36), LocalApicAddress);
        destination[7] = (byte)-TableBytes.Sum(destination.Slice(0, at));
        length = at;
        return true;
    }

    private static int WriteEntries(byte number, Span<byte> table, ref int count)
    {
        int at = MpTable.HeaderSizeBytes;
        byte version = number > 4 ? IntegratedVersion : DiscreteVersion;
        for (byte id = 0; id < 2; id++, count++)
        {
            // Which of the two is the bootstrap processor is not said. It is enabled in either case.
            table[at + 1] = id;
            table[at + 2] = version;
            table[at + 3] = 1;
            at += MpProcessor.SizeBytes;
        }

        at = WriteBus(table, at, SystemBus, SystemBusName(number), ref count);
        if (number > 4)
            at = WriteBus(table, at, PciBus, "PCI   "u8, ref count);

        table[at] = (byte)MpEntryType.IoApic;
        table[at + 1] = IoApicId;
        table[at + 2] = version;
        table[at + 3] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(table.Slice(at + 4), IoApicAddress);
        at += MpIoApic.SizeBytes;
        count++;

        at = WriteInterrupts(number, table, at, ref count);

        // The legacy controller's INTR and NMI reach LINTIN 0 and 1 of every local APIC.
        at = WriteInterrupt(table, at, MpEntryType.LocalInterrupt, MpInterruptKind.External, 0, MpInterrupt.AllApics, 0, ref count);
        return WriteInterrupt(table, at, MpEntryType.LocalInterrupt, MpInterruptKind.Nmi, 0, MpInterrupt.AllApics, 1, ref count);
    }

    private static int WriteInterrupts(byte number, Span<byte> table, int at, ref int count)
    {
        at = WriteInterrupt(table, at, MpEntryType.IoInterrupt, MpInterruptKind.External, 0, IoApicId, 0, ref count);
        for (byte irq = 0; irq < 16; irq++)
        {
            bool isUnwired = irq == CascadeIrq || (number == 2 && irq is (TimerIrq or DmaChainingIrq));
            if (isUnwired)
                continue;

            byte pin = irq == TimerIrq ? TimerPin : irq;
            at = WriteInterrupt(table, at, MpEntryType.IoInterrupt, MpInterruptKind.Vectored, irq, IoApicId, pin, ref count);
        }

        return at;
    }

    private static int WriteBus(Span<byte> table, int at, byte id, ReadOnlySpan<byte> name, ref int count)
    {
        table[at] = (byte)MpEntryType.Bus;
        table[at + 1] = id;
        name.CopyTo(table.Slice(at + 2));
        count++;
        return at + MpBus.SizeBytes;
    }

    private static int WriteInterrupt(
        Span<byte> table, int at, MpEntryType type, MpInterruptKind kind, byte irq, byte destination, byte pin, ref int count)
    {
        table[at] = (byte)type;
        table[at + 1] = (byte)kind;
        table[at + 4] = SystemBus;
        table[at + 5] = irq;
        table[at + 6] = destination;
        table[at + 7] = pin;
        count++;
        return at + MpInterrupt.SizeBytes;
    }

    private static ReadOnlySpan<byte> SystemBusName(byte number) => number switch
    {
        1 or 5 => "ISA   "u8,
        4 or 7 => "MCA   "u8,
        _ => "EISA  "u8,
    };
}
