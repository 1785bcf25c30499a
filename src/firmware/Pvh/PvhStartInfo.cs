// What a PVH loader hands over: QEMU's -kernel puts the address of this structure into EBX.
//
//   offset  0  magic 0x336EC578     24  command line      u64
//           4  version 0 or 1       32  RSDP              u64, 0 if none
//           8  flags                40  memory map        u64  \
//          12  module count         48  its entry count   u32   > version 1 and later
//          16  module list   u64    52  reserved          u32  /
//
// Source: Xen public headers, arch-x86/hvm/start_info.h ("x86/HVM direct boot ABI").
using System;

namespace Commence.Firmware.Pvh;

/// <summary>The start-of-day structure of the PVH boot protocol (Xen and QEMU: <c>struct hvm_start_info</c>).</summary>
public readonly struct PvhStartInfo
{
    public const uint Magic = 0x336E_C578;

    /// <summary>A longer command line is cut. Linux: <c>COMMAND_LINE_SIZE</c>.</summary>
    public const int CommandLineLengthMax = 2048;

    private const int SizeBytes = 40;        // version 0
    private const int SizeBytesVersion1 = 56;
    private const int VersionOffset = 4;
    private const int FlagsOffset = 8;
    private const int ModuleCountOffset = 12;
    private const int ModuleListOffset = 16;
    private const int CommandLineOffset = 24;
    private const int RsdpOffset = 32;
    private const int MapOffset = 40;
    private const int MapCountOffset = 48;
    private const int MapEntrySizeBytes = 24;

    // More modules or regions than this are a broken structure, not a machine.
    private const uint EntryCountMax = 4096;

    /// <summary>Where the structure lies and how long it is: to be reserved until it has been read.</summary>
    public PhysRange Range { get; private init; }

    public uint Version { get; private init; }

    public uint Flags { get; private init; }

    public uint ModuleCount { get; private init; }

    public PhysAddr ModuleList { get; private init; }

    public PhysAddr CommandLine { get; private init; }

    /// <summary>The ACPI RSDP; 0 if the loader knows none.</summary>
    public PhysAddr Rsdp { get; private init; }

    /// <summary>The memory map; 0 in version 0.</summary>
    public PhysAddr MemoryMapList { get; private init; }

    public uint MemoryMapCount { get; private init; }

    /// <summary>Reads the structure at <paramref name="at"/>.</summary>
    /// <returns>False, with the reason, if there is none.</returns>
    /// <remarks>Context: early boot. A version above 1 is read as 1: later ones only append.</remarks>
    public static bool TryRead<TMemory>(TMemory memory, PhysAddr at, out PvhStartInfo info, out ParseFault fault)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        info = default;
        fault = default;
        if (!memory.TryRead(at, SizeBytes, out ReadOnlySpan<byte> bytes))
        {
            fault = new ParseFault(FirmwarePart.PvhStartInfo, FaultKind.Unreadable, 0, at.Value);
            return false;
        }

        if (bytes.U32(0) != Magic)
        {
            fault = new ParseFault(FirmwarePart.PvhStartInfo, FaultKind.BadSignature, 0, bytes.U32(0));
            return false;
        }

        uint version = bytes.U32(VersionOffset);
        bool hasMap = version >= 1 && memory.TryRead(at, SizeBytesVersion1, out bytes);
        if (version >= 1 && !hasMap)
            fault = new ParseFault(FirmwarePart.PvhStartInfo, FaultKind.Truncated, SizeBytes, version);

        info = new PvhStartInfo
        {
            Range = new PhysRange(at, (ulong)(hasMap ? SizeBytesVersion1 : SizeBytes)),
            Version = version,
            Flags = bytes.U32(FlagsOffset),
            ModuleCount = bytes.U32(ModuleCountOffset),
            ModuleList = new PhysAddr(bytes.U64(ModuleListOffset)),
            CommandLine = new PhysAddr(bytes.U64(CommandLineOffset)),
            Rsdp = new PhysAddr(bytes.U64(RsdpOffset)),
            MemoryMapList = new PhysAddr(hasMap ? bytes.U64(MapOffset) : 0),
            MemoryMapCount = hasMap ? bytes.U32(MapCountOffset) : 0,
        };
        return true;
    }

    /// <summary>Reads the command line.</summary>
    /// <returns>False if there is none or it cannot be read; the text may be cut, which is logged.</returns>
    public bool TryReadCommandLine<TMemory>(TMemory memory, scoped ref FaultLog faults, out ReadOnlySpan<byte> text)
        where TMemory : struct, IPhysicalMemory, allows ref struct =>
        TryReadText(memory, CommandLine, ref faults, out text);

    /// <summary>Reads entry <paramref name="index"/> of the module list; module 0 is the initramfs.</summary>
    public bool TryReadModule<TMemory>(TMemory memory, uint index, scoped ref FaultLog faults, out PvhModule module)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        module = default;
        if (index >= ModuleCount)
            return false;

        if (ModuleCount > EntryCountMax)
        {
            faults.Add(FirmwarePart.PvhStartInfo, FaultKind.BadCount, ModuleCountOffset, ModuleCount);
            return false;
        }

        ulong offset = (ulong)index * PvhModule.SizeBytes;
        if (!ModuleList.TryAdd(offset, out PhysAddr at) || !memory.TryRead(at, PvhModule.SizeBytes, out ReadOnlySpan<byte> entry))
        {
            faults.Add(FirmwarePart.PvhModules, FaultKind.Unreadable, offset, ModuleList.Value + offset);
            return false;
        }

        return PvhModule.TryParse(entry, offset, ref faults, out module);
    }

    /// <summary>Reads the text that a loader attached to a module.</summary>
    public static bool TryReadText<TMemory>(TMemory memory, PhysAddr at, scoped ref FaultLog faults, out ReadOnlySpan<byte> text)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        text = default;
        if (at.IsNull)
            return false;

        if (!memory.TryReadText(at, CommandLineLengthMax, out text, out bool isComplete))
        {
            faults.Add(FirmwarePart.CommandLine, FaultKind.Unreadable, 0, at.Value);
            return false;
        }

        if (!isComplete)
            faults.Add(FirmwarePart.CommandLine, FaultKind.Truncated, (ulong)text.Length);
        return true;
    }

    /// <summary>Enters the loader's memory map into <paramref name="map"/>.</summary>
    /// <returns>False if there is no map or nothing of it could be read.</returns>
    public bool TryReadMemoryMap<TMemory>(TMemory memory, scoped ref FaultLog faults, scoped ref MemoryMap map)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        if (MemoryMapList.IsNull || MemoryMapCount == 0)
        {
            faults.Add(FirmwarePart.PvhMemoryMap, FaultKind.Missing, MapOffset, Version);
            return false;
        }

        uint count = MemoryMapCount;
        if (count > EntryCountMax)
        {
            faults.Add(FirmwarePart.PvhStartInfo, FaultKind.BadCount, MapCountOffset, count);
            count = EntryCountMax;
        }

        for (uint i = 0; i < count; i++)
        {
            ulong offset = (ulong)i * MapEntrySizeBytes;
            if (!MemoryMapList.TryAdd(offset, out PhysAddr at) || !memory.TryRead(at, MapEntrySizeBytes, out ReadOnlySpan<byte> entry))
            {
                faults.Add(FirmwarePart.PvhMemoryMap, FaultKind.Unreadable, offset, MemoryMapList.Value + offset);
                break;
            }

            AddRegion(entry, offset, ref faults, ref map);
        }

        if (map.LeftOutCount != 0)
            faults.Add(FirmwarePart.PvhMemoryMap, FaultKind.TooMany, 0, (ulong)map.LeftOutCount);
        return map.Count != 0;
    }

    // An entry: address u64, size u64, type u32, reserved u32.
    private static void AddRegion(ReadOnlySpan<byte> entry, ulong offset, scoped ref FaultLog faults, scoped ref MemoryMap map)
    {
        ulong start = entry.U64(0);
        ulong length = entry.U64(8);
        if (start >= MemoryMap.AddressEnd || length > MemoryMap.AddressEnd - start)
            faults.Add(FirmwarePart.PvhMemoryMap, FaultKind.Overflow, offset, start);
        map.Add(new PhysAddr(start), length, (MemoryKind)entry.U32(16));
    }
}

/// <summary>A file that the loader put into memory (Xen: <c>struct hvm_modlist_entry</c>).</summary>
public readonly struct PvhModule
{
    internal const int SizeBytes = 32; // address u64, size u64, command line u64, reserved u64

    /// <summary>Where its bytes lie.</summary>
    public PhysRange Range { get; private init; }

    /// <summary>Its own command line; 0 if none.</summary>
    public PhysAddr CommandLine { get; private init; }

    internal static bool TryParse(ReadOnlySpan<byte> entry, ulong offset, scoped ref FaultLog faults, out PvhModule module)
    {
        ulong start = entry.U64(0);
        ulong length = entry.U64(8);
        module = default;
        if (start >= MemoryMap.AddressEnd || length > MemoryMap.AddressEnd - start)
        {
            faults.Add(FirmwarePart.PvhModules, FaultKind.Overflow, offset, start);
            return false;
        }

        module = new PvhModule
        {
            Range = new PhysRange(new PhysAddr(start), length),
            CommandLine = new PhysAddr(entry.U64(16)),
        };
        return true;
    }
}
