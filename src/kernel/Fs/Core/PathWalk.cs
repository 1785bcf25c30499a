// From a name to a place: follows a path component by component, over mounts and symbolic links.
//
//   Begin ─▶ ToLast ─▶ at the parent of the last component (mkdir, unlink, rename, open with O_CREAT go on from here)
//     ▲        │  └──▶ Resolve ─▶ at the file itself
//     └────────┴── a symbolic link on the way: its target is put before what is left of the path
//
// Links are not followed by recursion (a kernel stack is short): the text still to be walked stands at the end of a buffer,
// and a link's target is written before it. At most LinkCountMax links are followed in all.
//
// Source: POSIX.1-2017 §4.13 "Pathname Resolution"; Linux path_resolution(7).
using System;
using Commence.Abi;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>How a path walk ends.</summary>
[Flags]
public enum WalkFlags
{
    None = 0,

    /// <summary>A symbolic link at the end is followed.</summary>
    FollowLast = 1,

    /// <summary>An empty path means the starting place itself (AT_EMPTY_PATH).</summary>
    AllowEmpty = 2,
}

/// <summary>What the last component of a path is.</summary>
public enum LastComponent
{
    /// <summary>A name in the parent.</summary>
    Name,

    /// <summary><c>.</c></summary>
    Dot,

    /// <summary><c>..</c></summary>
    DotDot,

    /// <summary>None: the path is <c>/</c>, or empty, or led through a link of /proc to a place.</summary>
    None,
}

