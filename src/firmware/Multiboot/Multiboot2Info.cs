// What a multiboot2 loader (GRUB) hands over: a list of tags, whose address is in EBX.
//
//   offset 0  total size u32, 4 reserved u32, then tags on 8 bytes: type u32, size u32 (without padding), …
//   type  0 end                        11, 12 EFI system table, 32 and 64 bits
//         1 command line, text         14 copy of the RSDP, revision 0
//         3 module: start u32,         15 copy of the RSDP, revision 2
//           end u32, text              17 EFI memory map: descriptor size u32, version u32, descriptors
//         6 memory map: entry size u32, version u32, entries: base u64, length u64, type u32, reserved u32
//        18 EFI boot services are still running
//
// The RSDP comes as a copy within the list: its address is that copy's. The walk ends at a tag that cannot be true.
// Source: Multiboot2 Specification 2.0 §3.6 "Boot information format"; UEFI 2.10 §7.2.3 "GetMemoryMap".
using System;

namespace Commence.Firmware.Multiboot;

/// <summary>The boot information of a multiboot2 loader, over the bytes that it left.</summary>
public readonly ref struct Multiboot2Info
{
    /// <summary>What the loader leaves in EAX.</summary>
    public const uint Magic = 0x36D7_6289;

    private const int HeaderSizeBytes = 8;
    private const int LengthMax = 1 << 20;
    private const int ModuleTextOffset = 16;
    private const int MapEntriesOffset = 16;
    private const int MapEntrySizeBytes = 20;      // without what is reserved
    private const int EfiDescriptorSizeBytes = 40;

    private readonly ReadOnlySpan<byte> _bytes;

    private Multiboot2Info(ReadOnlySpan<byte> bytes, PhysAddr at)
    {
        _bytes = bytes;
        Range = new PhysRange(at, (ulong)bytes.Length);
    }

    private enum TagType : uint
    {
        End = 0,
        CommandLine = 1,
        Module = 3,
        MemoryMap = 6,
        EfiSystemTable32 = 11,
        EfiSystemTable64 = 12,
        OldRsdp = 14,
        NewRsdp = 15,
        EfiMemoryMap = 17,
        EfiBootServices = 18,
    }

    /// <summary>Where the list lies: to be reserved until it has been read.</summary>
    public PhysRange Range { get; }

    /// <summary>Where the copy of the RSDP lies; of two the newer one, unless only the older is sound. 0 if there is none.</summary>
    public PhysAddr Rsdp
    {
        get
        {
            bool hasNew = TryFind(TagType.NewRsdp, 0, out Tag tag);
            bool hasOld = TryFind(TagType.OldRsdp, 0, out Tag old);
            if (hasOld && !(hasNew && IsSoundRsdp(tag)))
                tag = old;
            return hasNew || hasOld ? Range.Start + (ulong)(tag.Offset + HeaderSizeBytes) : default;
        }
    }

    /// <summary>UEFI started the loader: there is no BIOS, and what looks like one's data is not to be believed.</summary>
    public bool IsUefi =>
        TryFind(TagType.EfiSystemTable64, 0, out _) || TryFind(TagType.EfiSystemTable32, 0, out _) || TryFind(TagType.EfiMemoryMap, 0, out _);

    /// <summary>How many modules the loader brought, sound or not.</summary>
    public int ModuleCount
    {
        get
        {
            int count = 0;
            int at = HeaderSizeBytes;
            while (TryReadTag(ref at, out Tag tag) && tag.Type != TagType.End)
                count += tag.Type == TagType.Module ? 1 : 0;
            return count;
        }
    }

    /// <summary>The command line; empty if there is none.</summary>
    public ReadOnlySpan<byte> CommandLine => TryFind(TagType.CommandLine, 0, out Tag tag) ? TextOf(tag.Bytes.Slice(HeaderSizeBytes)) : default;

    /// <summary>Reads the list at <paramref name="at"/>.</summary>
    /// <returns>False, with the reason, if it cannot be read whole.</returns>
    public static bool TryRead<TMemory>(TMemory memory, PhysAddr at, out Multiboot2Info info, out ParseFault fault)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        info = default;
        fault = default;
        if (!memory.TryRead(at, HeaderSizeBytes, out ReadOnlySpan<byte> bytes))
        {
            fault = new ParseFault(FirmwarePart.MultibootInfo, FaultKind.Unreadable, 0, at.Value);
            return false;
        }

        uint length = bytes.U32(0);
        if (length is < HeaderSizeBytes or > LengthMax)
            fault = new ParseFault(FirmwarePart.MultibootInfo, FaultKind.BadLength, 0, length);
        else if (!memory.TryRead(at, (int)length, out bytes))
            fault = new ParseFault(FirmwarePart.MultibootInfo, FaultKind.Truncated, 0, length);
        if (fault.IsFault)
            return false;

        info = new Multiboot2Info(bytes, at);
        return true;
    }

    /// <summary>Gives module <paramref name="index"/>; module 0 is the initramfs.</summary>
    /// <returns>False if there is none, or it ends before it begins; the latter is logged.</returns>
    public bool TryGetModule(int index, scoped ref FaultLog faults, out PhysRange range, out ReadOnlySpan<byte> text)
    {
        range = default;
        text = default;
        if (!TryFind(TagType.Module, index, out Tag tag))
            return false;

        bool isWhole = tag.Bytes.Length >= ModuleTextOffset;
        uint start = isWhole ? tag.Bytes.U32(8) : 0;
        uint end = isWhole ? tag.Bytes.U32(12) : 0;
        if (!isWhole || end < start)
        {
            faults.Add(FirmwarePart.MultibootInfo, FaultKind.BadLength, (ulong)tag.Offset, end);
            return false;
        }

        range = new PhysRange(new PhysAddr(start), end - start);
        text = TextOf(tag.Bytes.Slice(ModuleTextOffset));
        return true;
    }

    /// <summary>Enters the memory map, and EFI's, into <paramref name="map"/>.</summary>
    /// <returns>False if there is none that can be used.</returns>
    /// <remarks>The loader makes its own map before it ends the boot services, EFI's is of that very moment: what either calls
    /// reserved is not free.</remarks>
    public bool TryReadMemoryMap(scoped ref FaultLog faults, scoped ref MemoryMap map)
    {
        if (TryFind(TagType.EfiBootServices, 0, out Tag running))
        {
            // They would go on using memory that both maps call free.
            faults.Add(FirmwarePart.MultibootInfo, FaultKind.Unsupported, (ulong)running.Offset, (uint)running.Type);
            return false;
        }

        bool hasMap = TryFind(TagType.MemoryMap, 0, out Tag tag);
        bool hasEfiMap = TryFind(TagType.EfiMemoryMap, 0, out Tag efi);
        if (!hasMap && !hasEfiMap)
            faults.Add(FirmwarePart.MultibootInfo, FaultKind.Missing, 0, (uint)TagType.MemoryMap);
        if (hasMap)
            AddRegions(tag, isEfi: false, ref faults, ref map);
        if (hasEfiMap)
            AddRegions(efi, isEfi: true, ref faults, ref map);
        if (map.LeftOutCount != 0)
            faults.Add(FirmwarePart.MultibootInfo, FaultKind.TooMany, (ulong)(hasMap ? tag : efi).Offset, (ulong)map.LeftOutCount);
        return map.Count != 0;
    }

    /// <summary>Walks all tags and logs why the walk ended before the end tag, if it did.</summary>
    public void FindFaults(scoped ref FaultLog faults)
    {
        int at = HeaderSizeBytes;
        while (TryReadTag(ref at, out Tag tag))
        {
            if (tag.Type == TagType.End)
                return;
        }

        faults.Add(FirmwarePart.MultibootInfo, FaultKind.Truncated, (ulong)at, (ulong)_bytes.Length);
    }

    private static bool IsSoundRsdp(Tag tag) => Acpi.Rsdp.TryParse(tag.Bytes.Slice(HeaderSizeBytes), default, out _, out _);

    private static void AddRegions(Tag tag, bool isEfi, scoped ref FaultLog faults, scoped ref MemoryMap map)
    {
        int sizeMin = isEfi ? EfiDescriptorSizeBytes : MapEntrySizeBytes;
        uint size = tag.Bytes.Length < MapEntriesOffset ? 0 : tag.Bytes.U32(8);
        if (size < sizeMin || size > (uint)tag.Bytes.Length)
        {
            faults.Add(FirmwarePart.MultibootInfo, FaultKind.BadLength, (ulong)(tag.Offset + 8), size);
            return;
        }

        int at = MapEntriesOffset;
        for (; at + (int)size <= tag.Bytes.Length; at += (int)size)
            AddRegion(tag.Bytes.Slice(at), isEfi, (ulong)(tag.Offset + at), ref faults, ref map);
    }

    private static void AddRegion(
        ReadOnlySpan<byte> entry, bool isEfi, ulong offset, scoped ref FaultLog faults, scoped ref MemoryMap map)
    {
        // An EFI descriptor: type u32, padding, physical start u64, virtual start u64, number of 4 KiB pages u64, attributes.
        ulong start = entry.U64(isEfi ? 8 : 0);
        ulong count = entry.U64(isEfi ? 24 : 8);
        uint type = entry.U32(isEfi ? 0 : 16);
        int shift = isEfi ? Limits.PageShift : 0;
        if (start >= MemoryMap.AddressEnd || count > (MemoryMap.AddressEnd - start) >> shift)
        {
            faults.Add(FirmwarePart.MultibootInfo, FaultKind.Overflow, offset, start);
            count = Math.Min(count, MemoryMap.AddressEnd >> shift);
        }

        map.Add(new PhysAddr(start), count << shift, isEfi ? KindOfEfi(type) : (MemoryKind)type);
    }

    // UEFI 2.10 §7.2.1, Table 7.6: what the loader and the boot services used is free once they have ended.
    private static MemoryKind KindOfEfi(uint type) => type switch
    {
        1 or 2 or 3 or 4 or 7 => MemoryKind.Usable,
        8 => MemoryKind.Unusable,
        9 => MemoryKind.AcpiReclaimable,
        10 => MemoryKind.AcpiNvs,
        14 => MemoryKind.Persistent,
        _ => MemoryKind.Reserved,
    };

    private static ReadOnlySpan<byte> TextOf(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return end < 0 ? bytes : bytes.Slice(0, end);
    }

    private bool TryFind(TagType type, int skip, out Tag tag)
    {
        int at = HeaderSizeBytes;
        while (TryReadTag(ref at, out tag) && tag.Type != TagType.End)
        {
            if (tag.Type == type && skip-- == 0)
                return true;
        }

        return false;
    }

    private bool TryReadTag(scoped ref int at, out Tag tag)
    {
        tag = default;
        if (_bytes.Length - at < HeaderSizeBytes)
            return false;

        uint size = _bytes.U32(at + 4);
        if (size < HeaderSizeBytes || size > (uint)(_bytes.Length - at))
            return false;

        tag = new Tag((TagType)_bytes.U32(at), at, _bytes.Slice(at, (int)size));
        at = Math.Min((at + (int)size + 7) & ~7, _bytes.Length);
        return true;
    }

    private readonly ref struct Tag(TagType type, int offset, ReadOnlySpan<byte> bytes)
    {
        public TagType Type { get; } = type;

        public int Offset { get; } = offset;

        public ReadOnlySpan<byte> Bytes { get; } = bytes;
    }
}
