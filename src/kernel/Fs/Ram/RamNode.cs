// What is neither a regular file nor a directory: symbolic links, FIFOs, sockets and device files.
using System;
using System.Threading;
using Commence.Abi;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>A special file in memory.</summary>
public sealed class RamNode : Inode
{
    private KBuffer _target;   // symbolic links
    private Pipe? _pipe;       // FIFOs: while somebody has it open, and from then on

    internal static RamNode? TryMake(FileSystem fileSystem, uint mode, in Credentials owner, DeviceNumber device)
    {
        if (!Kmem.TryNew(out RamNode node))
            return null;

        node.Initialise(fileSystem, fileSystem.NextInodeNumber(), mode, owner.FileUserId, owner.FileGroupId, device);
        return node;
    }

    /// <summary>Makes a symbolic link with one use.</summary>
    /// <returns>Null if there is no memory.</returns>
    internal static RamNode? TryMakeLink(FileSystem fileSystem, scoped ReadOnlySpan<byte> target, in Credentials owner)
    {
        RamNode? link = TryMake(fileSystem, FileMode.SymbolicLink | FileMode.ReadWriteExecuteAll, in owner, default);
        if (link is null)
            return null;

        if (!Kmalloc.TryAllocate(target.Length, out link._target))
        {
            Kmem.Free(link);
            return null;
        }

        target.CopyTo(link._target.Span);
        link.Size = target.Length;
        return link;
    }

    /// <summary>Counts a name more or less.</summary>
    internal void AddLinks(int difference) => ChangeLinkCount(difference);

    /// <inheritdoc/>
    public override Result<int> ReadLink(scoped Span<byte> buffer)
    {
        if (!IsSymbolicLink)
            return Errno.EINVAL;

        ReadOnlySpan<byte> target = _target.Span;
        int length = Math.Min(target.Length, buffer.Length);
        target[..length].CopyTo(buffer);
        return length;
    }

    /// <inheritdoc/>
    public override Result<File> Open(Path path, OpenFlags flags)
    {
        if (Type != FileMode.Fifo)
            return base.Open(path, flags);

        Pipe? pipe = GetPipe();
        return pipe is null ? Errno.ENOMEM : PipeFile.OpenFifo(pipe, path, flags);
    }

    /// <inheritdoc/>
    protected override void Free()
    {
        _target.Free();
        _pipe?.Put();
        Kmem.Free(this);
    }

    // The file keeps its pipe until it is freed itself; an open end holds a use of the file.
    private Pipe? GetPipe()
    {
        using Mutex.Guard guard = Lock.Lock();
        if (_pipe is null)
            Volatile.Write(ref _pipe, Pipe.TryMake());
        return _pipe;
    }
}