/// <summary>One walk. Dispose it: it holds uses of where it is, and perhaps a buffer.</summary>
/// <remarks>Context: thread. Sleeps: may.</remarks>
public ref struct PathWalk
{
    /// <summary>Longest path, with its zero byte (Linux: <c>PATH_MAX</c>).</summary>
    public const int LengthMax = 4096;

    private const int LinkCountMax = 40;
    private const int BufferOrder = 2; // 16 KiB: room for the rest of a path behind several long targets

    private readonly MountTable _mounts;
    private readonly ref readonly Credentials _who;
    private Path _root;
    private Path _at;
    private ReadOnlySpan<byte> _rest;
    private ReadOnlySpan<byte> _last;
    private LastComponent _lastKind;
    private bool _hasTrailingSlash;
    private int _linkCount;
    private KBuffer _buffer;

    /// <summary>Prepares a walk.</summary>
    /// <param name="mounts">The tree.</param>
    /// <param name="who">Whose permissions count.</param>
    public PathWalk(MountTable mounts, in Credentials who)
    {
        _mounts = mounts;
        _who = ref who;
    }

    /// <summary>Where the walk is.</summary>
    public readonly Path At => _at;

    /// <summary>The last component, if it is a name.</summary>
    public readonly ReadOnlySpan<byte> Last => _last;

    /// <summary>What the last component is.</summary>
    public readonly LastComponent LastKind => _lastKind;

    /// <summary>The path ended in a slash: the last component must be a directory.</summary>
    public readonly bool HasTrailingSlash => _hasTrailingSlash;

    /// <summary>Whose permissions count.</summary>
    public readonly ref readonly Credentials Who => ref _who;

    /// <summary>Gives up what the walk holds.</summary>
    public void Dispose()
    {
        _at.Put();
        _root.Put();
        _at = default;
        _root = default;
        if (!_buffer.IsNull)
            _buffer.Free();
        _buffer = default;
    }

    /// <summary>Starts.</summary>
    /// <param name="root">What <c>/</c> means; the walk takes over the caller's use.</param>
    /// <param name="start">Where a relative path begins; the walk takes over the caller's use.</param>
    /// <param name="path">The path; it must stay as long as the walk.</param>
    /// <returns>ENOENT for an empty path, ENAMETOOLONG, or none.</returns>
    public Errno Begin(Path root, Path start, ReadOnlySpan<byte> path, WalkFlags flags)
    {
        _root = root;
        _at = start;
        _rest = path;
        if (path.Length >= LengthMax)
            return Errno.ENAMETOOLONG;
        if (path.IsEmpty)
            return (flags & WalkFlags.AllowEmpty) != 0 ? Errno.None : Errno.ENOENT;

        if (path[0] == '/')
            GoToRoot();
        return Errno.None;
    }

    /// <summary>Walks to the parent of the last component.</summary>
    /// <returns>An error, or none: then <see cref="At"/> is a directory (unless nothing was left to walk), and
    /// <see cref="Last"/>, <see cref="LastKind"/> and <see cref="HasTrailingSlash"/> are set.</returns>
    public Errno ToLast()
    {
        while (true)
        {
            if (!TryTakeComponent(out ReadOnlySpan<byte> component))
            {
                _lastKind = LastComponent.None;
                _last = default;
                return Errno.None;
            }

            Errno error = CheckSearchable();
            if (error != Errno.None)
                return error;
            if (IsRestOnlySlashes())
            {
                SetLast(component);
                return component.Length > FileName.LengthMax ? Errno.ENAMETOOLONG : Errno.None;
            }

            error = Step(component, followsLink: true);
            if (error != Errno.None)
                return error;
        }
    }

    /// <summary>Walks to the file that the path names.</summary>
    /// <returns>An error, or none: then <see cref="At"/> is the file.</returns>
    public Errno Resolve(WalkFlags flags)
    {
        while (true)
        {
            Errno error = ToLast();
            if (error != Errno.None)
                return error;
            if (_lastKind == LastComponent.None)
                return Errno.None;

            bool follows = (flags & WalkFlags.FollowLast) != 0 || _hasTrailingSlash;
            int linksBefore = _linkCount;
            error = Step(_last, follows);
            if (error != Errno.None)
                return error;
            if (_linkCount != linksBefore)
                continue; // a link: its target is walked now

            return _hasTrailingSlash && !_at.Inode.IsDirectory ? Errno.ENOTDIR : Errno.None;
        }
    }

    /// <summary>Follows a symbolic link that was found as the last component: call <see cref="ToLast"/> again.</summary>
    /// <param name="link">The link, in the directory where the walk is; the caller keeps its use.</param>
    public Errno Follow(Dentry link) => Expand(link.Inode);

    /// <summary>Moves to an entry of the directory where the walk is, and onto what covers it.</summary>
    /// <param name="entry">The entry; the walk takes over the caller's use.</param>
    public void Enter(Dentry entry)
    {
        Path directory = _at;
        directory.Mount.Get();
        _at = new Path(directory.Mount, entry);
        directory.Put();
        _mounts.Cross(ref _at);
    }

    // Takes the next component off the rest. False if there is none.
    private bool TryTakeComponent(out ReadOnlySpan<byte> component)
    {
        SkipSlashes();
        int length = _rest.IndexOf((byte)'/');
        if (length < 0)
            length = _rest.Length;
        component = _rest[..length];
        _rest = _rest[length..];
        return length > 0;
    }

    private bool IsRestOnlySlashes()
    {
        _hasTrailingSlash = !_rest.IsEmpty;
        SkipSlashes();
        return _rest.IsEmpty;
    }

    private void SkipSlashes()
    {
        int count = 0;
        while (count < _rest.Length && _rest[count] == '/')
            count++;
        _rest = _rest[count..];
    }

    private void SetLast(ReadOnlySpan<byte> component)
    {
        _last = component;
        _lastKind = component.SequenceEqual("."u8) ? LastComponent.Dot
            : component.SequenceEqual(".."u8) ? LastComponent.DotDot
            : LastComponent.Name;
    }

    private readonly Errno CheckSearchable()
    {
        Inode directory = _at.Inode;
        return directory.IsDirectory ? Permission.Check(directory, in _who, AccessModes.Execute) : Errno.ENOTDIR;
    }

    private Errno Step(ReadOnlySpan<byte> component, bool followsLink)
    {
        if (component.SequenceEqual("."u8))
            return Errno.None;
        if (component.SequenceEqual(".."u8))
        {
            StepUp();
            return Errno.None;
        }

        if (component.Length > FileName.LengthMax)
            return Errno.ENAMETOOLONG;
        Result<Dentry> found = Directory.Lookup(_at.Dentry, component);
        if (!found.IsOk)
            return found.Error;

        Dentry entry = found.Value;
        if (entry.Inode.IsSymbolicLink && followsLink)
        {
            Errno error = Expand(entry.Inode);
            entry.Put();
            return error;
        }

        Enter(entry);
        return Errno.None;
    }

    // Up one directory, but never above the root that this walk knows.
    private void StepUp()
    {
        while (_at != _root)
        {
            Dentry? parent = _at.Inode.FileSystem.Dentries.GetParent(_at.Dentry);
            bool isMountRoot = _at.Dentry == _at.Mount.Root;
            if (!isMountRoot && parent is not null)
            {
                Path child = _at;
                child.Mount.Get();
                _at = new Path(child.Mount, parent);
                child.Put();
                break;
            }

            parent?.Put();
            if (!_mounts.TryUncross(ref _at))
                return; // the root of all
        }

        _mounts.Cross(ref _at);
    }

    private void GoToRoot()
    {
        Path before = _at;
        _at = _root.Get();
        before.Put();
    }

    // Puts a link's target before what is left to walk.
    private Errno Expand(Inode link)
    {
        if (++_linkCount > LinkCountMax)
            return Errno.ELOOP;

        Result<Path> magic = link.FollowMagic();
        if (magic.IsOk)
        {
            Path before = _at;
            _at = magic.Value;
            before.Put();
            if (_hasTrailingSlash && _rest.IsEmpty && !_at.Inode.IsDirectory)
                return Errno.ENOTDIR;
            return Errno.None;
        }

        if (magic.Error != Errno.ENOENT)
            return magic.Error;
        if (_buffer.IsNull && !Kmalloc.TryAllocate(Limits.PageSizeBytes << BufferOrder, out _buffer))
            return Errno.ENOMEM;
        return Prepend(link);
    }

    // The buffer's end holds the rest; the target is read to the buffer's start and then moved before the rest.
    private Errno Prepend(Inode link)
    {
        // A link that stood last leaves its trailing slash to what it names.
        bool needsSlash = !_rest.IsEmpty || _hasTrailingSlash;
        Span<byte> bytes = _buffer.Span;
        int restStart = bytes.Length - _rest.Length;
        _rest.CopyTo(bytes[restStart..]);

        Result<int> read = link.ReadLink(bytes[..Math.Min(LengthMax, restStart)]);
        if (!read.IsOk)
            return read.Error;

        int length = read.Value;
        if (length == 0)
            return Errno.ENOENT;
        if (length >= LengthMax || length + (needsSlash ? 1 : 0) > restStart)
            return Errno.ENAMETOOLONG;

        bool isAbsolute = bytes[0] == '/';
        if (needsSlash)
            bytes[--restStart] = (byte)'/';
        int start = restStart - length;
        bytes[..length].CopyTo(bytes[start..]);
        _rest = bytes[start..];
        if (isAbsolute)
            GoToRoot();
        return Errno.None;
    }
}
