// Where the root pointer lies when nobody said: the EBDA's first KiB, then the BIOS ROM E0000-FFFFF.
//
// The order matters: a loader that replaces tables (GRUB's acpi command) puts its pointer into a new EBDA and leaves the
// firmware's in the ROM.
// Source: ACPI 6.5 §5.2.5.1 "Finding the RSDP on IA-PC Systems".
using System;

namespace Commence.Firmware.Acpi;

/// <summary>Finds the root pointer.</summary>
public static class RsdpSearch
{
    private const int EbdaLength = 1024;
    private const ulong RomStart = 0xE0000;
    private const int RomLength = 0x20000;

    /// <summary>Takes the pointer that boot information names, else the first sound one in the places that BIOSes use.</summary>
    /// <param name="memory">The machine's memory.</param>
    /// <param name="given">The address that the loader gave; 0 if none.</param>
    /// <param name="faults">Gets what is wrong with the pointers looked at.</param>
    /// <param name="rsdp">The pointer.</param>
    public static bool TryFind<TMemory>(TMemory memory, PhysAddr given, scoped ref FaultLog faults, out Rsdp rsdp)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        if (TryReadGiven(memory, given, ref faults, out rsdp))
            return true;

        if (BiosData.TryGetEbda(memory, out PhysAddr ebda)
            && TryScan(memory, ebda.AlignUp(Rsdp.AlignmentBytes), EbdaLength, ref faults, out rsdp))
            return true;

        return TryScan(memory, new PhysAddr(RomStart), RomLength, ref faults, out rsdp);
    }

    /// <summary>Takes the pointer that boot information names, and looks nowhere else: UEFI has no such places.</summary>
    /// <inheritdoc cref="TryFind"/>
    public static bool TryReadGiven<TMemory>(TMemory memory, PhysAddr given, scoped ref FaultLog faults, out Rsdp rsdp)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        rsdp = default;
        return !given.IsNull && TryReadAt(memory, given, ref faults, out rsdp);
    }

    private static bool TryReadAt<TMemory>(TMemory memory, PhysAddr at, scoped ref FaultLog faults, out Rsdp rsdp)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        rsdp = default;
        if (!memory.TryRead(at, Rsdp.SizeBytesRevision2, out ReadOnlySpan<byte> bytes)
            && !memory.TryRead(at, Rsdp.SizeBytes, out bytes))
        {
            faults.Add(FirmwarePart.Rsdp, FaultKind.Unreadable, 0, at.Value);
            return false;
        }

        return TryTake(bytes, at, ref faults, out rsdp);
    }

    private static bool TryScan<TMemory>(TMemory memory, PhysAddr start, int length, scoped ref FaultLog faults, out Rsdp rsdp)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        rsdp = default;
        if (!memory.TryRead(start, length, out ReadOnlySpan<byte> bytes))
        {
            faults.Add(FirmwarePart.Rsdp, FaultKind.Unreadable, 0, start.Value);
            return false;
        }

        for (int at = 0; at + Rsdp.SizeBytes <= bytes.Length; at += Rsdp.AlignmentBytes)
        {
            ReadOnlySpan<byte> candidate = bytes.Slice(at);
            if (Rsdp.HasSignature(candidate) && TryTake(candidate, start + (ulong)at, ref faults, out rsdp))
                return true;
        }

        return false;
    }

    private static bool TryTake(ReadOnlySpan<byte> bytes, PhysAddr at, scoped ref FaultLog faults, out Rsdp rsdp)
    {
        bool isFound = Rsdp.TryParse(bytes, at, out rsdp, out ParseFault fault);
        if (fault.IsFault)
            faults.Add(fault);
        return isFound;
    }
}
