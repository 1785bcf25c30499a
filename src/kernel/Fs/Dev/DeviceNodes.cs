// The device files that every machine has: what rootfs and devtmpfs begin with.
//
// Source: Linux Documentation/admin-guide/devices.txt (majors 1, 4 and 5); permissions as devtmpfs gives them.
using System;
using Commence.Abi;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>Names and numbers of the devices that need no hardware, and of the console.</summary>
internal static class DeviceNodes
{
    internal const uint MemoryMajor = 1;
    internal const uint TerminalMajor = 4;
    internal const uint ConsoleMajor = 5;
    internal const uint SerialMinorFirst = 64;

    private const uint ReadWriteOwner = 0x180;
    private const uint ReadWriteAll = 0x1B6;
    private const uint ReadWriteGroup = 0x190;   // rw--w----: a terminal that a group may write to
    private const uint ReadAllWriteOwner = 0x1A4;

    private const int Count = 9;

    /// <summary>Makes all of them in a directory in memory; those that are there stay.</summary>
    /// <remarks>Context: thread. Locks: the directory's. Fails: says so on the log.</remarks>
    internal static void MakeAll(Inode directory)
    {
        using Mutex.Guard guard = directory.Lock.Lock();
        for (int i = 0; i < Count; i++)
        {
            Get(i, out ReadOnlySpan<byte> name, out DeviceNumber device, out uint permissions);
            Result<Inode> node = directory.Lookup(name);
            if (node.Error == Errno.ENOENT)
                node = directory.Create(name, FileMode.CharacterDevice | permissions, default, device);
            if (node.IsOk)
                node.Value.Put(); // the entry has its own use
            else
                Printk.Error($"cannot make the device file {name}: {node.Error.Name()}");
        }
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
