// An open file that is only a place (O_PATH): for the calls that end in "at", and for fstat.
using Commence.Abi;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>A place without access to what is there.</summary>
public sealed class PathFile : File
{
    /// <summary>Opens.</summary>
    internal static Result<File> Open(Path path, OpenFlags flags)
    {
        if (!Kmem.TryNew(out PathFile file))
            return Errno.ENOMEM;

        file.Initialise(path, flags);
        return file;
    }

    /// <inheritdoc/>
    public override Result<long> Read(ref IoBuffer destination, ref long position) => Errno.EBADF;

    /// <inheritdoc/>
    public override Result<long> Write(ref IoBuffer source, ref long position) => Errno.EBADF;

    /// <inheritdoc/>
    public override Result<long> Seek(long offset, SeekOrigin origin) => Errno.EBADF;

    /// <inheritdoc/>
    public override Errno List(ref DirectoryCursor cursor) => Errno.EBADF;

    /// <inheritdoc/>
    public override Result<long> Ioctl(uint request, ulong argument) => Errno.EBADF;

    /// <inheritdoc/>
    public override Errno Truncate(long size) => Errno.EBADF;

    /// <inheritdoc/>
    protected override void Close() => Kmem.Free(this);
}
