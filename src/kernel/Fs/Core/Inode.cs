// A file, whatever its kind, apart from its names (Linux: struct inode with its operations).
//
// | what                           | protected by                                                        |
// |--------------------------------|---------------------------------------------------------------------|
// | contents, size, directory entries | Lock; a reader of Size alone needs no lock                        |
// | mode, owner, times, link count | AttributeLock                                                       |
// | FileSystem, Number, type, Device | fixed                                                             |
//
// Lock order: FileSystem.RenameLock, then a directory's Lock, then its descendant's, then a file's, then AttributeLock.
// The lock of a file may be held while user memory is copied; so a page fault takes no inode's Lock (see PageCache).
//
// A file lives as long as somebody uses it. A file system that keeps files in memory has one use for each name.
using System;
using System.Threading;
using Commence.Abi;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>A file in a file system. A file system derives its kinds of files from it.</summary>
/// <remarks>An operation that a kind of file does not have answers as Linux does.</remarks>
public abstract class Inode
{
    private int _references;
    private uint _mode;
    private uint _userId;
    private uint _groupId;
    private uint _linkCount;
    private long _size;
    private Timespec _accessTime;
    private Timespec _modificationTime;
    private Timespec _changeTime;
    private SpinLock _attributeLock;

    /// <summary>Held while contents or entries change; see the table above.</summary>
    public Mutex Lock;

    /// <summary>Where the file lives.</summary>
    public FileSystem FileSystem { get; private set; } = null!;

    /// <summary>Its number, unique in its file system.</summary>
    public ulong Number { get; private set; }

    /// <summary>For device files: which device.</summary>
    public DeviceNumber Device { get; private set; }

    /// <summary>Type and permission bits.</summary>
    public uint Mode => Volatile.Read(ref _mode);

    /// <summary>The type bits of <see cref="Mode"/>.</summary>
    public uint Type => Mode & FileMode.TypeMask;

    public bool IsDirectory => Type == FileMode.Directory;

    public bool IsSymbolicLink => Type == FileMode.SymbolicLink;

    public bool IsRegular => Type == FileMode.Regular;

    public uint UserId => Volatile.Read(ref _userId);

    public uint GroupId => Volatile.Read(ref _groupId);

    /// <summary>Names that the file has.</summary>
    public uint LinkCount => Volatile.Read(ref _linkCount);

    /// <summary>Bytes of contents.</summary>
    public long Size
    {
        get => Volatile.Read(ref _size);
        protected set => Volatile.Write(ref _size, value);
    }

    /// <summary>The file went away although its entry is still in memory: look it up again.</summary>
    public virtual bool IsStale => false;

    /// <summary>Gives a new inode its identity and one use, which is the caller's.</summary>
    protected void Initialise(FileSystem fileSystem, ulong number, uint mode, uint userId, uint groupId, DeviceNumber device)
    {
        FileSystem = fileSystem;
        Number = number;
        Device = device;
        _mode = mode;
        _userId = userId;
        _groupId = groupId;
        _references = 1;
        Timespec now = FileClock.Now();
        _accessTime = now;
        _modificationTime = now;
        _changeTime = now;
    }

    /// <summary>Counts one more user.</summary>
    public void Get()
    {
        int count = Interlocked.Increment(ref _references);
        Bug.On(count <= 1);
    }

    /// <summary>Ends one use; the last one frees the file.</summary>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public void Put()
    {
        int count = Interlocked.Decrement(ref _references);
        Bug.On(count < 0);
        if (count == 0)
            Free();
    }

    /// <summary>Frees what the inode holds, and the inode itself.</summary>
    protected abstract void Free();

    // ---- directories; the caller holds Lock, and the lock of a second directory or of a child that goes away -------------

    /// <summary>Finds an entry.</summary>
    /// <param name="name">1 to 255 bytes, not <c>.</c> or <c>..</c>.</param>
    /// <returns>The file with a use for the caller; ENOENT; ENOTDIR.</returns>
    public virtual Result<Inode> Lookup(scoped ReadOnlySpan<byte> name) => Errno.ENOTDIR;

