// A file of /proc or /sys as the tree of files sees it: an entry, and whom it is about.
using System;
using Commence.Abi;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>A file made from a declaration.</summary>
public sealed class ProcInode : Inode
{
    private const int SubjectShift = 16;
    private const int DescriptorShift = 40;

    private ProcEntry _entry = null!;
    private ProcSubject _subject;

    /// <inheritdoc/>
    /// <remarks>A descriptor may be closed at any moment: it is looked up each time.</remarks>
    public override bool IsStale => _subject.Descriptor >= 0 || _subject.IsGone;

    /// <summary>The inode number that a file has: the same as long as it exists.</summary>
    internal static ulong NumberOf(ProcEntry entry, ProcSubject subject) =>
        entry.Id | ((ulong)subject.Number << SubjectShift) | ((ulong)(uint)(subject.Descriptor + 1) << DescriptorShift);

    internal static ProcInode? TryMake(FileSystem fileSystem, ProcEntry entry, ProcSubject subject)
    {
        if (!Kmem.TryNew(out ProcInode inode))
            return null;

        inode._entry = entry;
        inode._subject = subject;
        inode.Initialise(fileSystem, NumberOf(entry, subject), entry.Mode, userId: 0, groupId: 0, default);
        inode.ChangeLinkCount(entry is ProcFolder ? 2 : 1);
        inode.Refresh();
        return inode;
    }

    /// <inheritdoc/>
    public override Result<Inode> Lookup(scoped ReadOnlySpan<byte> name)
    {
        if (_entry is not ProcFolder folder)
            return Errno.ENOTDIR;

        ProcSubject subject = _subject;
        ProcEntry? entry = subject.IsGone ? null : folder.Find(ref subject, name);
        if (entry is null)
            return Errno.ENOENT;

        ProcInode? inode = TryMake(FileSystem, entry, subject);
        return inode is null ? Errno.ENOMEM : inode;
    }

    /// <inheritdoc/>
    /// <remarks>There is no making files here: a name that is not there is not there.</remarks>
    public override Result<Inode> Create(scoped ReadOnlySpan<byte> name, uint mode, in Credentials owner, DeviceNumber device) => Errno.ENOENT;

    /// <inheritdoc/>
    public override Errno List(ref DirectoryCursor cursor)
    {
        if (_entry is not ProcFolder folder)
            return Errno.ENOTDIR;
        if (_subject.IsGone)
            return Errno.ENOENT;
        if (cursor.TryAddDots(Number, Number))
            _ = folder.List(_subject, ref cursor); // the cursor knows whether it is full
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Result<File> Open(Path path, OpenFlags flags) =>
        _entry is ProcFile file ? ProcTextFile.Open(path, flags, file, _subject) : base.Open(path, flags);

    /// <inheritdoc/>
    public override Result<int> ReadLink(scoped Span<byte> buffer) =>
        _entry is ProcLink link ? link.Read(_subject, buffer) : Errno.EINVAL;

    /// <inheritdoc/>
    public override Result<Path> FollowMagic() => _entry is ProcLink link ? link.Follow(_subject) : Errno.ENOENT;

    /// <inheritdoc/>
    /// <remarks>Shells open with O_TRUNC what they write to.</remarks>
    public override Errno Truncate(long size) => Errno.None;

    /// <inheritdoc/>
    public override Errno ChangeMode(uint permissions) => Errno.EPERM;

    /// <inheritdoc/>
    public override Errno ChangeOwner(uint userId, uint groupId) => Errno.EPERM;

    /// <summary>What a process's files are, belongs to whom the process acts as.</summary>
    protected override void Refresh()
    {
        if (!_subject.TryGetTask(out Task task))
            return;

        UserThread? thread = task.User;
        SetIdentity(_entry.Mode, thread?.Credentials.EffectiveUserId ?? 0, thread?.Credentials.EffectiveGroupId ?? 0);
        task.Put();
    }

    /// <inheritdoc/>
    protected override void Free() => Kmem.Free(this);
}
