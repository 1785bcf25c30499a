// The archive that the loader left in memory becomes the first files.
//
//   physical range ─▶ gzip, if compressed ─▶ cpio ─▶ files in rootfs;   then its pages are given back
//
// Nothing is copied on the way but through the decompressor's window; gzip members that are short enough are decompressed on all
// processors, ahead of the unpacker (InflateAhead.cs). When something is wrong, the files before it stay: a
// damaged archive may still have an init that can say so.
using System;
using Commence.Firmware;
using Commence.Firmware.Gzip;
using Commence.Init;
using Commence.Lib;
using Commence.Memory;
using Commence.Time;

namespace Commence.Fs;

/// <summary>Unpacks the initramfs.</summary>
public static class Initramfs
{
    private const int WindowBytes = 2 * Inflater.WindowSizeBytesMin;

    /// <summary>The parser's state: too large for a stack, and not needed later.</summary>
    private sealed class Work
    {
        internal Firmware.Initramfs Parser;
    }

    /// <summary>Whether an archive brought any file. Set once, before pid 1 looks for a program.</summary>
    internal static bool HasFiles { get; private set; }

    /// <summary>Unpacks what the loader brought over rootfs (Linux: <c>populate_rootfs</c>).</summary>
    /// <remarks>Context: thread, once. Fails: says what is wrong on the log.</remarks>
    [Initcall(InitcallLevel.Rootfs, After = [typeof(RootFs)])]
    internal static void Populate()
    {
        Unpack(BootInformation.Initramfs);
        BootStep.Done("rootfs"u8);
    }

    /// <summary>Unpacks an archive over rootfs, and frees the memory that it lies in.</summary>
    /// <param name="range">Where it lies; empty if there is none. It was reserved since early boot.</param>
    /// <remarks>Context: thread, once, after <see cref="RootFs.Mount"/>. Fails: says what is wrong on the log.</remarks>
    public static void Unpack(PhysRange range)
    {
        if (range.IsEmpty)
            return;

        if (range.Length > int.MaxValue)
            Printk.Emergency($"Initramfs unpacking failed: {range.Length >> 20} MiB are more than can be handled");
        else if (!KernelPageTable.TryMapFirmware(KernelMemory.Table, Region(range))) // what of it firmware has taken
            Printk.Emergency($"Initramfs unpacking failed: no memory to map it");
        else
            UnpackInPlace(range);
        FreeArchive(BootInformation.MemoryMap.UsablePart(range));
    }

    /// <summary>Unpacks an archive that lies in mapped memory, with all processors where that helps, and leaves it there.</summary>
    /// <returns>False if something is wrong with it; it was reported.</returns>
    /// <remarks>Context: thread.</remarks>
    internal static bool UnpackInPlace(PhysRange range)
    {
        InflateAhead? ahead = InflateAhead.TryMake(range);
        bool isSound = Unpack(DirectMap.Bytes(range.Start, (int)range.Length), ahead);
        ahead?.Free();
        return isSound;
    }

    /// <summary>Unpacks an archive over rootfs.</summary>
    /// <returns>False if something is wrong with it; it was reported.</returns>
    /// <remarks>Context: thread.</remarks>
    public static bool Unpack(ReadOnlySpan<byte> image) => Unpack(image, null);

    private static bool Unpack(ReadOnlySpan<byte> image, InflateAhead? ahead)
    {
        Printk.Info($"Unpacking initramfs...");
        if (!Kmem.TryNew(out Work work))
            return FailForMemory();

        bool isDone = Kmalloc.TryAllocate(WindowBytes, out KBuffer window) ? Unpack(image, window.Span, ahead, ref work.Parser) : FailForMemory();
        window.Free();
        Kmem.Free(work);
        return isDone;
    }

    private static bool Unpack(ReadOnlySpan<byte> image, Span<byte> window, InflateAhead? ahead, ref Firmware.Initramfs parser)
    {
        InitramfsUnpacker unpacker = default;
        MembersAhead members = new(ahead);
        Nanoseconds start = Clock.Monotonic();
        bool isSound = parser.TryUnpack(image, window, ref unpacker, ref members, out ParseFault fault);
        unpacker.Finish();
        HasFiles |= parser.MemberCount > unpacker.FailureCount;
        Nanoseconds duration = new(Clock.Monotonic().Value - start.Value);
        Printk.Debug($"initramfs: {parser.MemberCount} files in {duration.Microseconds} us, {ahead?.TakenCount ?? 0} gzip members decompressed ahead");
        if (!isSound)
            ReportFault(image, fault, unpacker.IsOutOfMemory);
        else if (unpacker.FailureCount != 0)
            Printk.Warning($"initramfs: {unpacker.FailureCount} of {parser.MemberCount} files could not be made");
        return isSound;
    }

    private static void ReportFault(ReadOnlySpan<byte> image, ParseFault fault, bool isOutOfMemory)
    {
        ReadOnlySpan<byte> packer = UnknownPacker(image, fault);
        if (isOutOfMemory)
            Printk.Emergency($"Initramfs unpacking failed: out of memory at offset 0x{fault.Offset:x}");
        else if (!packer.IsEmpty)
            Printk.Emergency($"Initramfs unpacking failed: initramfs: {packer} is not supported, only cpio (newc) and gzip, at offset 0x{fault.Offset:x}");
        else
            Printk.Emergency($"Initramfs unpacking failed: {fault}");
    }

    // What stands where an archive should begin, if it is something known. Sources: the signatures that these formats'
    // specifications give; for cpio's older forms cpio(5).
    private static ReadOnlySpan<byte> UnknownPacker(ReadOnlySpan<byte> image, ParseFault fault)
    {
        if (fault.Part != FirmwarePart.Initramfs || fault.Kind != FaultKind.BadSignature || fault.Offset >= (ulong)image.Length)
            return default;

        ReadOnlySpan<byte> bytes = image[(int)fault.Offset..];
        if (bytes.StartsWith("070707"u8))
            return "the portable cpio format (odc)"u8;
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xC7, 0x71]))
            return "the binary cpio format"u8;
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]))
            return "xz"u8;
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]))
            return "zstd"u8;
        if (bytes.StartsWith("BZh"u8))
            return "bzip2"u8;
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x02, 0x21, 0x4C, 0x18]) || bytes.StartsWith((ReadOnlySpan<byte>)[0x04, 0x22, 0x4D, 0x18]))
            return "lz4"u8;
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'L', (byte)'Z', (byte)'O']))
            return "lzop"u8;
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x5D, 0, 0]))
            return "lzma"u8;
        return default;
    }

    private static bool FailForMemory()
    {
        Printk.Emergency($"Initramfs unpacking failed: no memory for the decompressor");
        return false;
    }

    // Pages that the archive shares with something else stay reserved.
    private static void FreeArchive(PhysRange range)
    {
        MemoryRegion pages = Region(range).WholePages;
        KernelMemory.Pages.AddReserved(pages);
        Printk.Info($"Freeing initrd memory: {pages.SizeBytes >> 10}K");
    }

    private static MemoryRegion Region(PhysRange range) => new(range.Start, range.Start + range.Length);
}
