// The "newc" form of cpio, which kernels take as initial RAM file system.
//
//   header: 110 characters, "070701" and 13 fields of 8 hexadecimal digits
//   name, its final zero, zeros up to a multiple of 4; data, zeros up to a multiple of 4
//   the archive ends with an entry named TRAILER!!!
//
// Source: cpio(5), "New ASCII Format"; Linux kernel documentation, driver-api/early-userspace/buffer-format.
using System;
using System.IO;
using System.Text;

namespace Commence.Machine.Initramfs;

/// <summary>Writes a cpio archive. The same entries always give the same bytes.</summary>
public sealed class CpioWriter(Stream output)
{
    private const int HeaderLength = 110;

    private long _position;
    private uint _lastInode;

    /// <summary>Writes one entry.</summary>
    /// <param name="entry">What it is.</param>
    /// <param name="data">A file's contents or a symbolic link's target; empty otherwise.</param>
    public void Write(in CpioEntry entry, ReadOnlySpan<byte> data)
    {
        byte[] name = Encoding.UTF8.GetBytes(entry.Path + "\0");
        string header = string.Concat(
            "070701",
            Field(++_lastInode), Field(entry.Mode), Field(entry.Uid), Field(entry.Gid),
            Field(entry.IsDirectory ? 2u : 1u),     // links
            Field(0),                               // time of change: always the same
            Field(checked((uint)data.Length)),
            Field(0), Field(0),                     // the device that holds the file
            Field(entry.DeviceMajor), Field(entry.DeviceMinor),
            Field((uint)name.Length),
            Field(0));                              // checksum: "070702" only
        if (header.Length != HeaderLength)
            throw new InvalidOperationException("a field outgrew its 8 digits");

        Emit(Encoding.ASCII.GetBytes(header));
        Emit(name);
        Pad();
        Emit(data);
        Pad();
    }

    /// <summary>Writes the trailer. Nothing may follow.</summary>
    public void End()
    {
        _lastInode = uint.MaxValue; // the trailer's inode is 0
        Write(new CpioEntry("TRAILER!!!", 0), []);
        output.Flush();
    }

    private static string Field(uint value) => value.ToString("X8");

    private void Emit(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        _position += bytes.Length;
    }

    private void Pad()
    {
        ReadOnlySpan<byte> zeros = [0, 0, 0];
        Emit(zeros[..(int)(-_position & 3)]);
    }
}

/// <summary>What an entry is: its path without a leading slash, its type and permissions (<c>st_mode</c>), its owner.</summary>
public readonly record struct CpioEntry(string Path, uint Mode, uint Uid = 0, uint Gid = 0, uint DeviceMajor = 0, uint DeviceMinor = 0)
{
    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => (Mode & UnixMode.TypeMask) == UnixMode.Directory;
}
