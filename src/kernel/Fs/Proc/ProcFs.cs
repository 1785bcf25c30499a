// procfs and sysfs: file systems whose files say how the kernel is.
//
// There is one of each, however often they are mounted.
//
// Source: Linux man-pages, proc(5) and its parts, sysfs(5).
using System;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>A file system of declared entries.</summary>
public sealed class ProcFs : FileSystem
{
    private ProcFsType _type = null!;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> TypeName => _type.Name;

    /// <inheritdoc/>
    public override long Magic => _type.Magic;

    /// <summary>Makes the file system with one use.</summary>
    /// <returns>Null if there is no memory.</returns>
    internal static ProcFs? TryMake(ProcFsType type, ProcFolder root)
    {
        if (!Kmem.TryNew(out ProcFs fileSystem))
            return null;

        fileSystem._type = type;
        fileSystem.AssignDevice();
        ProcInode? inode = ProcInode.TryMake(fileSystem, root, ProcSubject.System);
        if (inode is not null && fileSystem.TryInitialise(inode))
            return fileSystem;

        inode?.Put();
        Kmem.Free(fileSystem);
        return null;
    }

    /// <inheritdoc/>
    protected override void Free()
    {
        Kmem.Free(Dentries);
        Kmem.Free(this);
    }
}

/// <summary>One of the two kinds, with its only instance.</summary>
public abstract class ProcFsType : FileSystemType
{
    private Mutex _lock;
    private ProcFs? _instance; // never given up once it is made

    /// <summary>The number that <c>statfs</c> reports as type (Linux UAPI, linux/magic.h).</summary>
    public abstract long Magic { get; }

    /// <summary>What is in it.</summary>
    internal abstract ProcFolder Root { get; }

    /// <inheritdoc/>
    /// <remarks>Options are ignored.</remarks>
    public override Result<FileSystem> Open(ReadOnlySpan<byte> options)
    {
        using Mutex.Guard guard = _lock.Lock();
        _instance ??= ProcFs.TryMake(this, Root);
        if (_instance is null)
            return Errno.ENOMEM;

        _instance.Get();
        return _instance;
    }
}

/// <summary>procfs: <c>mount -t proc</c>.</summary>
public sealed class ProcType : ProcFsType
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "proc"u8;

    /// <inheritdoc/>
    public override long Magic => 0x9FA0;

    internal override ProcFolder Root { get; } = new ProcRoot();

    /// <summary>Makes it mountable, with all that the kernel shows.</summary>
    /// <remarks>Context: thread, once.</remarks>
    [Initcall(InitcallLevel.Fs, Part = "procfs")]
    public static void Register()
    {
        ProcType type = new();
        SystemEntries.AddTo(type.Root);
        FileSystemTypes.Register(type);
    }
}

/// <summary>sysfs: <c>mount -t sysfs</c>. There is only what is real: processors and nodes.</summary>
public sealed class SysType : ProcFsType
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "sysfs"u8;

    /// <inheritdoc/>
    public override long Magic => 0x6265_6572;

    internal override ProcFolder Root { get; } = new NamedFolder();

    /// <summary>Makes it mountable.</summary>
    /// <remarks>Context: thread, once.</remarks>
    [Initcall(InitcallLevel.Fs, Part = "sysfs")]
    public static void Register()
    {
        SysType type = new();
        ProcFolder devices = NamedFolder.AddTo(type.Root, "devices"u8);
        ProcFolder system = NamedFolder.AddTo(devices, "system"u8);
        ClockSourceFile.AddTo(system);
        SysCpuRoot.AddTo(system);
        SysNodeRoot.AddTo(system);
        FileSystemTypes.Register(type);
    }
}
