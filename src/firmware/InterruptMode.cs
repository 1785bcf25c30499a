// Polarity and trigger mode of an interrupt source, which MP tables and the ACPI MADT encode alike.
//
//   bit  3   2   1   0
//       trigger polarity     00 conforms to the bus   01 high, edge   11 low, level
//
// Source: MP Spec 1.4 §4.3.4, Table 4-10; ACPI 6.5 §5.2.12.5, Table 5.25 "MPS INTI Flags".
namespace Commence.Firmware;

public enum InterruptPolarity : byte
{
    ConformsToBus = 0,
    High = 1,
    Reserved = 2,
    Low = 3,
}

public enum InterruptTrigger : byte
{
    ConformsToBus = 0,
    Edge = 1,
    Reserved = 2,
    Level = 3,
}

/// <summary>How an interrupt input signals.</summary>
public readonly struct InterruptMode
{
    private readonly ushort _flags;

    public InterruptMode(ushort flags) => _flags = flags;

    public InterruptPolarity Polarity => (InterruptPolarity)(_flags & 3);

    public InterruptTrigger Trigger => (InterruptTrigger)((_flags >> 2) & 3);
}
