// devtmpfs: what programs mount on /dev to get the device files that the kernel knows.
//
// There is one, however often it is mounted: files that a program makes there are seen everywhere.
using System;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>The one devtmpfs.</summary>
public static class DevFs
{
    private const uint RootMode = 0x1ED;   // rwxr-xr-x

    private static Mutex s_lock;
    private static FileSystem? s_instance; // never given up once it is made

    /// <summary>The file system, with a use for the caller; it is made when it is first asked for.</summary>
    /// <returns>ENOMEM.</returns>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public static Result<FileSystem> Get()
    {
        using Mutex.Guard guard = s_lock.Lock();
        if (s_instance is null)
        {
            RamFs? made = RamFs.TryMake(RamFsKind.Devtmpfs, RootMode);
            if (made is null)
                return Errno.ENOMEM;

            DeviceNodes.MakeAll(made.Root.Inode);
            s_instance = made;
        }

        s_instance.Get();
        return s_instance;
    }
}

/// <summary>devtmpfs as a kind of file system.</summary>
public sealed class DevFsType : FileSystemType
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "devtmpfs"u8;

    /// <summary>Makes it mountable.</summary>
    /// <remarks>Context: thread, once.</remarks>
    [Initcall(InitcallLevel.Fs, Part = "devtmpfs")]
    internal static void Register() => FileSystemTypes.Register(new DevFsType());

    /// <inheritdoc/>
    /// <remarks>Options are ignored: there is one instance, and it has its attributes already.</remarks>
    public override Result<FileSystem> Open(ReadOnlySpan<byte> options) => DevFs.Get();
}