    /// <summary>Makes a file of any kind but a symbolic link, and an entry for it. The name is not there yet.</summary>
    /// <returns>The file with a use for the caller.</returns>
    public virtual Result<Inode> Create(scoped ReadOnlySpan<byte> name, uint mode, in Credentials owner, DeviceNumber device) => Errno.EPERM;

    /// <summary>Makes a symbolic link and an entry for it. The name is not there yet.</summary>
    /// <inheritdoc cref="Create"/>
    public virtual Result<Inode> CreateLink(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> target, in Credentials owner) => Errno.EPERM;

    /// <summary>Makes another entry for a file. The name is not there yet.</summary>
    public virtual Errno Link(scoped ReadOnlySpan<byte> name, Inode file) => Errno.EPERM;

    /// <summary>Removes the entry of a file that is no directory.</summary>
    public virtual Errno Unlink(scoped ReadOnlySpan<byte> name, Inode file) => Errno.EPERM;

    /// <summary>Removes the entry of a directory, if that is empty.</summary>
    public virtual Errno RemoveDirectory(scoped ReadOnlySpan<byte> name, Inode directory) => Errno.EPERM;

    /// <summary>Moves an entry of this directory; what the new name meant before is replaced.</summary>
    /// <param name="name">The entry.</param>
    /// <param name="file">What it names.</param>
    /// <param name="newDirectory">Where it goes; may be this directory.</param>
    /// <param name="newName">Its name there.</param>
    /// <param name="replaced">What that name means now, of a kind that may be replaced; null if nothing.</param>
    /// <param name="isExchange">Both entries swap their files.</param>
    public virtual Errno Rename(
        scoped ReadOnlySpan<byte> name, Inode file, Inode newDirectory, scoped ReadOnlySpan<byte> newName, Inode? replaced, bool isExchange) => Errno.EPERM;

    /// <summary>Lists entries from a position on, until the cursor is full.</summary>
    public virtual Errno List(ref DirectoryCursor cursor) => Errno.ENOTDIR;

    // ---- contents ---------------------------------------------------------------------------------------------------------

    /// <summary>Makes an open file.</summary>
    /// <param name="path">The name by which it is opened; the open file takes uses of its own.</param>
    /// <param name="flags">How.</param>
    /// <returns>A file with one use.</returns>
    /// <remarks>Context: thread. Sleeps: may, and for long: a FIFO waits for the other side.</remarks>
    public virtual Result<File> Open(Path path, OpenFlags flags) => Type switch
    {
        FileMode.CharacterDevice => CharacterDevices.Open(path, flags),
        FileMode.BlockDevice or FileMode.Socket => Errno.ENXIO,
        FileMode.SymbolicLink => Errno.ELOOP,
        _ => InodeFile.Open(path, flags),
    };

    /// <summary>Reads contents from a position on, which moves on with what was read.</summary>
    /// <returns>Bytes moved; 0 at the end.</returns>
    public virtual Result<long> ReadAt(ref IoBuffer destination, ref long position) => Errno.EINVAL;

    /// <summary>Writes contents from a position on (or at the end), which moves on with what was written.</summary>
    /// <returns>Bytes moved.</returns>
    public virtual Result<long> WriteAt(ref IoBuffer source, ref long position, bool isAppend) => Errno.EINVAL;

    /// <summary>Changes the size; what is added reads as zeros.</summary>
    public virtual Errno Truncate(long size) => Errno.EINVAL;

    /// <summary>Makes sure that a range has memory or disk space.</summary>
    public virtual Errno Allocate(long position, long length) => Errno.EOPNOTSUPP;

    /// <summary>Reads the target of a symbolic link.</summary>
    /// <returns>Its length; what does not fit is cut off.</returns>
    public virtual Result<int> ReadLink(scoped Span<byte> buffer) => Errno.EINVAL;

    /// <summary>For links of /proc that lead to a place rather than a name: the place, with a use for the caller.</summary>
    /// <returns>ENOENT for an ordinary link, which is followed by its name.</returns>
    public virtual Result<Path> FollowMagic() => Errno.ENOENT;

    /// <summary>The pages behind the file, for mapping it into memory; null if it cannot be mapped.</summary>
    public virtual PageCache? Pages => null;

    /// <summary>Storage in units of 512 bytes.</summary>
    public virtual long Blocks => 0;

