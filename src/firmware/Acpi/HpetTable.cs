// The table of the high precision event timer (signature "HPET"), which says where its registers are.
//
//   offset 36  id of the block, u32      44  address, u64 (behind a generic address structure's first four bytes)
//          40  generic address           52  number of the timer block    53  smallest tick in periodic mode, u16
//
// Source: IA-PC HPET Specification 1.0a §3.2.4 "The ACPI 2.0 HPET Description Table (HPET)".
using System;

namespace Commence.Firmware.Acpi;

/// <summary>Where a timer block is.</summary>
public readonly struct HpetTable
{
    /// <summary>Bytes of registers that a block has at least: up to the comparators of its third timer.</summary>
    public const uint RegistersBytes = 0x400;

    private const int SizeBytes = 56;
    private const int AddressOffset = 40;
    private const int NumberOffset = 52;
    private const ulong Alignment = 8;

    /// <summary>Where its registers lie in memory.</summary>
    public PhysAddr Address { get; private init; }

    /// <summary>Its number among the machine's blocks.</summary>
    public byte Number { get; private init; }

    /// <summary>Reads a table.</summary>
    /// <returns>False, with a fault, if it is none or names no registers in memory.</returns>
    public static bool TryParse(AcpiTable table, out HpetTable hpet, out ParseFault fault)
    {
        hpet = default;
        fault = default;
        if (table.Signature != AcpiTable.SignatureOf("HPET"u8))
            fault = new ParseFault(FirmwarePart.Hpet, FaultKind.BadSignature, 0, table.Signature);
        else if (table.Bytes.Length < SizeBytes)
            fault = new ParseFault(FirmwarePart.Hpet, FaultKind.Truncated, (ulong)table.Bytes.Length);
        else if (table.Bytes[AddressOffset] != (byte)AddressSpace.Memory)
            fault = new ParseFault(FirmwarePart.Hpet, FaultKind.BadValue, AddressOffset, table.Bytes[AddressOffset]);
        if (fault.IsFault)
            return false;

        ulong address = table.Bytes.U64(AddressOffset + 4);
        if (address == 0)
            fault = new ParseFault(FirmwarePart.Hpet, FaultKind.NullPointer, AddressOffset + 4);
        else if (address % Alignment != 0 || address >= MemoryMap.AddressEnd - RegistersBytes)
            fault = new ParseFault(FirmwarePart.Hpet, FaultKind.BadValue, AddressOffset + 4, address);
        if (fault.IsFault)
            return false;

        hpet = new HpetTable { Address = new PhysAddr(address), Number = table.Bytes[NumberOffset] };
        return true;
    }
}
