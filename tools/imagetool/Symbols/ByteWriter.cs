// A growing byte buffer with the table's number encodings.
using System;

namespace Commence.ImageTool.Symbols;

/// <summary>Appends bytes.</summary>
internal sealed class ByteWriter
{
    private byte[] _bytes = new byte[256];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void WriteByte(byte value)
    {
        Reserve(1);
        _bytes[Length++] = value;
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Appends <paramref name="value"/> as LEB128: 7 bits per byte, low ones first.</summary>
    public void WriteVarint(uint value)
    {
        while (value >= 0x80)
        {
            WriteByte((byte)(value | 0x80));
            value >>= 7;
        }
        WriteByte((byte)value);
    }

    /// <summary>Maps 0, -1, 1, -2 … to 0, 1, 2, 3 …, so that small differences are short.</summary>
    public static uint Zigzag(int value) => (uint)(value << 1) ^ (uint)(value >> 31);

    /// <summary>How many bytes <see cref="WriteVarint"/> appends.</summary>
    public static int VarintLength(uint value)
    {
        int length = 1;
        for (; value >= 0x80; value >>= 7)
            length++;
        return length;
    }

    private void Reserve(int count)
    {
        if (Length + count > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
    }
}
