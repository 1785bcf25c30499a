// What a host file is, without following links and without opening it (opening a FIFO would wait for ever).
// .NET does not tell a device or a FIFO from a file, so this asks statx(2) itself.
using System;
using System.Buffers.Binary;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

namespace Commence.Machine.Initramfs;

/// <summary>A host file's type, permissions and owner.</summary>
internal readonly record struct HostFileStatus(uint Mode, uint Uid, uint Gid)
{
    // Source: statx(2), linux/stat.h; the layout is the same on every architecture.
    private const int StatxLength = 256;
    private const int UidOffset = 20;
    private const int GidOffset = 24;
    private const int ModeOffset = 28;
    private const int AtFdCwd = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const uint StatxBasicStats = 0x7FF;

    internal uint Type => Mode & UnixMode.TypeMask;

    internal static HostFileStatus Read(string path)
    {
        byte[] buffer = new byte[StatxLength];
        if (statx(AtFdCwd, Encoding.UTF8.GetBytes(path + "\0"), AtSymlinkNoFollow, StatxBasicStats, buffer) != 0)
            throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

        ReadOnlySpan<byte> status = buffer;
        return new HostFileStatus(
            BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(status[UidOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(status[GidOffset..]));
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int statx(int directory, byte[] path, int flags, uint mask, byte[] buffer);
}
