// Text known at compile time. Strings are frozen objects in the image; none is made at run time.
using System.Runtime.CompilerServices;

namespace System;

public sealed class String
{
    // The compiler writes literals in this layout: length, then UTF-16 characters with a terminating zero.
#pragma warning disable CS0649, IDE0044
    private int _stringLength;
    private char _firstChar;
#pragma warning restore CS0649, IDE0044

    public static readonly string Empty = "";

    public int Length
    {
        [Intrinsic]
        get => _stringLength;
    }

    [IndexerName("Chars")]
    public char this[int index]
    {
        [Intrinsic]
        get
        {
            if ((uint)index >= (uint)_stringLength)
                Internal.Runtime.CompilerHelpers.ThrowHelpers.ThrowIndexOutOfRangeException();
            return Unsafe.Add(ref _firstChar, (nint)(uint)index);
        }
    }

    /// <summary>The first character, or the terminating zero. For <c>fixed</c> and spans.</summary>
    public ref readonly char GetPinnableReference() => ref _firstChar;

    public static implicit operator ReadOnlySpan<char>(string? value) => value.AsSpan();
}
