// The legacy interrupt controllers of the PC: two, the second on line 2 of the first.
//
// Where I/O APICs are used these are masked, and moved away from the exceptions' vectors, so that a line left on by the firmware
// cannot look like an exception. Where there is no I/O APIC, or none is wanted, they bring the devices' lines to the boot
// processor: over its local APIC's input LINT0 ("virtual wire mode", MP Spec 1.4 §3.6.2.2), or straight to it without one.
//
// A line that goes down between request and acknowledgement comes as line 7 of its controller, without being in service:
// spurious. It must not be acknowledged, but the first controller knows nothing of what was spurious in the second.
//
// Source: Intel 8259A data sheet, "Initialization Command Words", "Operation Command Words", "Reading the 8259A Status".
using System;
using Commence.Debug;
using Commence.Irq;
using Commence.Locking;

namespace Commence.Drivers.IrqChip;

/// <summary>The pair of 8259A interrupt controllers.</summary>
public sealed class Pic8259 : InterruptRouter
{
    /// <summary>Vector of line 0, and so those of all sixteen.</summary>
    public const byte VectorFirst = DeviceInterrupts.VectorFirst;

    private const byte InitialiseWithIcw4 = 0x11;
    private const byte SlaveOnLine2 = 0x04;
    private const byte CascadeIdentity = 0x02;
    private const byte Mode8086 = 0x01;
    private const byte MaskAll = 0xFF;
    private const byte ReadInService = 0x0B;   // OCW3
    private const byte SpecificEnd = 0x60;     // OCW2, with the line
    private const int CascadeLine = 2;
    private const int LineCount = 16;
    private const int LinesPerChip = 8;
    private const int SpuriousLine = 7;
    private const byte InServiceSpurious = 1 << SpuriousLine;

    private ushort _mask = 0xFFFF;
    private IrqSpinLock _lock; // the mask

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "XT-PIC"u8;

    /// <inheritdoc/>
    public override int FixedVectorFirst => VectorFirst;

    private static IoPort MasterCommand => new(0x20);

    private static IoPort MasterData => new(0x21);

    private static IoPort SlaveCommand => new(0xA0);

    private static IoPort SlaveData => new(0xA1);

    /// <summary>Moves the lines to <see cref="VectorFirst"/> and masks them all.</summary>
    /// <remarks>Context: early boot. IRQs: off. Harmless where there are no such controllers.</remarks>
    public static void Disable()
    {
        MasterCommand.Write8(InitialiseWithIcw4);
        SlaveCommand.Write8(InitialiseWithIcw4);
        MasterData.Write8(VectorFirst);
        SlaveData.Write8(VectorFirst + LinesPerChip);
        MasterData.Write8(SlaveOnLine2);
        SlaveData.Write8(CascadeIdentity);
        MasterData.Write8(Mode8086);
        SlaveData.Write8(Mode8086);
        MasterData.Write8(MaskAll);
        SlaveData.Write8(MaskAll);
    }

    /// <summary>Whether the controllers are there: the mask can be read back.</summary>
    /// <remarks>Context: early boot, after <see cref="Disable"/>. IRQs: off.</remarks>
    public static bool IsPresent
    {
        get
        {
            const byte Probe = MaskAll & ~(1 << CascadeLine);
            MasterData.Write8(Probe);
            bool isThere = MasterData.Read8() == Probe;
            MasterData.Write8(MaskAll);
            return isThere;
        }
    }

    /// <inheritdoc/>
    public override bool TryRouteLegacyLine(int line, int vector, ApicId to)
    {
        _ = to; // it reaches the boot processor, which is the one that asks in early boot; see the platform
        if ((uint)line >= LineCount || line == CascadeLine || vector != VectorFirst + line)
            return false;

        using IrqSpinLock.Guard guard = _lock.Lock();
        _mask &= (ushort)~(1 << line);
        if (line >= LinesPerChip)
            _mask &= unchecked((ushort)~(1 << CascadeLine));
        MasterData.Write8((byte)_mask);
        SlaveData.Write8((byte)(_mask >> LinesPerChip));
        return true;
    }

    /// <inheritdoc/>
    public override bool TryDismissSpurious(int line)
    {
        if (line % LinesPerChip != SpuriousLine)
            return false;

        bool isOfSlave = line >= LinesPerChip;
        IoPort command = isOfSlave ? SlaveCommand : MasterCommand;
        command.Write8(ReadInService);
        if ((command.Read8() & InServiceSpurious) != 0)
            return false;

        if (isOfSlave)
            MasterCommand.Write8(SpecificEnd | CascadeLine);
        return true;
    }

    /// <inheritdoc/>
    public override void EndOfInterrupt(int line)
    {
        if (line >= LinesPerChip)
            SlaveCommand.Write8((byte)(SpecificEnd | (line - LinesPerChip)));
        MasterCommand.Write8((byte)(SpecificEnd | (line >= LinesPerChip ? CascadeLine : line)));
    }
}
