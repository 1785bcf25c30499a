// The first file system: in memory, at the top of the tree, and with it the place from which the kernel itself sees files.
//
//   Mount ─▶ /  /dev  /dev/console …  /root ─▶ Initramfs.Unpack on top of it ─▶ pid 1 starts here
//
// It is never unmounted: a program that wants another root mounts that and moves there (switch_root).
using System;
using Commence.Abi;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>rootfs, and the tree of mounts that it is the first of.</summary>
/// <remarks>Set once by <see cref="Mount"/>, before anybody reads; only read afterwards.</remarks>
public static class RootFs
{
    private const uint RootMode = 0x1ED;         // rwxr-xr-x
    private const uint HomeMode = 0x1C0;         // rwx------
    private const uint DirectoryMode = 0x1ED;
    private const uint FileModeMask = 0x12;      // -----w--w-: what pid 1 starts with

    private static MountTable? s_mounts;
    private static FsContext? s_context;
    private static readonly Credentials s_kernel = default; // user 0, who may do everything

    /// <summary>All mounts of the machine.</summary>
    public static MountTable Mounts => s_mounts!;

    /// <summary>Root and current directory of pid 1, and of the kernel itself.</summary>
    public static FsContext Context => s_context!;

    /// <summary>The tree as the kernel sees it.</summary>
    public static FsView View => new(s_mounts!, s_context!, in s_kernel);

    /// <summary>Makes the file system, with the files that there are even without an initramfs.</summary>
    /// <remarks>Context: thread, once. Fails: panics if there is no memory for it.</remarks>
    [Initcall(InitcallLevel.Rootfs)]
    public static void Mount()
    {
        RamFs? files = RamFs.TryMake(RamFsKind.RootFs, RootMode);
        if (files is null || !TryAttach(files))
        {
            Panic.Now($"no memory for the root file system");
            return;
        }

        files.Put(); // the mount has its own use
        MakeDirectory("/dev"u8, DirectoryMode);
        MakeDirectory("/root"u8, HomeMode);
        MakeDevices();
    }

    private static void MakeDevices()
    {
        Result<Path> directory = Vfs.Resolve(View, default, "/dev"u8, WalkFlags.None);
        if (!directory.IsOk)
            return; // reported when it could not be made

        DeviceNodes.MakeAll(directory.Value.Inode);
        directory.Value.Put();
    }

    private static bool TryAttach(FileSystem files)
    {
        s_mounts = new MountTable();
        Result<Path> root = s_mounts.AttachRoot(files);
        if (!root.IsOk)
            return false;

        s_context = FsContext.TryMake(root.Value, FileModeMask);
        root.Value.Put();
        return s_context is not null;
    }

    private static void MakeDirectory(ReadOnlySpan<byte> path, uint permissions)
    {
        Errno error = Vfs.MakeNode(View, default, path, FileMode.Directory | permissions, default);
        if (error != Errno.None)
            Printk.Error($"rootfs: cannot make {path}: {error.Name()}");
    }
}
