// The arguments or the environment of a program that is about to start, wherever they are.
using System;
using Commence.Memory;

namespace Commence.Processes;

/// <summary>A list of strings.</summary>
internal interface IStringList
{
    /// <summary>Counts the strings.</summary>
    /// <param name="countMax">More than this is E2BIG.</param>
    /// <returns>The count; E2BIG; EFAULT.</returns>
    Result<int> Count(int countMax);

    /// <summary>Measures a string.</summary>
    /// <param name="index">Which.</param>
    /// <param name="buffer">Room to look at it in.</param>
    /// <param name="lengthMax">More than this is E2BIG.</param>
    /// <returns>Bytes before its zero byte; E2BIG; EFAULT.</returns>
    Result<int> Measure(int index, Span<byte> buffer, int lengthMax);

    /// <summary>Reads a part of a string.</summary>
    /// <returns>False: EFAULT.</returns>
    bool TryRead(int index, int offset, Span<byte> destination);
}

/// <summary>A table of pointers in user memory that ends with a null pointer.</summary>
internal readonly struct UserStrings : IStringList
{
    private readonly UserPtr<UserAddr> _table;

    internal UserStrings(UserPtr<UserAddr> table) => _table = table;

    /// <inheritdoc/>
    public Result<int> Count(int countMax)
    {
        if (_table.IsNull)
            return 0; // Linux takes a missing table for an empty one

        for (int i = 0; i <= countMax; i++)
        {
            if (!_table.TryRead((ulong)i, out UserAddr text))
                return Errno.EFAULT;
            if (text.IsNull)
                return i;
        }

        return Errno.E2BIG;
    }

    /// <inheritdoc/>
    public Result<int> Measure(int index, Span<byte> buffer, int lengthMax)
    {
        if (!_table.TryRead((ulong)index, out UserAddr text))
            return Errno.EFAULT;

        int length = 0;
        while (length <= lengthMax)
        {
            if (!UserMemory.TryCopyString(text + (ulong)length, buffer, out int found))
                return Errno.EFAULT;

            length += found;
            if (found < buffer.Length)
                return length <= lengthMax ? length : Errno.E2BIG;
        }

        return Errno.E2BIG;
    }

    /// <inheritdoc/>
    public bool TryRead(int index, int offset, Span<byte> destination) =>
        _table.TryRead((ulong)index, out UserAddr text) && UserMemory.TryCopyIn(text + (ulong)offset, destination);
}

/// <summary>Strings in kernel memory, one after the other, each with a zero byte behind it.</summary>
internal readonly struct KernelStrings : IStringList
{
    private readonly KBuffer _text;
    private readonly int _start;
    private readonly int _length;

    /// <param name="text">Holds the strings; the caller keeps it as long as the list is used.</param>
    /// <param name="start">Where the strings begin in it.</param>
    /// <param name="length">Bytes of strings, zero bytes included.</param>
    internal KernelStrings(KBuffer text, int start, int length)
    {
        _text = text;
        _start = start;
        _length = length;
    }

    /// <inheritdoc/>
    public Result<int> Count(int countMax)
    {
        int count = 0;
        foreach (byte value in _text.Span.Slice(_start, _length))
            count += value == 0 ? 1 : 0;
        return count <= countMax ? count : Errno.E2BIG;
    }

    /// <inheritdoc/>
    public Result<int> Measure(int index, Span<byte> buffer, int lengthMax)
    {
        int length = Find(index).Length;
        return length <= lengthMax ? length : Errno.E2BIG;
    }

    /// <inheritdoc/>
    public bool TryRead(int index, int offset, Span<byte> destination) =>
        Find(index).Slice(offset, destination.Length).TryCopyTo(destination);

    private ReadOnlySpan<byte> Find(int index)
    {
        ReadOnlySpan<byte> rest = _text.Span.Slice(_start, _length);
        while (true)
        {
            int end = rest.IndexOf((byte)0);
            if (index-- == 0)
                return rest[..end];
            rest = rest[(end + 1)..];
        }
    }
}
