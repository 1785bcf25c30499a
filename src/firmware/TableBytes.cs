// Little-endian fields and byte sums of firmware tables. The caller has checked the length; a slip panics, it never reads outside.
using System;
using System.Buffers.Binary;

namespace Commence.Firmware;

internal static class TableBytes
{
    public static ushort U16(this ReadOnlySpan<byte> table, int at) => BinaryPrimitives.ReadUInt16LittleEndian(table.Slice(at, sizeof(ushort)));

    public static uint U32(this ReadOnlySpan<byte> table, int at) => BinaryPrimitives.ReadUInt32LittleEndian(table.Slice(at, sizeof(uint)));

    public static ulong U64(this ReadOnlySpan<byte> table, int at) => BinaryPrimitives.ReadUInt64LittleEndian(table.Slice(at, sizeof(ulong)));

    /// <summary>The sum of all bytes modulo 256, which is zero for a sound MP or ACPI table.</summary>
    public static byte Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        foreach (byte value in bytes)
            sum += value;
        return (byte)sum;
    }
}
