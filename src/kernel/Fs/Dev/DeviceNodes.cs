// The device files that every machine has: what rootfs and devtmpfs begin with.
//
// Source: Linux Documentation/admin-guide/devices.txt (majors 1, 4 and 5); permissions as devtmpfs gives them.
using System;
using Commence.Abi;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>Names and numbers of the devices that need no hardware, and of the console.</summary>
internal static class DeviceNodes
{
    internal const uint MemoryMajor = 1;
    internal const uint TerminalMajor = 4;
    internal const uint ConsoleMajor = 5;
    internal const uint SerialMinorFirst = 64;

    private const int NameLengthMax = 16;
    private const uint ReadWriteOwner = 0x180;
    private const uint ReadWriteAll = 0x1B6;
    private const uint ReadWriteGroup = 0x190;   // rw--w----: a terminal that a group may write to
    private const uint ReadAllWriteOwner = 0x1A4;

    private const int Count = 9;

    /// <summary>Makes all of them; those that are there stay.</summary>
    /// <param name="directory">Where, with a slash at the end.</param>
    /// <param name="view">The tree.</param>
    internal static void MakeAll(ReadOnlySpan<byte> directory, in FsView view)
    {
        Span<byte> path = stackalloc byte[NameLengthMax * 2];
        for (int i = 0; i < Count; i++)
        {
            Get(i, out ReadOnlySpan<byte> name, out DeviceNumber device, out uint permissions);
            directory.CopyTo(path);
            name.CopyTo(path[directory.Length..]);
            ReadOnlySpan<byte> node = path[..(directory.Length + name.Length)];
            Make(in view, node, device, permissions);
        }
    }

    private static void Make(in FsView view, ReadOnlySpan<byte> path, DeviceNumber device, uint permissions)
    {
        Errno error = Vfs.MakeNode(in view, default, path, FileMode.CharacterDevice | permissions, device);
        if (error == Errno.EEXIST)
            return;

        Result<Path> made = error == Errno.None ? Vfs.Resolve(in view, default, path, WalkFlags.None) : error;
        if (!made.IsOk)
        {
            Printk.Error($"cannot make {path}: {made.Error.Name()}");
            return;
        }

        _ = made.Value.Inode.ChangeMode(permissions); // files in memory take any mode
        made.Value.Put();
    }

    private static void Get(int index, out ReadOnlySpan<byte> name, out DeviceNumber device, out uint permissions)
    {
        permissions = ReadWriteAll;
        switch (index)
        {
            case 0:
                name = "console"u8;
                device = new DeviceNumber(ConsoleMajor, 1);
                permissions = ReadWriteOwner;
                break;
            case 1:
                name = "tty"u8;
                device = new DeviceNumber(ConsoleMajor, 0);
                break;
            case 2:
                name = "ttyS0"u8;
                device = new DeviceNumber(TerminalMajor, SerialMinorFirst);
                permissions = ReadWriteGroup;
                break;
            case 3:
                name = "null"u8;
                device = new DeviceNumber(MemoryMajor, 3);
                break;
            case 4:
                name = "zero"u8;
                device = new DeviceNumber(MemoryMajor, 5);
                break;
            case 5:
                name = "full"u8;
                device = new DeviceNumber(MemoryMajor, 7);
                break;
            case 6:
                name = "random"u8;
                device = new DeviceNumber(MemoryMajor, 8);
                break;
            case 7:
                name = "urandom"u8;
                device = new DeviceNumber(MemoryMajor, 9);
                break;
            default:
                name = "kmsg"u8;
                device = new DeviceNumber(MemoryMajor, 11);
                permissions = ReadAllWriteOwner;
                break;
        }
    }
}
