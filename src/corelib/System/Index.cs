// `s[^1]` and `s[1..4]`: positions counted from either end.
using System.Runtime.CompilerServices;

namespace System;

public readonly struct Index
{
    private readonly int _value; // from the end: one's complement

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Index(int value, bool fromEnd = false) => _value = fromEnd ? ~value : value;

    public bool IsFromEnd => _value < 0;

    public int Value => _value < 0 ? ~_value : _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int GetOffset(int length) => _value < 0 ? _value + length + 1 : _value;

    public static implicit operator Index(int value) => new(value);
}

public readonly struct Range(Index start, Index end)
{
    public Index Start { get; } = start;

    public Index End { get; } = end;
}
