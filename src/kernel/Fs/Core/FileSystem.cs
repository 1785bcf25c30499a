// A mounted or mountable tree of files.
using System;
using System.Threading;
using Commence.Abi;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>One instance of a file system (Linux: <c>struct super_block</c> with its type).</summary>
public abstract class FileSystem
{
    private static uint s_deviceMinorLast; // anonymous devices: 0:1, 0:2, …

    private ulong _inodeNumberLast;
    private int _references = 1;

    /// <summary>Held while an entry moves from one directory to another, so that no directory can become its own ancestor.</summary>
    public Mutex RenameLock;

    /// <summary>Its entries in memory.</summary>
    public DentryCache Dentries { get; private set; } = null!;

    /// <summary>The entry of its root directory.</summary>
    public Dentry Root { get; private set; } = null!;

    /// <summary>Its device number.</summary>
    public DeviceNumber Device { get; private set; }

    /// <summary>The name of its type, as <c>mount -t</c> knows it.</summary>
    public abstract ReadOnlySpan<byte> TypeName { get; }

    /// <summary>The number that <c>statfs</c> reports as type.</summary>
    public abstract long Magic { get; }

    /// <summary>Gives the instance its root directory and an empty cache of entries.</summary>
    /// <param name="root">The directory; the file system takes over the caller's use.</param>
    /// <returns>False if there is no memory; the caller then still has its use.</returns>
    protected bool TryInitialise(Inode root)
    {
        if (!Kmem.TryNew(out DentryCache dentries))
            return false;

        Dentry? entry = DentryCache.TryMakeRoot(root);
        if (entry is null)
        {
            Kmem.Free(dentries);
            return false;
        }

        Dentries = dentries;
        Root = entry;
        return true;
    }

    /// <summary>Takes a device number for a new instance. Before any inode is made.</summary>
    protected void AssignDevice() => Device = new DeviceNumber(0, Interlocked.Increment(ref s_deviceMinorLast));

    /// <summary>A number for a new inode.</summary>
    public ulong NextInodeNumber() => Interlocked.Increment(ref _inodeNumberLast);

    /// <summary>Counts one more mount of this instance.</summary>
    public void Get() => Interlocked.Increment(ref _references);

    /// <summary>Ends one use of this instance; the last one frees it.</summary>
    public void Put()
    {
        int count = Interlocked.Decrement(ref _references);
        Bug.On(count < 0);
        if (count > 0)
            return;

        Dentries.Shrink();
        Root.Put();
        Dentries.Shrink();
        Free();
    }

    /// <summary>Frees the instance. Nobody uses any of its files.</summary>
    protected abstract void Free();

    /// <summary>Fills in what <c>statfs</c> reports besides the type.</summary>
    public virtual void ReadStatistics(ref StatFs statistics)
    {
    }
}
