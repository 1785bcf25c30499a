// A bounds-checked reader over a DWARF section.
using System;
using System.Buffers.Binary;
using System.Text;

namespace Commence.ImageTool.Dwarf;

/// <summary>Reads DWARF's primitive encodings.  Source: DWARF 5 §7.4 to §7.6.</summary>
/// <remarks>Reading past the end is a <see cref="BadInputException"/>.</remarks>
internal ref struct DwarfCursor(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly bool AtEnd => Position >= _bytes.Length;

    public byte ReadByte() => Take(1)[0];
    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>Reads an offset into another section: 4 bytes in the 32-bit format, 8 in the 64-bit one.</summary>
    public ulong ReadOffset(bool is64) => is64 ? ReadUInt64() : ReadUInt32();

    /// <summary>Reads an unsigned number of <paramref name="sizeBytes"/> bytes.</summary>
    public ulong ReadUnsigned(int sizeBytes) => sizeBytes switch
    {
        1 => ReadByte(),
        2 => ReadUInt16(),
        4 => ReadUInt32(),
        8 => ReadUInt64(),
        _ => throw new BadInputException($"the DWARF line table has an address of {sizeBytes} bytes"),
    };

    public ulong ReadUleb128()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = ReadByte();
            if (shift < 64)
                value |= (ulong)(part & 0x7f) << shift;
            if ((part & 0x80) == 0)
                return value;
        }
    }

    public long ReadSleb128()
    {
        long value = 0;
        for (int shift = 0; ;)
        {
            byte part = ReadByte();
            if (shift < 64)
                value |= (long)(part & 0x7f) << shift;
            shift += 7;
            if ((part & 0x80) != 0)
                continue;
            return shift < 64 && (part & 0x40) != 0 ? value | (-1L << shift) : value;
        }
    }

    /// <summary>Reads a string that ends in a zero byte.</summary>
    public string ReadString()
    {
        ReadOnlySpan<byte> rest = _bytes[Position..];
        int end = rest.IndexOf((byte)0);
        if (end < 0)
            throw Truncated();
        Position += end + 1;
        return Encoding.UTF8.GetString(rest[..end]);
    }

    /// <summary>Reads the next <paramref name="count"/> bytes as a cursor of their own.</summary>
    public DwarfCursor Sub(ulong count) => new(Take(count));

    public ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_bytes.Length - Position))
            throw Truncated();
        ReadOnlySpan<byte> taken = _bytes.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    private static BadInputException Truncated() => new("the DWARF line table is truncated");
}
