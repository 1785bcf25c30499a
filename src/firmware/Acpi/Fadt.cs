// The fixed ACPI description table (signature "FACP"): the ports by which a machine is timed, powered off and reset.
//
// Every revision is longer than the one before. What lies behind a table's end counts as zero, which is what the
// specification lets absent fields mean. Where a register stands in the table twice, the 64-bit form wins if it is not zero.
// Source: ACPI 6.5 §5.2.9 "Fixed ACPI Description Table (FADT)", Tables 5.9 to 5.11.
using System;

namespace Commence.Firmware.Acpi;

/// <summary>Where a register lies. Source: ACPI 6.5 §5.2.3.2, Table 5.1.</summary>
public enum AddressSpace : byte
{
    Memory = 0,
    Io = 1,
    PciConfiguration = 2,
}

/// <summary>A register's place: ACPI's generic address structure. Source: ACPI 6.5 §5.2.3.2.</summary>
public readonly struct GenericAddress
{
    internal const int SizeBytes = 12;

    public AddressSpace Space { get; init; }

    public byte BitWidth { get; init; }

    public byte BitOffset { get; init; }

    /// <summary>0 undefined, 1 byte, 2 word, 3 double word, 4 quad word.</summary>
    public byte AccessSize { get; init; }

    public ulong Address { get; init; }

    /// <summary>The machine has such a register.</summary>
    public bool IsPresent => Address != 0;
}

