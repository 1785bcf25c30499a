// /dev/random and /dev/urandom: the same here, as the pool never has to wait (RandomPool says how good it is).
//
// Source: random(4).
using System;
using System.Runtime.CompilerServices;
using Commence.Abi;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>An open random device.</summary>
public sealed class RandomFile : File
{
    private const int PieceBytes = 256;
    private const uint GetEntropyCount = 0x8004_5200; // RNDGETENTCNT
    private const int EntropyBits = 256;              // the size of the pool's key

    [InlineArray(PieceBytes)]
    private struct Piece
    {
        private byte _first;
    }

    /// <summary>Opens.</summary>
    internal static Result<File> Open(Path path, OpenFlags flags)
    {
        if (!Kmem.TryNew(out RandomFile file))
            return Errno.ENOMEM;

        file.Initialise(path, flags);
        return file;
    }

    /// <inheritdoc/>
    public override Result<long> Read(ref IoBuffer destination, ref long position)
    {
        Piece bytes = default;
        Span<byte> piece = bytes;
        long moved = 0;
        while (destination.Remaining > 0 && !destination.HasFaulted)
        {
            Span<byte> part = piece[..(int)Math.Min(PieceBytes, destination.Remaining)];
            RandomPool.Fill(part);
            moved += destination.Put(part);
            if (Task.Current.IsInterrupted(TaskState.Interruptible))
                break;
        }

        piece.Clear();
        return moved == 0 && destination.HasFaulted ? Errno.EFAULT : moved;
    }

    /// <inheritdoc/>
    /// <remarks>What is written is mixed in, and counts as nothing.</remarks>
    public override Result<long> Write(ref IoBuffer source, ref long position)
    {
        Piece bytes = default;
        Span<byte> piece = bytes;
        long moved = 0;
        while (source.Remaining > 0 && !source.HasFaulted)
        {
            int count = source.Take(piece);
            RandomPool.Mix(piece[..count]);
            moved += count;
        }

        return moved == 0 && source.HasFaulted ? Errno.EFAULT : moved;
    }

    /// <inheritdoc/>
    public override Result<long> Ioctl(uint request, ulong argument)
    {
        if (request != GetEntropyCount)
            return Errno.EINVAL;
        return new UserPtr<int>(new UserAddr(argument)).TryWrite(EntropyBits) ? Result.Zero : Errno.EFAULT;
    }

    /// <inheritdoc/>
    public override Result<long> Seek(long offset, SeekOrigin origin) => Result.Zero;

    /// <inheritdoc/>
    public override Errno Truncate(long size) => Errno.EINVAL;

    /// <inheritdoc/>
    protected override void Close() => Kmem.Free(this);
}
