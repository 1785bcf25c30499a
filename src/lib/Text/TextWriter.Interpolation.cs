// The part of TextWriter that an interpolated string compiles into: `$"cpu {cpu,3} at {address:x16}"`.
//
// A handler such as printk's forwards the compiler's calls to these methods. Formats and alignments mean what they mean
// in .NET: "x8" and "X8" are hexadecimal with at least 8 digits, "d3" is decimal with at least 3 digits, a positive
// alignment pads on the left, a negative one on the right.
using System;
using System.Runtime.CompilerServices;

namespace Commence.Lib;

public ref partial struct TextWriter
{
    /// <summary>Continues <paramref name="text"/>; the compiler calls it for <c>text.Append($"…")</c>.</summary>
    public TextWriter(int literalLength, int formattedCount, TextWriter text)
    {
        _ = literalLength; // the buffer's size is given
        _ = formattedCount;
        this = text;
    }

    /// <summary>Appends an interpolated string: <c>text.Append($"cpu {cpu} at {address}")</c>.</summary>
    // The handler began as a copy of this writer, over the same buffer, which so holds the longer text already.
    public void Append([InterpolatedStringHandlerArgument("")] scoped TextWriter interpolated)
    {
        _length = interpolated._length;
        _isTruncated = interpolated._isTruncated;
    }

    /// <summary>Appends the constant part of an interpolated string.</summary>
    public void AppendLiteral(string text) => Append(text);

    public void AppendFormatted(string text) => Append(text);

    public void AppendFormatted(string text, int alignment)
    {
        int start = _length;
        Append(text);
        Align(start, alignment);
    }

    public void AppendFormatted(scoped ReadOnlySpan<char> text) => Append(text);

    public void AppendFormatted(scoped ReadOnlySpan<byte> text) => Append(text);

    public void AppendFormatted(scoped ReadOnlySpan<byte> text, int alignment)
    {
        int start = _length;
        Append(text);
        Align(start, alignment);
    }

    public void AppendFormatted(bool value) => Append(value);

    /// <summary>Appends one character.</summary>
    public void AppendFormatted(char value) => Append(new ReadOnlySpan<char>(in value));

    public void AppendFormatted<T>(T value)
        where T : struct, ITextFormattable => value.Format(ref this);

    public void AppendFormatted<T>(T value, int alignment)
        where T : struct, ITextFormattable
    {
        int start = _length;
        value.Format(ref this);
        Align(start, alignment);
    }

    // Negative numbers in hexadecimal show the two's complement of their own width: that is why each width has its own.
    public void AppendFormatted(sbyte value, int alignment = 0, string? format = null) =>
        AppendInteger(value, (byte)value, alignment, format);

    public void AppendFormatted(byte value, int alignment = 0, string? format = null) =>
        AppendInteger(value, value, alignment, format);

    public void AppendFormatted(short value, int alignment = 0, string? format = null) =>
        AppendInteger(value, (ushort)value, alignment, format);

    public void AppendFormatted(ushort value, int alignment = 0, string? format = null) =>
        AppendInteger(value, value, alignment, format);

    public void AppendFormatted(int value, int alignment = 0, string? format = null) =>
        AppendInteger(value, (uint)value, alignment, format);

    public void AppendFormatted(uint value, int alignment = 0, string? format = null) =>
        AppendInteger(value, value, alignment, format);

    public void AppendFormatted(long value, int alignment = 0, string? format = null) =>
        AppendInteger(value, (ulong)value, alignment, format);

    public void AppendFormatted(ulong value, int alignment = 0, string? format = null) =>
        AppendUnsigned(value, isNegative: false, value, alignment, format);

    public void AppendFormatted(nint value, int alignment = 0, string? format = null) =>
        AppendInteger(value, (ulong)value, alignment, format);

    public void AppendFormatted(nuint value, int alignment = 0, string? format = null) =>
        AppendUnsigned(value, isNegative: false, value, alignment, format);

    private void AppendInteger(long value, ulong bits, int alignment, string? format) =>
        AppendUnsigned(Magnitude(value), value < 0, bits, alignment, format);

    private void AppendUnsigned(ulong magnitude, bool isNegative, ulong bits, int alignment, string? format)
    {
        int start = _length;
        char kind = format is null || format.Length == 0 ? 'd' : format[0];
        int digitsMin = format is null ? 0 : ParseDigits(format);
        switch (kind)
        {
            case 'x':
                AppendHex(bits, digitsMin);
                break;
            case 'X':
                AppendHex(bits, digitsMin);
                ToUpper(start);
                break;
            default:
                if (isNegative)
                    Append((byte)'-');
                AppendPadded(magnitude, digitsMin, (byte)'0');
                break;
        }

        Align(start, alignment);
    }

    // The number behind the letter: 16 in "x16", 0 in "x".
    private static int ParseDigits(string format)
    {
        int digits = 0;
        for (int i = 1; i < format.Length; i++)
            digits = (digits * 10) + (format[i] - '0');
        return digits;
    }

    private readonly void ToUpper(int start)
    {
        for (int i = start; i < _length; i++)
        {
            if (_buffer[i] is >= (byte)'a' and <= (byte)'f')
                _buffer[i] -= 'a' - 'A';
        }
    }

    // Pads the text from `start` on to |alignment| characters, counted in bytes: columns are for ASCII.
    private void Align(int start, int alignment)
    {
        int width = alignment < 0 ? -alignment : alignment;
        int written = _length - start;
        int missing = width - written;
        if (missing <= 0)
            return;

        AppendRepeated((byte)' ', missing);
        if (alignment < 0)
            return;

        // Move the text behind the padding; what was cut off is cut off at the end.
        int padding = Math.Min(missing, _buffer.Length - start);
        _buffer.Slice(start, Math.Min(written, _buffer.Length - start - padding)).CopyTo(_buffer[(start + padding)..]);
        _buffer.Slice(start, padding).Fill((byte)' ');
    }
}
