// tmpfs and ramfs as kinds of file systems.
//
// Source: tmpfs(5) for the options.
using System;
using Commence.Abi;
using Commence.Lib;

namespace Commence.Fs;

/// <summary>A kind of file system in memory.</summary>
public sealed class RamFsType : FileSystemType
{
    private const uint DefaultMode = 0x3FF; // rwxrwxrwt, as a place for everybody

    private RamFsKind _kind;

    /// <summary>Makes <c>tmpfs</c> and <c>ramfs</c> mountable.</summary>
    [Initcall(InitcallLevel.Fs)]
    public static void RegisterAll()
    {
        FileSystemTypes.Register(new RamFsType { _kind = RamFsKind.Ramfs });
        FileSystemTypes.Register(new RamFsType { _kind = RamFsKind.Tmpfs });
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _kind == RamFsKind.Tmpfs ? "tmpfs"u8 : "ramfs"u8;

    /// <inheritdoc/>
    public override Result<FileSystem> Open(ReadOnlySpan<byte> options)
    {
        uint mode = _kind == RamFsKind.Tmpfs ? DefaultMode : DefaultMode & ~(FileMode.Sticky | 0x12);
        while (!options.IsEmpty)
        {
            int comma = options.IndexOf((byte)',');
            ReadOnlySpan<byte> option = comma < 0 ? options : options[..comma];
            options = comma < 0 ? default : options[(comma + 1)..];
            if (!TryApply(option, ref mode))
                return Errno.EINVAL;
        }

        RamFs? fileSystem = RamFs.TryMake(_kind, mode);
        return fileSystem is null ? Errno.ENOMEM : fileSystem;
    }

    // Limits of size are not kept (docs/syscalls.md): whoever asks for one gets more, never less.
    private static bool TryApply(ReadOnlySpan<byte> option, ref uint mode)
    {
        if (option.StartsWith("mode="u8))
            return TryParseOctal(option[5..], out mode);
        return option.IsEmpty || option.StartsWith("size="u8) || option.StartsWith("nr_inodes="u8) || option.StartsWith("nr_blocks="u8);
    }

    private static bool TryParseOctal(ReadOnlySpan<byte> text, out uint value)
    {
        value = 0;
        foreach (byte digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return false;
            value = (value << 3) | (uint)(digit - '0');
        }

        return !text.IsEmpty && value <= FileMode.PermissionMask;
    }
}
