// An open file: what descriptors point to (Linux: struct file; POSIX: open file description).
//
// | what                    | protected by                                                    |
// |-------------------------|-----------------------------------------------------------------|
// | Position                | PositionLock                                                    |
// | Flags                   | single word, changed by F_SETFL with CompareExchange            |
// | Path, access mode       | fixed                                                           |
//
// One use for each descriptor, and one for each system call that is at work with it; the last Put closes.
using System;
using System.Threading;
using Commence.Abi;
using Commence.Lib;
using Commence.Mm;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>An open file of some kind. Each kind of file that can be opened derives one.</summary>
/// <remarks>An operation that a kind of file does not have answers as Linux does.</remarks>
public abstract class File
{
    private static WaitQueue s_noQueue;

    private int _references;
    private uint _flags;
    private Path _path;
    private long _position;

    /// <summary>Held while a read or write uses and moves the position.</summary>
    public Mutex PositionLock;

    /// <summary>The name by which it was opened; no place for a pipe.</summary>
    public Path Path => _path;

    /// <summary>The file itself, if it has a place.</summary>
    public Inode? Inode => _path.IsNull ? null : _path.Inode;

    /// <summary>How it was opened, as changed since.</summary>
    public OpenFlags Flags => (OpenFlags)Volatile.Read(ref _flags);

    public bool IsReadable => (Flags & (OpenFlags.AccessMask | OpenFlags.O_PATH)) is OpenFlags.ReadOnly or OpenFlags.ReadWrite;

    public bool IsWritable => (Flags & (OpenFlags.AccessMask | OpenFlags.O_PATH)) is OpenFlags.WriteOnly or OpenFlags.ReadWrite;

    /// <summary>Must not wait.</summary>
    public bool IsNonblocking => (Flags & OpenFlags.O_NONBLOCK) != 0;

    /// <summary>Where the next read or write is. Under <see cref="PositionLock"/>.</summary>
    public long Position
    {
        get => _position;
        set => _position = value;
    }

    /// <summary>Has no positions: <c>lseek</c> and <c>pread</c> do not apply.</summary>
    public virtual bool IsStream => false;

    /// <summary>Gives a new open file its identity and one use, which is the caller's.</summary>
    /// <param name="path">Its name, which it takes a use of; may be no place.</param>
    /// <param name="flags">How it is opened.</param>
    protected internal void Initialise(Path path, OpenFlags flags)
    {
        _path = path.IsNull ? default : path.Get();
        _flags = (uint)(flags & ~(OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOCTTY | OpenFlags.O_TRUNC | OpenFlags.O_CLOEXEC));
        _references = 1;
    }

    /// <summary>Changes the flags that can be changed (F_SETFL).</summary>
    public void ChangeFlags(OpenFlags flags, OpenFlags mask)
    {
        uint before = Volatile.Read(ref _flags);
        while (true)
        {
            uint after = (before & ~(uint)mask) | ((uint)flags & (uint)mask);
            uint found = Interlocked.CompareExchange(ref _flags, after, before);
            if (found == before)
                return;
            before = found;
        }
    }

    /// <summary>Counts one more user.</summary>
    public void Get()
    {
        int count = Interlocked.Increment(ref _references);
        Bug.On(count <= 1);
    }

    /// <summary>Ends one use; the last one closes the file.</summary>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public void Put()
    {
        int count = Interlocked.Decrement(ref _references);
        Bug.On(count < 0);
        if (count > 0)
            return;

        Path path = _path;
        Close();
        path.Put();
    }

    /// <summary>Gives up what the open file holds, and the object itself.</summary>
    protected abstract void Close();

    /// <summary>Reads from a position on, which moves on with what was read; streams ignore it.</summary>
    /// <returns>Bytes moved; 0 at the end.</returns>
    public virtual Result<long> Read(ref IoBuffer destination, ref long position) => Errno.EINVAL;

    /// <summary>Writes from a position on, which moves on with what was written; streams ignore it.</summary>
    /// <returns>Bytes moved.</returns>
    public virtual Result<long> Write(ref IoBuffer source, ref long position) => Errno.EINVAL;

    /// <summary>Computes a new position.</summary>
    /// <remarks>The caller holds <see cref="PositionLock"/> and sets <see cref="Position"/>.</remarks>
    public virtual Result<long> Seek(long offset, SeekOrigin origin)
    {
        if (IsStream)
            return Errno.ESPIPE;

        long size = Inode?.Size ?? 0;
        switch (origin)
        {
            case SeekOrigin.Start:
                break;
            case SeekOrigin.Current:
                if (!TryAdd(ref offset, _position))
                    return Errno.EOVERFLOW;
                break;
            case SeekOrigin.End:
                if (!TryAdd(ref offset, size))
                    return Errno.EOVERFLOW;
                break;
            case SeekOrigin.Data or SeekOrigin.Hole:
                // As if there were no holes, which the interface permits: lseek(2), "Seeking file data and holes".
                if (offset < 0 || offset >= size)
                    return Errno.ENXIO;
                offset = origin == SeekOrigin.Data ? offset : size;
                break;
            default:
                return Errno.EINVAL;
        }

        return offset < 0 ? Errno.EINVAL : offset;
    }

    /// <summary>Lists a directory from <see cref="Position"/> on.</summary>
    public virtual Errno List(ref DirectoryCursor cursor) => Errno.ENOTDIR;

    /// <summary>Carries out a request of <c>ioctl</c>.</summary>
    public virtual Result<long> Ioctl(uint request, ulong argument) => Errno.ENOTTY;

    /// <summary>What the file is ready for, and (with a table) whom to wake when that changes.</summary>
    public virtual PollEvents Poll(PollTable? table) =>
        PollEvents.Readable | PollEvents.Writable;

    /// <summary>The wait queue behind a number that <see cref="Poll"/> gave to <see cref="PollTable.Watch"/>.</summary>
    /// <remarks>Always the same queue for the same number, as long as the file is open.</remarks>
    public virtual ref WaitQueue PollQueue(int which)
    {
        Bug.Unreachable(); // this kind of file watches no queue
        return ref s_noQueue;
    }

    /// <summary>Reads the attributes of what is open.</summary>
    public virtual void ReadAttributes(out Stat attributes)
    {
        attributes = default;
        Inode?.ReadAttributes(out attributes);
    }

    /// <summary>Writes what <c>/proc/PID/fd</c> shows for a file without a place.</summary>
    public virtual void FormatName(ref TextWriter text) => text.Append("anon_inode:[file]"u8);

    /// <summary>Changes the size.</summary>
    public virtual Errno Truncate(long size) => Inode is null ? Errno.EINVAL : Inode.Truncate(size);

    /// <summary>The pages behind the file, for mapping it into memory; null if it cannot be mapped.</summary>
    public virtual PageCache? Pages => Inode?.Pages;

    /// <summary>Makes a source of pages for mapping the file, with one reference.</summary>
    /// <returns>ENODEV if it cannot be mapped; ENOMEM; none.</returns>
    public virtual Errno TryMakeMapping(out MemoryObject? source)
    {
        Errno error = FileMapping.TryMake(this, out FileMapping? mapping);
        source = mapping;
        return error;
    }

    private static bool TryAdd(ref long offset, long to)
    {
        long sum = unchecked(offset + to);
        bool isWrapped = ((offset ^ sum) & (to ^ sum)) < 0;
        offset = sum;
        return !isWrapped;
    }
}
