// Where a read puts its bytes, or a write takes them from: kernel memory, a piece of user memory, or several pieces.
//
// Several pieces are described by a table in user memory, of which one row at a time is fetched. The total was added up when
// the call began; a program that changes the table meanwhile gets other bytes of its own, but never more of them.
using System;
using Commence.Abi;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>A cursor over the memory of one read or write (Linux: <c>struct iov_iter</c>).</summary>
/// <remarks>Copies from and to user memory may fault and sleep: no spin lock may be held.</remarks>
public ref struct IoBuffer
{
    /// <summary>Most bytes that one call moves; a longer request is cut (Linux: <c>MAX_RW_COUNT</c>).</summary>
    public const long LengthMax = 0x7FFF_F000;

    private Span<byte> _kernel;            // what is read goes there
    private ReadOnlySpan<byte> _source;    // what is written comes from there
    private UserAddr _user;
    private ulong _pieceLeft;
    private UserPtr<IoVector> _vectors;
    private long _remaining;
    private readonly bool _isKernel;
    private bool _hasFaulted;

    private IoBuffer(UserAddr user, ulong pieceLength, UserPtr<IoVector> vectors, long remaining)
    {
        _user = user;
        _pieceLeft = pieceLength;
        _vectors = vectors;
        _remaining = remaining;
    }

    private IoBuffer(Span<byte> kernel, ReadOnlySpan<byte> source, long remaining)
    {
        _kernel = kernel;
        _source = source;
        _remaining = remaining;
        _isKernel = true;
    }

    /// <summary>Bytes that can still be moved.</summary>
    public readonly long Remaining => _remaining;

    /// <summary>User memory was not there: nothing more can be moved.</summary>
    public readonly bool HasFaulted => _hasFaulted;

    /// <summary>Kernel memory that is read into.</summary>
    public static IoBuffer OfKernel(Span<byte> memory) => new(memory, default, memory.Length);

    /// <summary>Kernel memory that is written from.</summary>
    public static IoBuffer OfKernelSource(ReadOnlySpan<byte> memory) => new(default, memory, memory.Length);

    /// <summary>One piece of user memory.</summary>
    public static IoBuffer OfUser(UserAddr start, ulong length)
    {
        ulong capped = Math.Min(length, (ulong)LengthMax);
        return new IoBuffer(start, capped, default, (long)capped);
    }

    /// <summary>Pieces of user memory that a table in user memory describes.</summary>
    /// <returns>EFAULT, EINVAL or none.</returns>
    public static Errno TryOfVectors(UserPtr<IoVector> vectors, ulong count, out IoBuffer buffer)
    {
        buffer = default;
        if (count > IoVector.CountMax)
            return Errno.EINVAL;

        long total = 0;
        for (ulong i = 0; i < count; i++)
        {
            if (!vectors.At(i).TryRead(out IoVector piece))
                return Errno.EFAULT;
            if (piece.Length > long.MaxValue)
                return Errno.EINVAL;
            total = Math.Min(total + (long)Math.Min(piece.Length, (ulong)LengthMax), LengthMax);
        }

        buffer = new IoBuffer(default, 0, vectors, total);
        return Errno.None;
    }

    /// <summary>Puts bytes into the memory, as many as there is room for.</summary>
    /// <returns>How many; fewer than there is room for after a fault.</returns>
    public int Put(scoped ReadOnlySpan<byte> bytes)
    {
        int done = 0;
        while (TryNextPiece(bytes.Length - done, out int count))
        {
            int moved = count;
            if (_isKernel)
                bytes.Slice(done, count).CopyTo(_kernel);
            else
                moved = UserMemory.CopyOutPartly(_user, bytes.Slice(done, count));
            Advance(moved, count);
            done += moved;
        }

        return done;
    }

    /// <summary>Takes bytes out of the memory, as many as there are.</summary>
    /// <inheritdoc cref="Put"/>
    public int Take(scoped Span<byte> bytes)
    {
        int done = 0;
        while (TryNextPiece(bytes.Length - done, out int count))
        {
            int moved = count;
            if (_isKernel)
                _source[..count].CopyTo(bytes[done..]);
            else
                moved = UserMemory.CopyInPartly(_user, bytes.Slice(done, count));
            Advance(moved, count);
            done += moved;
        }

        return done;
    }

    /// <summary>Puts zeros into the memory.</summary>
    /// <inheritdoc cref="Put"/>
    public long PutZeros(long length)
    {
        long done = 0;
        while (TryNextPiece((int)Math.Min(length - done, int.MaxValue), out int count))
        {
            int moved = count;
            if (_isKernel)
                _kernel[..count].Clear();
            else
                moved = UserMemory.TryClear(_user, (ulong)count) ? count : 0;
            Advance(moved, count);
            done += moved;
        }

        return done;
    }

    /// <summary>Passes over bytes without moving them.</summary>
    public void Skip(long length)
    {
        while (length > 0 && TryNextPiece((int)Math.Min(length, int.MaxValue), out int count))
        {
            Advance(count, count);
            length -= count;
        }
    }

    // Finds the length of the next move; fetches the next row of the table when a piece is used up.
    private bool TryNextPiece(int wanted, out int count)
    {
        count = 0;
        if (_hasFaulted || wanted <= 0 || _remaining == 0)
            return false;

        if (_isKernel)
        {
            count = (int)Math.Min(wanted, _remaining);
            return true;
        }

        while (_pieceLeft == 0)
        {
            if (!_vectors.TryRead(out IoVector piece))
            {
                _hasFaulted = true;
                return false;
            }

            _vectors = _vectors.At(1);
            _user = piece.Base;
            _pieceLeft = piece.Length;
        }

        count = (int)Math.Min((ulong)Math.Min(wanted, _remaining), _pieceLeft);
        return true;
    }

    private void Advance(int moved, int wanted)
    {
        _remaining -= moved;
        _hasFaulted = moved < wanted;
        if (_isKernel)
        {
            // One of them is empty.
            _kernel = _kernel[Math.Min(moved, _kernel.Length)..];
            _source = _source[Math.Min(moved, _source.Length)..];
            return;
        }

        _user += (ulong)moved;
        _pieceLeft -= (ulong)moved;
    }
}
