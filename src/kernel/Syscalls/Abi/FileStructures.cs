// What system calls about files carry.
//
// Source: Linux UAPI, asm/stat.h of x86-64, linux/stat.h (struct statx), asm-generic/statfs.h, linux/dirent.h,
// linux/uio.h, asm-generic/poll.h, asm-generic/fcntl.h.
using System.Runtime.InteropServices;

namespace Commence.Abi;

/// <summary>A file's attributes (Linux: <c>struct stat</c> of x86-64); 144 bytes.</summary>
/// <remarks>arm64 orders these fields differently: this structure then moves to the architecture.</remarks>
[StructLayout(LayoutKind.Explicit, Size = 144)]
public struct Stat
{
    [FieldOffset(0)] public ulong Device;
    [FieldOffset(8)] public ulong Inode;
    [FieldOffset(16)] public ulong LinkCount;
    [FieldOffset(24)] public uint Mode;
    [FieldOffset(28)] public uint UserId;
    [FieldOffset(32)] public uint GroupId;
    [FieldOffset(40)] public ulong SpecialDevice;
    [FieldOffset(48)] public long Size;
    [FieldOffset(56)] public long BlockSize;

    /// <summary>Storage in units of 512 bytes.</summary>
    [FieldOffset(64)] public long Blocks;
    [FieldOffset(72)] public Timespec AccessTime;
    [FieldOffset(88)] public Timespec ModificationTime;
    [FieldOffset(104)] public Timespec ChangeTime;
}

/// <summary>A time of <see cref="Statx"/> (Linux: <c>struct statx_timestamp</c>).</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public struct StatxTime
{
    [FieldOffset(0)] public long Seconds;
    [FieldOffset(8)] public uint Nanoseconds;

    /// <summary>The same moment as <paramref name="time"/>.</summary>
    public static StatxTime From(in Timespec time) => new() { Seconds = time.Seconds, Nanoseconds = (uint)time.Nanoseconds };
}

/// <summary>A file's attributes, extensible (Linux: <c>struct statx</c>); 256 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
public struct Statx
{
    /// <summary>The fields that every file system here fills in (<c>STATX_BASIC_STATS</c>).</summary>
    public const uint BasicStats = 0x7FF;

    [FieldOffset(0)] public uint Mask;
    [FieldOffset(4)] public uint BlockSize;
    [FieldOffset(8)] public ulong Attributes;
    [FieldOffset(16)] public uint LinkCount;
    [FieldOffset(20)] public uint UserId;
    [FieldOffset(24)] public uint GroupId;
    [FieldOffset(28)] public ushort Mode;
    [FieldOffset(32)] public ulong Inode;
    [FieldOffset(40)] public ulong Size;
    [FieldOffset(48)] public ulong Blocks;
    [FieldOffset(56)] public ulong AttributesMask;
    [FieldOffset(64)] public StatxTime AccessTime;
    [FieldOffset(80)] public StatxTime BirthTime;
    [FieldOffset(96)] public StatxTime ChangeTime;
    [FieldOffset(112)] public StatxTime ModificationTime;
    [FieldOffset(128)] public uint SpecialDeviceMajor;
    [FieldOffset(132)] public uint SpecialDeviceMinor;
    [FieldOffset(136)] public uint DeviceMajor;
    [FieldOffset(140)] public uint DeviceMinor;
    [FieldOffset(144)] public ulong MountId;
}

/// <summary>A file system's state (Linux: <c>struct statfs</c>, 64-bit); 120 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 120)]
public struct StatFs
{
    [FieldOffset(0)] public long Type;
    [FieldOffset(8)] public long BlockSize;
    [FieldOffset(16)] public long Blocks;
    [FieldOffset(24)] public long BlocksFree;
    [FieldOffset(32)] public long BlocksAvailable;
    [FieldOffset(40)] public long Files;
    [FieldOffset(48)] public long FilesFree;
    [FieldOffset(56)] public ulong FileSystemId;
    [FieldOffset(64)] public long NameLengthMax;
    [FieldOffset(72)] public long FragmentSize;
    [FieldOffset(80)] public long Flags;
}

/// <summary>Head of a directory entry (Linux: <c>struct linux_dirent64</c>); the name and a zero follow at offset 19.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public struct DirectoryEntryHead
{
    /// <summary>Where the name begins.</summary>
    public const int NameOffset = 19;

    [FieldOffset(0)] public ulong Inode;

    /// <summary>Where the next read of the directory goes on.</summary>
    [FieldOffset(8)] public long NextPosition;

    /// <summary>Bytes of the whole entry, a multiple of 8.</summary>
    [FieldOffset(16)] public ushort Length;

    /// <summary><c>DT_*</c>: the file type bits of the mode, shifted down by 12.</summary>
    [FieldOffset(18)] public byte Type;
}

/// <summary>One piece of a scattered buffer (Linux: <c>struct iovec</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IoVector
{
    /// <summary>Pieces that one call may name (<c>UIO_MAXIOV</c>).</summary>
    public const int CountMax = 1024;

    public UserAddr Base;
    public ulong Length;
}

/// <summary>A descriptor to watch (Linux: <c>struct pollfd</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PollDescriptor
{
    public int Descriptor;
    public short Events;
    public short Returned;
}

/// <summary>A record lock (Linux: <c>struct flock</c>); 32 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
public struct RecordLock
{
    [FieldOffset(0)] public short Type;
    [FieldOffset(2)] public short Whence;
    [FieldOffset(8)] public long Start;
    [FieldOffset(16)] public long Length;
    [FieldOffset(24)] public int ProcessId;
}
