// The kernel itself, and what it has: version, cmdline, filesystems, devices, partitions.
//
// Source: Linux man-pages, proc_version(5), proc_cmdline(5), proc_filesystems(5), proc_devices(5), proc_partitions(5).
using System;
using Commence.Abi;
using Commence.Init;
using Commence.Syscalls;

namespace Commence.Fs;

/// <summary><c>version</c>.</summary>
internal sealed class VersionFile : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "version"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        text.Out.Append($"Linux version {SystemNames.Release} (commence@commence) (.NET ILC) ");
        SystemNames.FormatVersion(ref text.Out);
        text.Out.Append((byte)'\n');
        return Errno.None;
    }
}

/// <summary><c>cmdline</c>: what the boot loader gave.</summary>
internal sealed class CommandLineFile : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "cmdline"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        text.Out.Append(BootInformation.CommandLine);
        text.Out.Append((byte)'\n');
        return Errno.None;
    }
}

/// <summary><c>filesystems</c>: kinds that can be mounted. None of them is on a device.</summary>
internal sealed class FileSystemsFile : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "filesystems"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        for (FileSystemType? type = FileSystemTypes.Next(null); type is not null; type = FileSystemTypes.Next(type))
            text.Out.Append($"nodev\t{type.Name}\n");
        return Errno.None;
    }
}

/// <summary><c>devices</c>: majors that drivers answer for.</summary>
internal sealed class DevicesFile : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "devices"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        text.Out.Append("Character devices:\n"u8);
        Append(ref text, new DeviceNumber(DeviceNodes.MemoryMajor, 3), "mem"u8);
        Append(ref text, new DeviceNumber(DeviceNodes.TerminalMajor, DeviceNodes.SerialMinorFirst), "ttyS"u8);
        Append(ref text, new DeviceNumber(DeviceNodes.ConsoleMajor, 0), "/dev/tty"u8);
        Append(ref text, new DeviceNumber(DeviceNodes.ConsoleMajor, 1), "/dev/console"u8);
        text.Out.Append("\nBlock devices:\n"u8);
        return Errno.None;
    }

    private static void Append(ref ProcText text, DeviceNumber device, ReadOnlySpan<byte> name)
    {
        if (CharacterDevices.HasDriver(device))
            text.Out.Append($"{device.Major,3} {name}\n");
    }
}

/// <summary><c>partitions</c>: there are no block devices.</summary>
internal sealed class PartitionsFile : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "partitions"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        text.Out.Append("major minor  #blocks  name\n\n"u8);
        return Errno.None;
    }
}
