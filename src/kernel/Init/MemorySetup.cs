// Which memory the kernel may use: what the loader calls usable, less what something lies in already.
using System;
using Commence.Arch;
using Commence.Firmware;
using Commence.Lib;
using Commence.Memory;
using Commence.Smp;

namespace Commence.Init;

/// <summary>Fills the early memory map (Linux: <c>e820__memblock_setup</c>, <c>reserve_…</c>).</summary>
internal static class MemorySetup
{
    // The first page holds the real-mode interrupt vectors and the BIOS data area, which firmware and warm resets still use.
    private const ulong BiosDataBytes = Limits.PageSizeBytes;

    // The last KiBs of base memory, video memory and ROMs, whatever the memory map says of them.
    private static PhysAddr LegacyStart => new(0x9F000);
    private static PhysAddr LegacyEnd => new(0x100000);

    /// <summary>Adds memory and reserves what is in use.</summary>
    /// <remarks>Context: early boot, before the first allocation.</remarks>
    internal static void Fill()
    {
        ref Memblock memory = ref KernelMemory.Memblock;
        Show("BIOS-e820"u8, in BootInformation.MemoryMap);
        if (UserMemoryMap.IsDefined)
        {
            Printk.Info($"user-defined physical RAM map:");
            Show("user"u8, in UserMemoryMap.Map);
        }

        foreach (MemoryMapEntry region in UserMemoryMap.IsDefined ? UserMemoryMap.Map.Regions : BootInformation.MemoryMap.Regions)
        {
            if (region.Kind == MemoryKind.Usable && !memory.TryAddMemory(region.Start, region.Length))
                Printk.Error($"too many memory ranges: {region.Start} is left out");
        }

        // What is there already stays, wherever the command line ends memory: it is used through the direct map.
        Keep(new PhysRange(ImageLayout.EntryStart, ImageLayout.EntryEnd.Value - ImageLayout.EntryStart.Value));
        Keep(new PhysRange(ImageLayout.LoadStart, ImageLayout.LoadEnd.Value - ImageLayout.LoadStart.Value));
        Keep(BootInformation.Initramfs);
        Keep(BootConfig.TextRange);
        Reserve(new PhysRange(default, BiosDataBytes));
        Reserve(new PhysRange(LegacyStart, LegacyEnd.Value - LegacyStart.Value));
        Reserve(BootInformation.Message);
    }

    private static void Keep(PhysRange range)
    {
        if (!range.IsEmpty && !KernelMemory.Memblock.TryAddMemory(range.Start, range.Length))
            Panic.Now($"too many memory ranges: {range.Start} cannot be kept");
        Reserve(range);
    }

    private static void Show(ReadOnlySpan<byte> author, in MemoryMap map)
    {
        foreach (MemoryMapEntry region in map.Regions)
            Printk.Info($"{author}: [mem {region.Start}-{new PhysAddr(region.End.Value - 1)}] {region.KindName}");
    }

    /// <summary>Takes a range out of what may be allocated.</summary>
    internal static void Reserve(PhysRange range)
    {
        if (!range.IsEmpty && !KernelMemory.Memblock.TryReserve(range.Start, range.Length))
            Panic.Now($"too many reserved memory ranges: {range.Start} cannot be kept");
    }
}
