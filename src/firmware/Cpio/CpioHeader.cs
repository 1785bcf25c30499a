// The header of a member of a "new ASCII" cpio archive.
//
//   offset 0  "070701", or "070702" with a checksum      54  file size
//          6  inode                                      62  device major, 70 minor
//         14  mode, with the file type as in stat        78  special file's device major, 86 minor
//         22  uid, 30 gid                                94  name size, its zero included
//         38  number of links                           102  checksum: sum of all bytes of the file
//         46  modification time                         110  name, then data: each begins on a multiple of 4
//
// All numbers are 8 hexadecimal digits.
// Source: cpio(5), "New ASCII Format" and "New CRC Format"; Linux Documentation/driver-api/early-userspace/buffer-format.rst.
using System;

namespace Commence.Firmware.Cpio;

/// <summary>The kinds of files, as the mode's upper bits hold them (S_IFMT).</summary>
public enum CpioFileType : uint
{
    Fifo = 0x1000,
    CharacterDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    Regular = 0x8000,
    SymbolicLink = 0xA000,
    Socket = 0xC000,
}

/// <summary>A member's header. Names and sizes have been checked, the rest is as it stands.</summary>
public readonly struct CpioHeader
{
    public const int SizeBytes = 110;

    /// <summary>Linux: <c>PATH_MAX</c>, the terminating zero included.</summary>
    public const int NameSizeMax = 4096;

    /// <summary>Of everything in an archive.</summary>
    public const int AlignmentBytes = 4;

    private const int SignatureLength = 6;
    private const int DigitCount = 8;
    private const uint TypeMask = 0xF000;
    private const uint PermissionMask = 0x0FFF;

    public bool HasChecksum { get; private init; }

    public uint Inode { get; private init; }

    public uint Mode { get; private init; }

    public uint Uid { get; private init; }

    public uint Gid { get; private init; }

    /// <summary>Above 1: other members with the same inode and device are the same file. Often only the last has the data.</summary>
    public uint LinkCount { get; private init; }

    /// <summary>Seconds since 1970.</summary>
    public uint ModificationTime { get; private init; }

    public uint FileSize { get; private init; }

    public uint DeviceMajor { get; private init; }

    public uint DeviceMinor { get; private init; }

    /// <summary>Of a device node: which device it stands for.</summary>
    public uint SpecialMajor { get; private init; }

    public uint SpecialMinor { get; private init; }

    /// <summary>The name's size, its zero included.</summary>
    public int NameSize { get; private init; }

    public uint Checksum { get; private init; }

    public CpioFileType Type => (CpioFileType)(Mode & TypeMask);

    /// <summary>Permission bits with set-uid, set-gid and sticky.</summary>
    public uint Permissions => Mode & PermissionMask;

    public static bool HasSignature(ReadOnlySpan<byte> bytes) => bytes.StartsWith("070701"u8) || bytes.StartsWith("070702"u8);

    /// <summary>Reads the header at the start of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">At least 110 bytes.</param>
    /// <param name="at">Their place in the archive, for the fault.</param>
    /// <param name="header">The header.</param>
    /// <param name="fault">What is wrong, and where.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, ulong at, out CpioHeader header, out ParseFault fault)
    {
        header = default;
        fault = default;
        if (bytes.Length < SizeBytes)
            fault = new ParseFault(FirmwarePart.Cpio, FaultKind.Truncated, at, (ulong)bytes.Length);
        else if (!HasSignature(bytes))
            fault = new ParseFault(FirmwarePart.Cpio, FaultKind.BadSignature, at);
        if (fault.IsFault)
            return false;

        var fields = new Fields(bytes);
        header = new CpioHeader
        {
            HasChecksum = bytes[SignatureLength - 1] == (byte)'2',
            Inode = fields.Next(),
            Mode = fields.Next(),
            Uid = fields.Next(),
            Gid = fields.Next(),
            LinkCount = fields.Next(),
            ModificationTime = fields.Next(),
            FileSize = fields.Next(),
            DeviceMajor = fields.Next(),
            DeviceMinor = fields.Next(),
            SpecialMajor = fields.Next(),
            SpecialMinor = fields.Next(),
            NameSize = (int)Math.Min(fields.Next(), int.MaxValue),
            Checksum = fields.Next(),
        };

        if (fields.BadDigitOffset != 0)
            fault = new ParseFault(FirmwarePart.Cpio, FaultKind.BadValue, at + (ulong)fields.BadDigitOffset, bytes[fields.BadDigitOffset]);
        else if (header.NameSize is 0 or > NameSizeMax)
            fault = new ParseFault(FirmwarePart.Cpio, FaultKind.BadLength, at + 94, (ulong)header.NameSize);
        else if (header.Type == CpioFileType.SymbolicLink && header.FileSize >= NameSizeMax)
            fault = new ParseFault(FirmwarePart.Cpio, FaultKind.BadLength, at + 54, header.FileSize);
        return !fault.IsFault;
    }

    private ref struct Fields(ReadOnlySpan<byte> header)
    {
        private readonly ReadOnlySpan<byte> _header = header;
        private int _at = SignatureLength;

        /// <summary>Where the first character stands that is no hexadecimal digit; 0 if there is none.</summary>
        public int BadDigitOffset { get; private set; }

        public uint Next()
        {
            uint value = 0;
            for (int i = 0; i < DigitCount; i++, _at++)
            {
                int digit = DigitOf(_header[_at]);
                if (digit < 0 && BadDigitOffset == 0)
                    BadDigitOffset = _at;
                value = (value << 4) | (uint)(digit & 0xF);
            }

            return value;
        }

        private static int DigitOf(byte character) => character switch
        {
            >= (byte)'0' and <= (byte)'9' => character - '0',
            >= (byte)'a' and <= (byte)'f' => character - 'a' + 10,
            >= (byte)'A' and <= (byte)'F' => character - 'A' + 10,
            _ => -1,
        };
    }
}
