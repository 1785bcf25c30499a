// The two words of the BIOS data area that say where firmware keeps its tables in low memory.
//
// Both are 0 where no BIOS ran (qboot), so a search must not rely on them alone.
// Source: MP Spec 1.4 §4 "MP Configuration Table"; ACPI 6.5 §5.2.5.1 "Finding the RSDP on IA-PC Systems".
using System;

namespace Commence.Firmware;

/// <summary>Reads the BIOS data area at 0040:0000.</summary>
public static class BiosData
{
    private const ulong EbdaSegmentAddress = 0x40E;     // 40:0E, the EBDA's real-mode segment
    private const ulong BaseMemoryAddress = 0x413;      // 40:13, base memory in KiB
    private const ulong ConventionalMemoryEnd = 0xA0000;
    private const ulong BiosDataEnd = 0x500;

    /// <summary>The extended BIOS data area's address.</summary>
    /// <returns>False if the word is 0 or names a place where no such area can be.</returns>
    public static bool TryGetEbda<TMemory>(TMemory memory, out PhysAddr ebda)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        ebda = default;
        if (!memory.TryRead(new PhysAddr(EbdaSegmentAddress), sizeof(ushort), out ReadOnlySpan<byte> word))
            return false;

        ulong address = (ulong)word.U16(0) << 4;
        ebda = new PhysAddr(address);
        return address is >= BiosDataEnd and < ConventionalMemoryEnd;
    }

    /// <summary>The end of base memory by the BIOS's figure.</summary>
    /// <returns>False if the figure is 0 or above 640 KiB.</returns>
    public static bool TryGetBaseMemoryEnd<TMemory>(TMemory memory, out PhysAddr end)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        end = default;
        if (!memory.TryRead(new PhysAddr(BaseMemoryAddress), sizeof(ushort), out ReadOnlySpan<byte> word))
            return false;

        ulong address = (ulong)word.U16(0) << 10;
        end = new PhysAddr(address);
        return address is > BiosDataEnd and <= ConventionalMemoryEnd;
    }
}
