// The legacy interrupt controllers of the PC. The kernel does not use them; they are moved away from the exceptions'
// vectors and masked, so that a line left on by the firmware cannot look like an exception.
//
// Source: Intel 8259A data sheet, "Initialization Command Words".
namespace Commence.Drivers.IrqChip;

/// <summary>The pair of 8259A interrupt controllers.</summary>
public static class Pic8259
{
    private const byte InitialiseWithIcw4 = 0x11;
    private const byte SlaveOnLine2 = 0x04;
    private const byte CascadeIdentity = 0x02;
    private const byte Mode8086 = 0x01;
    private const byte MaskAll = 0xFF;

    /// <summary>Vectors of the sixteen lines, should one ever fire although masked (spurious lines 7 and 15 do).</summary>
    public const byte VectorFirst = 0x20;

    /// <summary>Moves the lines to <see cref="VectorFirst"/> and masks them all.</summary>
    /// <remarks>Context: early boot. IRQs: off. Harmless where there are no such controllers.</remarks>
    public static void Disable()
    {
        IoPort masterCommand = new(0x20);
        IoPort masterData = new(0x21);
        IoPort slaveCommand = new(0xA0);
        IoPort slaveData = new(0xA1);

        masterCommand.Write8(InitialiseWithIcw4);
        slaveCommand.Write8(InitialiseWithIcw4);
        masterData.Write8(VectorFirst);
        slaveData.Write8(VectorFirst + 8);
        masterData.Write8(SlaveOnLine2);
        slaveData.Write8(CascadeIdentity);
        masterData.Write8(Mode8086);
        slaveData.Write8(Mode8086);
        masterData.Write8(MaskAll);
        slaveData.Write8(MaskAll);
    }
}
