// From where a process sees the tree of files (Linux: struct fs_struct).
using System.Threading;
using Commence.Abi;
using Commence.Locking;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>Root and current directory and the file mode mask; threads, and tasks made with CLONE_FS, share one.</summary>
public sealed class FsContext
{
    private SpinLock _lock;
    private int _references;
    private Path _root;
    private Path _current;
    private uint _mask;

    /// <summary>Makes a context with one use.</summary>
    /// <param name="root">Root and current directory; the context takes uses of its own.</param>
    /// <param name="mask">Permission bits that new files do not get.</param>
    /// <returns>Null if there is no memory.</returns>
    public static FsContext? TryMake(Path root, uint mask)
    {
        if (!Kmem.TryNew(out FsContext context))
            return null;

        context._references = 1;
        context._root = root.Get();
        context._current = root.Get();
        context._mask = mask;
        return context;
    }

    /// <summary>Makes an equal context (fork).</summary>
    /// <returns>Null if there is no memory.</returns>
    public FsContext? TryCopy()
    {
        if (!Kmem.TryNew(out FsContext copy))
            return null;

        copy._references = 1;
        using SpinLock.Guard guard = _lock.Lock();
        copy._root = _root.Get();
        copy._current = _current.Get();
        copy._mask = _mask;
        return copy;
    }

    /// <summary>Counts one more user.</summary>
    public void Get() => Interlocked.Increment(ref _references);

    /// <summary>Ends one use; the last one frees the context.</summary>
    public void Put()
    {
        int count = Interlocked.Decrement(ref _references);
        Bug.On(count < 0);
        if (count > 0)
            return;

        Path root = _root;
        Path current = _current;
        Kmem.Free(this);
        current.Put();
        root.Put();
    }

    /// <summary>Whether more than one task uses the context.</summary>
    public bool IsShared => Volatile.Read(ref _references) > 1;

    /// <summary>Permission bits that new files do not get.</summary>
    public uint Mask => Volatile.Read(ref _mask);

    /// <summary>The root, with a use for the caller.</summary>
    public Path GetRoot()
    {
        using SpinLock.Guard guard = _lock.Lock();
        return _root.Get();
    }

    /// <summary>The current directory, with a use for the caller.</summary>
    public Path GetCurrent()
    {
        using SpinLock.Guard guard = _lock.Lock();
        return _current.Get();
    }

    /// <summary>Sets the mask.</summary>
    /// <returns>The mask before.</returns>
    public uint ExchangeMask(uint mask) => Interlocked.Exchange(ref _mask, mask & FileMode.ReadWriteExecuteAll);

    /// <summary>Changes the root; the context takes over the caller's use of it.</summary>
    public void SetRoot(Path root)
    {
        Path before;
        using (SpinLock.Guard guard = _lock.Lock())
        {
            before = _root;
            _root = root;
        }

        before.Put();
    }

    /// <summary>Changes the current directory; the context takes over the caller's use of it.</summary>
    public void SetCurrent(Path current)
    {
        Path before;
        using (SpinLock.Guard guard = _lock.Lock())
        {
            before = _current;
            _current = current;
        }

        before.Put();
    }
}
