// An open regular file or directory: everything is the inode's business but the position.
using Commence.Abi;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>An open file without a state of its own.</summary>
public sealed class InodeFile : File
{
    /// <summary>Opens.</summary>
    public static Result<File> Open(Path path, OpenFlags flags)
    {
        if (!Kmem.TryNew(out InodeFile file))
            return Errno.ENOMEM;

        file.Initialise(path, flags);
        return file;
    }

    /// <inheritdoc/>
    public override bool IsStream => false;

    /// <inheritdoc/>
    public override Result<long> Read(ref IoBuffer destination, ref long position) =>
        Inode!.IsDirectory ? Errno.EISDIR : Inode.ReadAt(ref destination, ref position);

    /// <inheritdoc/>
    public override Result<long> Write(ref IoBuffer source, ref long position) =>
        Inode!.WriteAt(ref source, ref position, (Flags & OpenFlags.O_APPEND) != 0);

    /// <inheritdoc/>
    public override Errno List(ref DirectoryCursor cursor)
    {
        using Mutex.Guard guard = Inode!.Lock.Lock();
        return Inode.List(ref cursor);
    }

    /// <inheritdoc/>
    public override Result<long> Seek(long offset, SeekOrigin origin)
    {
        // A directory's positions are cookies, which have no end to count from.
        if (Inode!.IsDirectory && origin is not (SeekOrigin.Start or SeekOrigin.Current))
            return Errno.EINVAL;
        return base.Seek(offset, origin);
    }

    /// <inheritdoc/>
    protected override void Close() => Kmem.Free(this);
}
