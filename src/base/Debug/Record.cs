// One line of the record line: a JSON object that says what happened, for programs that watch the kernel.
// docs/record-line.md lists the kinds.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Debug;

/// <summary>A record under construction: <c>new Record("cpu"u8)</c>, <c>Add</c>, <c>Send</c>.</summary>
/// <remarks>Context: any but NMI. A record that does not fit is sent without the fields that came last, never as broken JSON.</remarks>
public ref struct Record
{
    private const int CapacityBytes = 512;
    private const int ReservedForEnd = 3; // "}\n" and a spare quote

    private static IrqSpinLock s_lock; // one record at a time on the line

    [InlineArray(CapacityBytes)]
    private struct Buffer
    {
        private byte _first;
    }

    private Buffer _buffer;
    private int _length;

    /// <summary>Begins a record of a kind.</summary>
    public Record(scoped ReadOnlySpan<byte> kind)
    {
        Unsafe.SkipInit(out _buffer);
        _length = 0;
        TextWriter text = Continue();
        text.Append("{\"record\":\""u8);
        text.Append(kind);
        text.Append((byte)'"');
        _length = text.Length;
    }

    /// <summary>Adds a number.</summary>
    public void Add(scoped ReadOnlySpan<byte> name, long value)
    {
        TextWriter text = Continue();
        AppendName(ref text, name);
        text.Append(value);
        if (!text.IsTruncated)
            _length += text.Length;
    }

    /// <summary>Adds a text.</summary>
    public void Add(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        TextWriter text = Continue();
        AppendName(ref text, name);
        text.Append((byte)'"');
        foreach (byte c in value)
            AppendEscaped(ref text, c);
        text.Append((byte)'"');
        if (!text.IsTruncated)
            _length += text.Length;
    }

    /// <summary>Ends the record and writes it, if there is a record line.</summary>
    public void Send()
    {
        _buffer[_length++] = (byte)'}';
        _buffer[_length++] = (byte)'\n';
        using IrqSpinLock.Guard guard = s_lock.Lock();
        ConsoleDevice.Records?.Write(((ReadOnlySpan<byte>)_buffer)[.._length]);
    }

    /// <summary>Writes the first record: firmware may have used the line before, and have left it in the middle of its own.</summary>
    public void SendFirst()
    {
        ConsoleDevice.Records?.Write("\n"u8);
        Send();
    }

    /// <summary>Writes it without the lock: only the processor that panics is left.</summary>
    public void SendInPanic()
    {
        // A record that another processor left half written ends here, as a line that readers report and skip.
        ConsoleDevice.Records?.Write("\n"u8);
        _buffer[_length++] = (byte)'}';
        _buffer[_length++] = (byte)'\n';
        ConsoleDevice.Records?.Write(((ReadOnlySpan<byte>)_buffer)[.._length]);
    }

    private static void AppendName(ref TextWriter text, scoped ReadOnlySpan<byte> name)
    {
        text.Append(",\""u8);
        text.Append(name);
        text.Append("\":"u8);
    }

    // RFC 8259 §7: quotes, backslashes and control characters; other bytes that are not printable ASCII become "?".
    private static void AppendEscaped(ref TextWriter text, byte c)
    {
        if (c is (byte)'"' or (byte)'\\')
        {
            text.Append((byte)'\\');
            text.Append(c);
        }
        else if (c == (byte)'\n')
            text.Append("\\n"u8);
        else if (c is < 0x20 or >= 0x7F)
            text.Append((byte)'?');
        else
            text.Append(c);
    }

    [UnscopedRef]
    private TextWriter Continue() => new(((Span<byte>)_buffer)[_length..(CapacityBytes - ReservedForEnd)]);
}