    // ---- attributes -------------------------------------------------------------------------------------------------------

    /// <summary>Reads all attributes at one moment.</summary>
    public void ReadAttributes(out Stat attributes)
    {
        Refresh();
        attributes = default;
        attributes.Device = FileSystem.Device.Encoded;
        attributes.Inode = Number;
        attributes.SpecialDevice = Device.Encoded;
        attributes.Size = Size;
        attributes.BlockSize = Limits.PageSizeBytes;
        attributes.Blocks = Blocks;
        using SpinLock.Guard guard = _attributeLock.Lock();
        attributes.LinkCount = _linkCount;
        attributes.Mode = _mode;
        attributes.UserId = _userId;
        attributes.GroupId = _groupId;
        attributes.AccessTime = _accessTime;
        attributes.ModificationTime = _modificationTime;
        attributes.ChangeTime = _changeTime;
    }

    /// <summary>Brings attributes up to date that the file system computes.</summary>
    protected virtual void Refresh()
    {
    }

    /// <summary>Changes the permission bits.</summary>
    public virtual Errno ChangeMode(uint permissions)
    {
        using SpinLock.Guard guard = _attributeLock.Lock();
        _mode = (_mode & FileMode.TypeMask) | (permissions & FileMode.PermissionMask);
        _changeTime = FileClock.Now();
        return Errno.None;
    }

    /// <summary>Changes owner and group.</summary>
    public virtual Errno ChangeOwner(uint userId, uint groupId)
    {
        using SpinLock.Guard guard = _attributeLock.Lock();
        _userId = userId;
        _groupId = groupId;
        _changeTime = FileClock.Now();
        return Errno.None;
    }

    /// <summary>Removes the set-user-id and set-group-id bits after a write by somebody without privilege.</summary>
    public void DropSetIdBits()
    {
        using SpinLock.Guard guard = _attributeLock.Lock();
        uint dropped = FileMode.SetUserId | ((_mode & FileMode.GroupExecute) != 0 ? FileMode.SetGroupId : 0);
        if (IsRegular)
            _mode &= ~dropped;
    }

    /// <summary>Sets the times; one that is null stays.</summary>
    public void SetTimes(in Timespec access, bool hasAccess, in Timespec modification, bool hasModification)
    {
        using SpinLock.Guard guard = _attributeLock.Lock();
        if (hasAccess)
            _accessTime = access;
        if (hasModification)
            _modificationTime = modification;
        _changeTime = FileClock.Now();
    }

    /// <summary>Notes a change of contents.</summary>
    public void TouchModified()
    {
        Timespec now = FileClock.Now();
        using SpinLock.Guard guard = _attributeLock.Lock();
        _modificationTime = now;
        _changeTime = now;
    }

    /// <summary>Notes a change of attributes.</summary>
    public void TouchChanged()
    {
        Timespec now = FileClock.Now();
        using SpinLock.Guard guard = _attributeLock.Lock();
        _changeTime = now;
    }

    /// <summary>Notes a read, if the file was changed since the last one noted (Linux: <c>relatime</c>).</summary>
    public void TouchAccessed()
    {
        Timespec now = FileClock.Now();
        using SpinLock.Guard guard = _attributeLock.Lock();
        const long DaySeconds = 24 * 60 * 60;
        bool isOld = now.Seconds - _accessTime.Seconds >= DaySeconds;
        if (isOld || _accessTime.CompareTo(in _modificationTime) <= 0 || _accessTime.CompareTo(in _changeTime) <= 0)
            _accessTime = now;
    }

    /// <summary>Adds to the count of names.</summary>
    protected void ChangeLinkCount(int difference)
    {
        Timespec now = FileClock.Now();
        using SpinLock.Guard guard = _attributeLock.Lock();
        Bug.On(difference < 0 && _linkCount < (uint)-difference);
        _linkCount = (uint)(_linkCount + difference);
        _changeTime = now;
    }

    /// <summary>Replaces mode and owner of a file whose attributes follow something else (a process).</summary>
    protected void SetIdentity(uint mode, uint userId, uint groupId)
    {
        using SpinLock.Guard guard = _attributeLock.Lock();
        _mode = mode;
        _userId = userId;
        _groupId = groupId;
    }
}
