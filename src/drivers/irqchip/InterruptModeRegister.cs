namespace Commence.Drivers.IrqChip;

/// <summary>The interrupt mode configuration register (IMCR) of machines that start in PIC mode: the 8259s' output and NMI go
/// past the local APIC until it is set.</summary>
/// <remarks>Source: MP Spec 1.4 §3.6.2.1 "PIC Mode".</remarks>
public static class InterruptModeRegister
{
    private const byte Imcr = 0x70;
    private const byte ThroughApic = 0x01;

    /// <summary>Lets the 8259s' output and NMI go to the local APIC.</summary>
    /// <remarks>Context: early boot. IRQs: off. Only where the MP floating pointer says that there is such a register.</remarks>
    public static void ConnectLocalApic()
    {
        new IoPort(0x22).Write8(Imcr);
        new IoPort(0x23).Write8(ThroughApic);
    }
}
