// Collects the entries of a directory for getdents64.
using System;
using System.Buffers.Binary;
using Commence.Abi;

namespace Commence.Fs;

/// <summary>Takes a directory's entries until its memory is full.</summary>
/// <remarks>Positions 0 and 1 are <c>.</c> and <c>..</c>; a file system numbers its own entries from <see cref="FirstPosition"/> on.</remarks>
public ref struct DirectoryCursor
{
    /// <summary>The position of the first entry behind <c>.</c> and <c>..</c>.</summary>
    public const long FirstPosition = 2;

    private IoBuffer _destination;
    private long _position;
    private long _written;
    private bool _isFull;

    public DirectoryCursor(IoBuffer destination, long position)
    {
        _destination = destination;
        _position = position;
        _written = 0;
        _isFull = false;
    }

    /// <summary>Where the next entry comes from.</summary>
    public readonly long Position => _position;

    /// <summary>Bytes of entries so far.</summary>
    public readonly long Written => _written;

    /// <summary>An entry did not fit, so that the list is not complete.</summary>
    public readonly bool IsFull => _isFull;

    /// <summary>User memory was not there.</summary>
    public readonly bool HasFaulted => _destination.HasFaulted;

    /// <summary>Adds <c>.</c> and <c>..</c> if the position is before them.</summary>
    /// <returns>False if the memory is full.</returns>
    public bool TryAddDots(ulong self, ulong parent)
    {
        if (_position == 0 && !TryAdd("."u8, self, FileMode.Directory, nextPosition: 1))
            return false;
        return _position != 1 || TryAdd(".."u8, parent, FileMode.Directory, FirstPosition);
    }

    /// <summary>Adds one entry.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="inode">The file's number.</param>
    /// <param name="mode">Only the type matters.</param>
    /// <param name="nextPosition">Where the list goes on behind this entry.</param>
    /// <returns>False if it does not fit; the position stays.</returns>
    public bool TryAdd(scoped ReadOnlySpan<byte> name, ulong inode, uint mode, long nextPosition)
    {
        const int Alignment = 8;
        int length = (DirectoryEntryHead.NameOffset + name.Length + 1 + Alignment - 1) & ~(Alignment - 1);
        if (_isFull || _destination.Remaining < length)
        {
            _isFull = true;
            return false;
        }

        // One copy per entry: the record is built here first. Source: getdents64(2), struct linux_dirent64.
        Span<byte> record = stackalloc byte[DirectoryEntryHead.NameOffset + FileName.LengthMax + Alignment + 1];
        record = record[..length];
        record.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(record, inode);
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], nextPosition);
        BinaryPrimitives.WriteUInt16LittleEndian(record[16..], (ushort)length);
        record[18] = FileMode.ToEntryType(mode);
        name.CopyTo(record[DirectoryEntryHead.NameOffset..]);
        if (_destination.Put(record) < length)
        {
            _isFull = true;
            return false;
        }

        _position = nextPosition;
        _written += length;
        return true;
    }
}
