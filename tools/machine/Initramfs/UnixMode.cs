// st_mode: a file's type and permissions in one number.  Source: inode(7), "The file type and mode".
namespace Commence.Machine.Initramfs;

/// <summary>The file types of <c>st_mode</c>, and the permissions we give ourselves.</summary>
internal static class UnixMode
{
    internal const uint TypeMask = 0xF000;
    internal const uint CharacterDevice = 0x2000;
    internal const uint Directory = 0x4000;
    internal const uint Regular = 0x8000;
    internal const uint SymbolicLink = 0xA000;

    internal const uint PermissionMask = 0xFFF;
    internal const uint Executable = 0x1ED;   // rwxr-xr-x
    internal const uint ReadOnlyFile = 0x1A4; // rw-r--r--
    internal const uint DeviceNode = 0x1B6;   // rw-rw-rw-
    internal const uint EveryMode = 0x1FF;    // rwxrwxrwx
    internal const uint Sticky = 0x200;
}
