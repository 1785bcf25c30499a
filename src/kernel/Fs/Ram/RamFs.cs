// A file system in memory: rootfs, tmpfs and the ground of /dev.
using System;
using Commence.Abi;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>What a <see cref="RamFs"/> calls itself; they all work alike.</summary>
public enum RamFsKind
{
    RootFs,
    Tmpfs,
    Ramfs,
    Devtmpfs,
}

/// <summary>A file system whose files are in memory only (Linux: ramfs, tmpfs).</summary>
public sealed class RamFs : FileSystem
{
    private RamFsKind _kind;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> TypeName => _kind switch
    {
        RamFsKind.Tmpfs => "tmpfs"u8,
        RamFsKind.Ramfs => "ramfs"u8,
        RamFsKind.Devtmpfs => "devtmpfs"u8,
        _ => "rootfs"u8,
    };

    /// <inheritdoc/>
    /// <remarks>Source: Linux UAPI, linux/magic.h, TMPFS_MAGIC and RAMFS_MAGIC.</remarks>
    public override long Magic => _kind is RamFsKind.Tmpfs or RamFsKind.Devtmpfs ? 0x0102_1994 : 0x8584_58F6;

    /// <summary>Makes an empty file system with one use.</summary>
    /// <param name="kind">What it calls itself.</param>
    /// <param name="rootMode">Permission bits of its root directory.</param>
    /// <returns>Null if there is no memory.</returns>
    public static RamFs? TryMake(RamFsKind kind, uint rootMode)
    {
        if (!Kmem.TryNew(out RamFs fileSystem))
            return null;

        fileSystem._kind = kind;
        fileSystem.AssignDevice();
        if (fileSystem.TryMakeRoot(rootMode))
            return fileSystem;

        Kmem.Free(fileSystem);
        return null;
    }

    private bool TryMakeRoot(uint mode)
    {
        RamDirectory? root = RamDirectory.TryMake(this, mode, default);
        if (root is null)
            return false;

        root.BecomeRoot();
        if (TryInitialise(root))
            return true;

        root.Put();
        return false;
    }

    /// <inheritdoc/>
    public override void ReadStatistics(ref StatFs statistics)
    {
        if (_kind != RamFsKind.Tmpfs)
            return;

        PageStatistics pages = KernelMemory.Pages.ReadStatistics();
        statistics.Blocks = (long)pages.ManagedPages;
        statistics.BlocksFree = (long)pages.FreePages;
        statistics.BlocksAvailable = (long)pages.FreePages;
    }

    /// <summary>Makes a file of any kind but a directory, without a name.</summary>
    /// <returns>The inode with one use; EINVAL, ENOMEM.</returns>
    internal Result<Inode> MakeInode(uint mode, in Credentials owner, DeviceNumber device)
    {
        Inode? made = (mode & FileMode.TypeMask) switch
        {
            FileMode.Regular => RamFile.TryMake(this, mode, in owner),
            FileMode.Directory => RamDirectory.TryMake(this, mode, in owner),
            _ => RamNode.TryMake(this, mode, in owner, device),
        };
        return made is null ? Errno.ENOMEM : made;
    }

    /// <inheritdoc/>
    protected override void Free()
    {
        Kmem.Free(Dentries);
        Kmem.Free(this);
    }
}
