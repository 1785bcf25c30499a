// Builds UTF-8 text in a buffer of the caller: the one formatter behind printk, /proc files and the panic report.
//
// Invariants: 0 <= _length <= _buffer.Length; bytes before _length never change again except by Align; once IsTruncated
// is true, nothing more is written (text with a hole in it would mislead more than text with an end missing).
using System;
using System.Runtime.CompilerServices;

namespace Commence.Lib;

/// <summary>Appends text and numbers to a fixed buffer. It never fails: what does not fit is cut off, and it says so.</summary>
/// <remarks>Context: any, NMI included. It allocates nothing and takes no lock.</remarks>
[InterpolatedStringHandler]
public ref partial struct TextWriter
{
    private readonly Span<byte> _buffer;
    private int _length;
    private bool _isTruncated;

    /// <summary>Starts with no text at the beginning of <paramref name="buffer"/>.</summary>
    public TextWriter(Span<byte> buffer)
    {
        _buffer = buffer;
        _length = 0;
        _isTruncated = false;
    }

    /// <summary>Bytes written so far.</summary>
    public readonly int Length => _length;

    /// <summary>Something was cut off.</summary>
    public readonly bool IsTruncated => _isTruncated;

    /// <summary>The text so far.</summary>
    public readonly ReadOnlySpan<byte> Text => _buffer[.._length];

    /// <summary>Forgets the text.</summary>
    public void Clear()
    {
        _length = 0;
        _isTruncated = false;
    }

    /// <summary>Appends one byte, an ASCII character as a rule.</summary>
    public void Append(byte value)
    {
        if (Reserve(1))
            _buffer[_length++] = value;
    }

    /// <summary>Appends UTF-8 text as it is, or as much as fits.</summary>
    public void Append(scoped ReadOnlySpan<byte> utf8)
    {
        int room = _isTruncated ? 0 : Math.Min(utf8.Length, _buffer.Length - _length);
        utf8[..room].CopyTo(_buffer[_length..]);
        _length += room;
        _isTruncated |= room < utf8.Length;
    }

    /// <summary>Appends a literal, converted to UTF-8.</summary>
    public void Append(string text) => Append(text.AsSpan());

    /// <summary>Appends a number in decimal.</summary>
    public void Append(int value) => Append((long)value);

    /// <inheritdoc cref="Append(int)"/>
    public void Append(uint value) => AppendPadded(value, 0, (byte)' ');

    /// <inheritdoc cref="Append(int)"/>
    public void Append(long value)
    {
        if (value < 0)
            Append((byte)'-');
        AppendPadded(Magnitude(value), 0, (byte)' ');
    }

    /// <inheritdoc cref="Append(int)"/>
    public void Append(ulong value) => AppendPadded(value, 0, (byte)' ');

    /// <summary>Appends <c>true</c> or <c>false</c>.</summary>
    public void Append(bool value) => Append(value ? "true"u8 : "false"u8);

    /// <summary>Appends a value by its own <see cref="ITextFormattable.Format"/>.</summary>
    public void Append<T>(T value)
        where T : struct, ITextFormattable => value.Format(ref this);

    /// <summary>Appends a number in decimal, filled up on the left to <paramref name="width"/> characters.</summary>
    public void AppendPadded(ulong value, int width, byte pad)
    {
        Span<byte> digits = stackalloc byte[20]; // ulong.MaxValue has 20
        int start = digits.Length;
        do
        {
            digits[--start] = (byte)('0' + (value % 10));
            value /= 10;
        }
        while (value != 0);

        AppendRepeated(pad, width - (digits.Length - start));
        Append(digits[start..]);
    }

    /// <summary>Appends lower-case hexadecimal digits without a prefix, at least <paramref name="digitsMin"/> of them.</summary>
    public void AppendHex(ulong value, int digitsMin = 1)
    {
        Span<byte> digits = stackalloc byte[16];
        int start = digits.Length;
        do
        {
            digits[--start] = HexDigit((int)(value & 0xF));
            value >>= 4;
        }
        while (value != 0);

        AppendRepeated((byte)'0', digitsMin - (digits.Length - start));
        Append(digits[start..]);
    }

    /// <summary>Appends the same byte <paramref name="count"/> times; nothing if the count is negative.</summary>
    public void AppendRepeated(byte value, int count)
    {
        for (int i = 0; i < count && !_isTruncated; i++)
            Append(value);
    }

    /// <summary>Appends <c>[seconds.microseconds]</c>, the seconds filled up to five places: <c>[    0.123456]</c>.</summary>
    public void AppendTimestamp(Nanoseconds time)
    {
        Append((byte)'[');
        AppendPadded(time.Seconds, 5, (byte)' ');
        Append((byte)'.');
        AppendPadded(time.Microseconds % 1_000_000, 6, (byte)'0');
        Append((byte)']');
    }

    /// <summary>Appends UTF-16 text, converted to UTF-8; half a surrogate pair becomes U+FFFD.</summary>
    public void Append(scoped ReadOnlySpan<char> utf16)
    {
        int i = 0;
        while (i < utf16.Length)
        {
            uint character = utf16[i++];
            if (IsHighSurrogate(character) && i < utf16.Length && IsLowSurrogate(utf16[i]))
                character = 0x10000 + ((character - 0xD800) << 10) + (utf16[i++] - 0xDC00u);
            else if (IsHighSurrogate(character) || IsLowSurrogate(character))
                character = 0xFFFD;
            AppendCharacter(character);
        }
    }

    // Source: RFC 3629 §3, UTF-8 definition. A character is written whole or not at all.
    private void AppendCharacter(uint character)
    {
        if (character < 0x80)
        {
            Append((byte)character);
        }
        else if (character < 0x800)
        {
            if (Reserve(2))
            {
                _buffer[_length++] = (byte)(0xC0 | (character >> 6));
                AppendContinuation(character);
            }
        }
        else if (character < 0x10000)
        {
            if (Reserve(3))
            {
                _buffer[_length++] = (byte)(0xE0 | (character >> 12));
                AppendContinuation(character >> 6);
                AppendContinuation(character);
            }
        }
        else if (Reserve(4))
        {
            _buffer[_length++] = (byte)(0xF0 | (character >> 18));
            AppendContinuation(character >> 12);
            AppendContinuation(character >> 6);
            AppendContinuation(character);
        }
    }

    private void AppendContinuation(uint bits) => _buffer[_length++] = (byte)(0x80 | (bits & 0x3F));

    private bool Reserve(int count)
    {
        _isTruncated |= _buffer.Length - _length < count;
        return !_isTruncated;
    }

    private static bool IsHighSurrogate(uint character) => character is >= 0xD800 and <= 0xDBFF;

    private static bool IsLowSurrogate(uint character) => character is >= 0xDC00 and <= 0xDFFF;

    private static byte HexDigit(int value) => (byte)(value < 10 ? '0' + value : 'a' + value - 10);

    // Also right for the minimum, whose magnitude is not a long.
    private static ulong Magnitude(long value) => value < 0 ? 0 - (ulong)value : (ulong)value;
}