/// <summary>A FADT, over the bytes that firmware left.</summary>
public readonly ref struct Fadt
{
    // The flags. Source: Table 5.10 "Fixed ACPI Description Table Fixed Feature Flags".
    private const uint TimerIs32Bits = 1 << 8;
    private const uint ResetSupported = 1 << 10;
    private const uint HardwareReduced = 1 << 20;

    private const int SizeBytesRevision1 = 116;
    private const int HypervisorEnd = 276;
    private const int DsdtOffset = 40;
    private const int SciOffset = 46;
    private const int SmiCommandOffset = 48;
    private const int AcpiEnableOffset = 52;
    private const int Pm1aEventOffset = 56;
    private const int Pm1bEventOffset = 60;
    private const int Pm1aControlOffset = 64;
    private const int Pm1bControlOffset = 68;
    private const int PmTimerOffset = 76;
    private const int Pm1EventLengthOffset = 88;
    private const int Pm1ControlLengthOffset = 89;
    private const int PmTimerLengthOffset = 91;
    private const int CenturyOffset = 108;
    private const int BootArchitectureOffset = 109;
    private const int FlagsOffset = 112;
    private const int ResetRegisterOffset = 116;
    private const int ResetValueOffset = 128;
    private const int ArmBootArchitectureOffset = 129;
    private const int MinorRevisionOffset = 131;
    private const int XDsdtOffset = 140;
    private const int XPm1aEventOffset = 148;
    private const int XPm1bEventOffset = 160;
    private const int XPm1aControlOffset = 172;
    private const int XPm1bControlOffset = 184;
    private const int XPmTimerOffset = 208;
    private const int SleepControlOffset = 244;
    private const int SleepStatusOffset = 256;

    private readonly ReadOnlySpan<byte> _table;

    private Fadt(ReadOnlySpan<byte> table) => _table = table;

    public byte Revision => _table[8];

    public byte MinorRevision => (byte)(Byte(MinorRevisionOffset) & 0xF);

    /// <summary>The table of AML code that describes the machine; 0 if none.</summary>
    public PhysAddr Dsdt => new(Has(XDsdtOffset, sizeof(ulong)) && _table.U64(XDsdtOffset) != 0 ? _table.U64(XDsdtOffset) : _table.U32(DsdtOffset));

    /// <summary>The interrupt of ACPI events: an ISA number with legacy PICs, else a global one.</summary>
    public ushort SciInterrupt => _table.U16(SciOffset);

    /// <summary>The port that switches ACPI mode on, by <see cref="AcpiEnable"/>; 0 if the machine is in it already.</summary>
    public uint SmiCommand => _table.U32(SmiCommandOffset);

    public byte AcpiEnable => _table[AcpiEnableOffset];

    public GenericAddress Pm1aEvent => Register(XPm1aEventOffset, Pm1aEventOffset, Pm1EventLengthOffset);

    public GenericAddress Pm1bEvent => Register(XPm1bEventOffset, Pm1bEventOffset, Pm1EventLengthOffset);

    /// <summary>The register that powers the machine off: sleep type in bits 10 to 12, sleep enable bit 13. Source: §4.8.3.2.1.</summary>
    public GenericAddress Pm1aControl => Register(XPm1aControlOffset, Pm1aControlOffset, Pm1ControlLengthOffset);

    /// <summary>The second half of the same register; often absent.</summary>
    public GenericAddress Pm1bControl => Register(XPm1bControlOffset, Pm1bControlOffset, Pm1ControlLengthOffset);

    /// <summary>A counter of 3.579545 MHz. Source: §4.8.3.3 "Power Management Timer".</summary>
    public GenericAddress PmTimer => Register(XPmTimerOffset, PmTimerOffset, PmTimerLengthOffset);

    /// <summary>The timer has 32 bits, else 24.</summary>
    public bool IsPmTimer32Bits => (Flags & TimerIs32Bits) != 0;

    /// <summary>Where the real-time clock keeps the century; 0 if it does not.</summary>
    public byte Century => _table[CenturyOffset];

    public uint Flags => _table.U32(FlagsOffset);

    /// <summary>There are no PM1 registers; <see cref="SleepControl"/> powers the machine off.</summary>
    public bool IsHardwareReduced => (Flags & HardwareReduced) != 0;

    /// <summary>What legacy devices there are (bit 0: some, bit 1: an 8042, bit 5: no CMOS clock); 0 before revision 2.</summary>
    public ushort BootArchitecture => Revision >= 2 ? _table.U16(BootArchitectureOffset) : (ushort)0;

    /// <summary>Bit 0: the machine follows PSCI, bit 1: by HVC, else by SMC. Source: Table 5.12.</summary>
    public ushort ArmBootArchitecture => Has(ArmBootArchitectureOffset, sizeof(ushort)) ? _table.U16(ArmBootArchitectureOffset) : (ushort)0;

    /// <summary>Where to write <see cref="ResetValue"/> to reset the machine; absent if the machine cannot.</summary>
    public GenericAddress ResetRegister => (Flags & ResetSupported) != 0 ? Generic(ResetRegisterOffset) : default;

    public byte ResetValue => Byte(ResetValueOffset);

    /// <summary>For hardware-reduced machines. Source: §4.8.3.7 "Sleep Control and Status Registers".</summary>
    public GenericAddress SleepControl => Generic(SleepControlOffset);

    public GenericAddress SleepStatus => Generic(SleepStatusOffset);

    /// <summary>Takes a table for a FADT.</summary>
    public static bool TryParse(AcpiTable table, out Fadt fadt, out ParseFault fault)
    {
        fadt = default;
        fault = default;
        if (table.Bytes.Length < SizeBytesRevision1)
            fault = new ParseFault(FirmwarePart.Fadt, FaultKind.Truncated, (ulong)table.Bytes.Length);
        else if (table.Signature != AcpiTable.SignatureOf("FACP"u8))
            fault = new ParseFault(FirmwarePart.Fadt, FaultKind.BadSignature, 0, table.Signature);
        if (fault.IsFault)
            return false;

        fadt = new Fadt(table.Bytes.Slice(0, Math.Min(table.Bytes.Length, HypervisorEnd)));
        return true;
    }

    private bool Has(int offset, int length) => offset + length <= _table.Length;

    private byte Byte(int offset) => Has(offset, 1) ? _table[offset] : (byte)0;

    private GenericAddress Generic(int offset) => !Has(offset, GenericAddress.SizeBytes) ? default : new GenericAddress
    {
        Space = (AddressSpace)_table[offset],
        BitWidth = _table[offset + 1],
        BitOffset = _table[offset + 2],
        AccessSize = _table[offset + 3],
        Address = _table.U64(offset + 4),
    };

    private GenericAddress Register(int wideOffset, int narrowOffset, int lengthOffset)
    {
        GenericAddress wide = Generic(wideOffset);
        if (wide.IsPresent)
            return wide;

        return new GenericAddress
        {
            Space = AddressSpace.Io,
            BitWidth = (byte)(_table[lengthOffset] * 8),
            Address = _table.U32(narrowOffset),
        };
    }
}
