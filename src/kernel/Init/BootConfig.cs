// The boot configuration at the end of the initramfs: more parameters than a loader lets one type.
//
// Written once by the boot processor in early boot; only read afterwards.
// Source: Linux Documentation/admin-guide/bootconfig.rst.
using System;
using Commence.Firmware;
using Commence.Firmware.BootConfig;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Init;

/// <summary>Finds, reads and keeps it (Linux: <c>setup_boot_config</c>).</summary>
internal static class BootConfig
{
    private const int TailBytes = BootConfigTrailer.TextBytesMax + 32; // with the trailer and its padding

    private static BootConfigTree s_tree;
    private static BootConfigFault s_fault;
    private static TrailerState s_state;
    private static int s_lostCount;
    private static bool s_isUnreadable;
    private static bool s_isTooLong;

    /// <summary>Without it the file is left unread, as in Linux.</summary>
    [KernelParameter("bootconfig", Value = 1, Early = true, Help = "read more parameters from the boot configuration at the end of the initramfs")]
    internal static bool IsWanted { get; set; }

    /// <summary>Where the text lies. It stays: /proc/bootconfig shows it.</summary>
    internal static PhysRange TextRange { get; private set; }

    /// <summary>The keys; their places are those in <see cref="Text"/>.</summary>
    internal static ref readonly BootConfigTree Tree => ref s_tree;

    /// <summary>The text that was read; empty if there is none.</summary>
    internal static ReadOnlySpan<byte> Text => s_tree.Count == 0 ? default : DirectMap.Bytes(TextRange.Start, (int)TextRange.Length);

    /// <summary>Cuts the configuration off the initramfs and, if the command line wants it, puts its parameters in front.</summary>
    /// <remarks>Context: early boot, before the parameters are applied: nothing can be said yet.</remarks>
    internal static void Load()
    {
        PhysRange initramfs = BootInformation.Initramfs;
        int length = (int)Math.Min(initramfs.Length, TailBytes);
        PhysAddr tail = new(initramfs.Start.Value + initramfs.Length - (ulong)length);
        s_isUnreadable = !FirmwareTables.Memory.TryRead(tail, length, out ReadOnlySpan<byte> bytes);
        if (initramfs.IsEmpty || s_isUnreadable)
            return;

        BootConfigTrailer trailer = BootConfigTrailer.Find(bytes);
        s_state = trailer.State;
        if (s_state == TrailerState.None)
            return;
        BootInformation.CutInitramfs(tail.Value + (ulong)trailer.Start - initramfs.Start.Value);
        if (s_state != TrailerState.Sound || !new CommandLine(BootInformation.CommandLine).Contains("bootconfig"u8))
            return;

        TextRange = new PhysRange(new PhysAddr(tail.Value + (ulong)trailer.Start), (ulong)trailer.Length);
        ReadOnlySpan<byte> text = bytes.Slice(trailer.Start, trailer.Length);
        if (s_tree.TryParse(text, out s_fault))
            s_isTooLong = !BootInformation.TryExtendCommandLine(in s_tree, text, out s_lostCount);
    }

    /// <summary>Says what came of it.</summary>
    /// <remarks>Context: early boot, after the parameters have been applied.</remarks>
    internal static void Report()
    {
        ReadOnlySpan<byte> fault = DescribeFault();
        if (!fault.IsEmpty)
            Printk.Error($"{fault}");
        else if (s_fault.Mistake != BootConfigMistake.None)
            Printk.Error($"Failed to parse bootconfig: {s_fault}");
        else if (s_tree.Count != 0)
            Printk.Info($"Load bootconfig: {TextRange.Length} bytes {s_tree.Count} nodes");
        if (s_lostCount != 0)
            Printk.Error($"bootconfig: {s_lostCount} values with a double quote cannot be parameters");
    }

    private static ReadOnlySpan<byte> DescribeFault()
    {
        if (s_state == TrailerState.BadSize)
            return "bootconfig: its size is greater than the initramfs or than 32767 bytes"u8;
        if (s_state == TrailerState.BadChecksum)
            return "bootconfig: checksum failed"u8;
        if (IsWanted && s_isUnreadable)
            return "'bootconfig' found on command line, but the initramfs lies too high to be read now"u8;
        if (IsWanted && s_state == TrailerState.None)
            return "'bootconfig' found on command line, but no bootconfig found"u8;
        return s_isTooLong ? "bootconfig: its parameters do not fit on the command line, and are left out"u8 : default;
    }
}
