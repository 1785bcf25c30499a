// A name of a directory entry, kept inside its owner when it is short: most are.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>A stored file name, 1 to <see cref="LengthMax"/> bytes, without <c>/</c> and zero bytes.</summary>
public struct FileName
{
    /// <summary>Longest name (Linux: <c>NAME_MAX</c>).</summary>
    public const int LengthMax = 255;

    private const int InlineLengthMax = 31;

    private byte _length;
    private InlineText _inline;
    private LongName? _long;

    [InlineArray(InlineLengthMax)]
    private struct InlineText
    {
        private byte _first;
    }

    /// <summary>Room for a name that does not fit inside.</summary>
    private sealed class LongName
    {
        internal LongText Text;
    }

    [InlineArray(LengthMax)]
    private struct LongText
    {
        private byte _first;
    }

    /// <summary>Stores a copy of <paramref name="name"/>.</summary>
    /// <returns>ENAMETOOLONG, ENOMEM or none; <see cref="Free"/> the name after none.</returns>
    public static Errno TryMake(scoped ReadOnlySpan<byte> name, out FileName stored)
    {
        stored = default;
        if (name.Length > LengthMax)
            return Errno.ENAMETOOLONG;

        stored._length = (byte)name.Length;
        if (name.Length <= InlineLengthMax)
        {
            name.CopyTo(stored._inline);
            return Errno.None;
        }

        if (!Kmem.TryNew(out LongName room))
            return Errno.ENOMEM;

        name.CopyTo(room.Text);
        stored._long = room;
        return Errno.None;
    }

    /// <summary>The bytes of the name.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Text =>
        _long is null ? ((ReadOnlySpan<byte>)_inline)[.._length] : ((ReadOnlySpan<byte>)_long.Text)[.._length];

    /// <summary>Gives up the memory of a long name.</summary>
    public void Free()
    {
        if (_long is not null)
            Kmem.Free(_long);
        this = default;
    }
}
