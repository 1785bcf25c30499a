// Flags and modes of system calls about files.
//
// Source: Linux UAPI, asm-generic/fcntl.h with the values of x86-64 (arm64 numbers O_DIRECT, O_LARGEFILE, O_DIRECTORY and
// O_NOFOLLOW differently), linux/stat.h, linux/fcntl.h, asm-generic/poll.h, linux/fs.h.
using System;

namespace Commence.Abi;

/// <summary>How a file is opened.</summary>
[Flags]
public enum OpenFlags : uint
{
    ReadOnly = 0,
    WriteOnly = 1,
    ReadWrite = 2,
    AccessMask = 3,
    O_CREAT = 0x40,
    O_EXCL = 0x80,
    O_NOCTTY = 0x100,
    O_TRUNC = 0x200,
    O_APPEND = 0x400,
    O_NONBLOCK = 0x800,
    O_DSYNC = 0x1000,
    O_ASYNC = 0x2000,
    O_DIRECT = 0x4000,
    O_LARGEFILE = 0x8000,
    O_DIRECTORY = 0x1_0000,
    O_NOFOLLOW = 0x2_0000,
    O_NOATIME = 0x4_0000,
    O_CLOEXEC = 0x8_0000,
    O_SYNC = 0x10_1000,
    O_PATH = 0x20_0000,

    /// <summary>The bit of O_TMPFILE proper; the flag includes O_DIRECTORY.</summary>
    TemporaryFile = 0x40_0000,

    /// <summary>What F_SETFL may change.</summary>
    Changeable = O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME,

    /// <summary>What F_GETFL reports.</summary>
    Reported = AccessMask | O_APPEND | O_NONBLOCK | O_SYNC | O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_PATH,
}

/// <summary>File types and permission bits (<c>S_*</c>).</summary>
public static class FileMode
{
    public const uint TypeMask = 0xF000;
    public const uint Fifo = 0x1000;
    public const uint CharacterDevice = 0x2000;
    public const uint Directory = 0x4000;
    public const uint BlockDevice = 0x6000;
    public const uint Regular = 0x8000;
    public const uint SymbolicLink = 0xA000;
    public const uint Socket = 0xC000;

    public const uint SetUserId = 0x800;
    public const uint SetGroupId = 0x400;
    public const uint Sticky = 0x200;
    public const uint PermissionMask = 0xFFF;
    public const uint OwnerRead = 0x100;
    public const uint OwnerWrite = 0x80;
    public const uint GroupExecute = 0x8;
    public const uint AnyExecute = 0x49;
    public const uint ReadWriteExecuteAll = 0x1FF;

    /// <summary><c>DT_*</c> of a mode: its type bits as <c>getdents64</c> reports them.</summary>
    public static byte ToEntryType(uint mode) => (byte)((mode & TypeMask) >> 12);
}

/// <summary>Flags of the calls whose names end in <c>at</c>.</summary>
[Flags]
public enum AtFlags : uint
{
    None = 0,
    AT_SYMLINK_NOFOLLOW = 0x100,

    /// <summary>Also the value of AT_REMOVEDIR.</summary>
    AT_EACCESS = 0x200,
    AT_REMOVEDIR = 0x200,
    AT_SYMLINK_FOLLOW = 0x400,
    AT_NO_AUTOMOUNT = 0x800,
    AT_EMPTY_PATH = 0x1000,
    AT_STATX_FORCE_SYNC = 0x2000,
    AT_STATX_DONT_SYNC = 0x4000,
}

/// <summary>Special descriptor numbers.</summary>
public static class DescriptorNumber
{
    /// <summary>The current directory, in place of a directory's descriptor (<c>AT_FDCWD</c>).</summary>
    public const int CurrentDirectory = -100;
}

/// <summary>What a descriptor is ready for (<c>POLL*</c>).</summary>
[Flags]
public enum PollEvents : ushort
{
    None = 0,
    In = 0x001,
    Priority = 0x002,
    Out = 0x004,
    Error = 0x008,
    HangUp = 0x010,
    Invalid = 0x020,
    ReadNormal = 0x040,
    ReadBand = 0x080,
    WriteNormal = 0x100,
    WriteBand = 0x200,
    ReadHangUp = 0x2000,

    Readable = In | ReadNormal,
    Writable = Out | WriteNormal,

    /// <summary>Reported whether asked for or not.</summary>
    Always = Error | HangUp,
}

/// <summary>Requests of <c>fcntl</c>.</summary>
public enum FcntlRequest
{
    F_DUPFD = 0,
    F_GETFD = 1,
    F_SETFD = 2,
    F_GETFL = 3,
    F_SETFL = 4,
    F_GETLK = 5,
    F_SETLK = 6,
    F_SETLKW = 7,
    F_SETOWN = 8,
    F_GETOWN = 9,
    F_DUPFD_CLOEXEC = 1030,
    F_SETPIPE_SZ = 1031,
    F_GETPIPE_SZ = 1032,
}

/// <summary>From where <c>lseek</c> counts.</summary>
public enum SeekOrigin
{
    Start = 0,
    Current = 1,
    End = 2,
    Data = 3,
    Hole = 4,
}

/// <summary>What <c>access</c> asks for, and what a path walk checks.</summary>
[Flags]
public enum AccessModes : uint
{
    Exists = 0,
    Execute = 1,
    Write = 2,
    Read = 4,
}

/// <summary>Flags of <c>renameat2</c>.</summary>
[Flags]
public enum RenameFlags : uint
{
    None = 0,
    NoReplace = 1,
    Exchange = 2,
    Whiteout = 4,
}

/// <summary>Flags of <c>mount</c>, and what statfs reports of them.</summary>
[Flags]
public enum MountFlags : uint
{
    None = 0,
    ReadOnly = 1,
    NoSetUserId = 2,
    NoDevices = 4,
    NoExecute = 8,
    Remount = 32,
    Bind = 4096,
    Move = 8192,
    Recursive = 16384,
    Silent = 32768,
}
