// What the boot loader handed over, copied to where nothing overwrites it.
//
// Written once by the boot processor in early boot; only read afterwards.
using System;
using System.Runtime.CompilerServices;
using Commence.Arch;
using Commence.Firmware;
using Commence.Firmware.BootConfig;
using Commence.Firmware.Multiboot;
using Commence.Firmware.Pvh;
using Commence.Memory;

namespace Commence.Init;

/// <summary>The loader's message to the kernel.</summary>
public static class BootInformation
{
    // What a loader may give, and as much again for what the boot configuration adds.
    private const int CommandLineBytes = 2 * PvhStartInfo.CommandLineLengthMax;

    [InlineArray(CommandLineBytes)]
    private struct CommandLineBuffer
    {
        private byte _first;
    }

    private static CommandLineBuffer s_commandLine;
    private static int s_commandLineLength;
    private static MemoryMap s_memoryMap;
    private static FaultLog s_faults;

    /// <summary>The command line, with what the boot configuration adds (Linux: <c>saved_command_line</c>).</summary>
    public static ReadOnlySpan<byte> CommandLine => ((ReadOnlySpan<byte>)s_commandLine)[..s_commandLineLength];

    /// <summary>The machine's memory.</summary>
    public static ref readonly MemoryMap MemoryMap => ref s_memoryMap;

    /// <summary>The initramfs as the loader put it into memory; empty if there is none.</summary>
    public static PhysRange Initramfs { get; private set; }

    /// <summary>Where the loader says the ACPI tables begin; 0 if it does not say.</summary>
    public static PhysAddr Rsdp { get; private set; }

    /// <summary>UEFI started the machine: there is no BIOS, and only the loader knows where the tables are.</summary>
    public static bool IsUefi { get; private set; }

    /// <summary>The protocol by which the kernel was started, and what firmware started the loader, as far as it says.</summary>
    public static ReadOnlySpan<byte> ProtocolName => Message.IsEmpty ? "PVH"u8 : IsUefi ? "multiboot2, UEFI"u8 : "multiboot2, BIOS"u8;

    /// <summary>What of the message is read later, where it lies: a copy of the RSDP.</summary>
    public static PhysRange Message { get; private set; }

    /// <summary>What was wrong with the message.</summary>
    public static ref readonly FaultLog Faults => ref s_faults;

    /// <summary>Reads a PVH start info.</summary>
    /// <returns>False if there is none at the address, or it has no memory map: nothing can be done then.</returns>
    /// <remarks>Context: early boot, once.</remarks>
    public static bool TryReadPvh(EarlyMemory memory, PhysAddr at)
    {
        if (!PvhStartInfo.TryRead(memory, at, out PvhStartInfo info, out ParseFault fault))
        {
            s_faults.Add(fault);
            return false;
        }

        if (fault.IsFault)
            s_faults.Add(fault);
        Rsdp = info.Rsdp;
        if (info.TryReadCommandLine(memory, ref s_faults, out ReadOnlySpan<byte> text))
            Keep(text);
        bool isRead = info.TryReadMemoryMap(memory, ref s_faults, ref s_memoryMap);
        if (info.TryReadModule(memory, 0, ref s_faults, out PvhModule module))
            TakeInitramfs(module.Range);
        return isRead;
    }

    /// <summary>Reads the boot information of a multiboot2 loader.</summary>
    /// <param name="memory">The machine's memory.</param>
    /// <param name="at">Where it lies.</param>
    /// <param name="magic">What the loader left in EAX.</param>
    /// <inheritdoc cref="TryReadPvh"/>
    public static bool TryReadMultiboot2(EarlyMemory memory, PhysAddr at, uint magic)
    {
        if (magic != Multiboot2Info.Magic)
        {
            s_faults.Add(FirmwarePart.MultibootInfo, FaultKind.BadSignature, 0, magic);
            return false;
        }

        if (!Multiboot2Info.TryRead(memory, at, out Multiboot2Info info, out ParseFault fault))
        {
            s_faults.Add(fault);
            return false;
        }

        info.FindFaults(ref s_faults);
        Message = info.Range;
        IsUefi = info.IsUefi;
        Rsdp = info.Rsdp;
        Keep(info.CommandLine);
        bool isRead = info.TryReadMemoryMap(ref s_faults, ref s_memoryMap);
        if (info.TryGetModule(0, ref s_faults, out PhysRange module, out _))
            TakeInitramfs(module);
        if (info.ModuleCount > 1)
            s_faults.Add(FirmwarePart.Initramfs, FaultKind.TooMany, 0, (ulong)info.ModuleCount);
        return isRead;
    }

    /// <summary>The initramfs is shorter: what stands behind is something else.</summary>
    internal static void CutInitramfs(ulong length) => Initramfs = new PhysRange(Initramfs.Start, length);

    /// <summary>Puts the parameters of a boot configuration in front of the loader's.</summary>
    /// <inheritdoc cref="BootConfigCommandLine.TryExtend"/>
    internal static bool TryExtendCommandLine(in BootConfigTree tree, ReadOnlySpan<byte> text, out int lostCount) =>
        BootConfigCommandLine.TryExtend(s_commandLine, ref s_commandLineLength, in tree, text, out lostCount);

    private static void Keep(ReadOnlySpan<byte> text)
    {
        s_commandLineLength = Math.Min(text.Length, PvhStartInfo.CommandLineLengthMax);
        if (s_commandLineLength != text.Length)
            s_faults.Add(FirmwarePart.CommandLine, FaultKind.Truncated, (ulong)s_commandLineLength, (ulong)text.Length);
        text[..s_commandLineLength].CopyTo(s_commandLine);
    }

    // Its pages are read and then handed out: they must be memory, and not the kernel's own. SeaBIOS on a microvm takes the last
    // page of memory for itself, and QEMU puts the archive there all the same: the end may be reserved, then only read.
    private static void TakeInitramfs(PhysRange range)
    {
        PhysRange image = new(ImageLayout.EntryStart, ImageLayout.LoadEnd.Value - ImageLayout.EntryStart.Value);
        if (range.IsEmpty)
            return;
        bool isMemory = !s_memoryMap.UsablePart(range).IsEmpty && s_memoryMap.IsUsableOrReserved(range);
        if (isMemory && !range.Overlaps(image))
            Initramfs = range;
        else
            s_faults.Add(FirmwarePart.Initramfs, FaultKind.NotFreeMemory, 0, range.Start.Value);
    }
}
