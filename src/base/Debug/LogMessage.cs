// One message for the kernel log, built by the compiler from an interpolated string: Printk.Info($"CPU {cpu} is online").
using System;
using System.Runtime.CompilerServices;
using Commence.Lib;

namespace Commence;

/// <summary>Text under construction; no allocation, cut off at <see cref="CapacityBytes"/>.</summary>
[InterpolatedStringHandler]
public ref struct LogMessage
{
    /// <summary>Longest message.</summary>
    public const int CapacityBytes = 240;

    [InlineArray(CapacityBytes)]
    private struct Buffer
    {
        private byte _first;
    }

    private Buffer _buffer;
    private int _length;

    /// <summary>Called by the compiler.</summary>
    public LogMessage(int literalLength, int formattedCount)
    {
        _ = literalLength;
        _ = formattedCount;
        Unsafe.SkipInit(out _buffer);
        _length = 0;
    }

    /// <summary>The text so far.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public readonly ReadOnlySpan<byte> Text => ((ReadOnlySpan<byte>)_buffer)[.._length];

    public void AppendLiteral(string text)
    {
        TextWriter writer = Continue();
        writer.Append(text);
        _length += writer.Length;
    }

    public void AppendFormatted(string text) => AppendLiteral(text);

    public void AppendFormatted(scoped ReadOnlySpan<byte> text)
    {
        TextWriter writer = Continue();
        writer.Append(text);
        _length += writer.Length;
    }

    public void AppendFormatted(bool value) => AppendLiteral(value ? "true" : "false");

    public void AppendFormatted(int value, int alignment = 0, string? format = null)
    {
        TextWriter writer = Continue();
        writer.AppendFormatted(value, alignment, format);
        _length += writer.Length;
    }

    public void AppendFormatted(uint value, int alignment = 0, string? format = null) =>
        AppendFormatted((ulong)value, alignment, format);

    public void AppendFormatted(long value, int alignment = 0, string? format = null)
    {
        TextWriter writer = Continue();
        writer.AppendFormatted(value, alignment, format);
        _length += writer.Length;
    }

    public void AppendFormatted(ulong value, int alignment = 0, string? format = null)
    {
        TextWriter writer = Continue();
        writer.AppendFormatted(value, alignment, format);
        _length += writer.Length;
    }

    public void AppendFormatted<T>(T value)
        where T : struct, ITextFormattable
    {
        TextWriter writer = Continue();
        writer.AppendFormatted(value);
        _length += writer.Length;
    }

    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    private TextWriter Continue() => new(((Span<byte>)_buffer)[_length..]);
}
