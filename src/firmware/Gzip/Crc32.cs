// CRC-32 as gzip, zip and Ethernet use it: polynomial 04C11DB7, bits reflected, start and end inverted.
//
// Eight tables of 256 words let eight bytes be taken at once ("slicing by 8", Kounavis and Berry 2005): the running value is
// XORed into the first four bytes, and each of the eight bytes is looked up in the table that knows its distance from the end.
// The tables take 8 KiB and are made at first use: the compiler cannot make them, and 2,048 literals tell a reader nothing.
// Source: RFC 1952 §8 "Appendix: Sample CRC Code".
using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Commence.Firmware.Gzip;

/// <summary>CRC-32's tables. All-zero is ready: they fill themselves.</summary>
public struct Crc32
{
    private const uint Polynomial = 0xEDB8_8320; // 04C11DB7, reflected
    private const int SliceCount = 8;
    private const int ByteValues = 256;

    private Tables _tables;

    /// <summary>Continues a checksum.</summary>
    /// <param name="crc">What the call before gave; 0 at the start.</param>
    /// <param name="bytes">The next bytes.</param>
    public uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        if (_tables[1] == 0)
            MakeTables();

        ReadOnlySpan<uint> tables = _tables;
        crc = ~crc;
        while (bytes.Length >= SliceCount)
        {
            ulong eight = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ crc;
            crc = tables[(7 * ByteValues) + (byte)eight]
                ^ tables[(6 * ByteValues) + (byte)(eight >> 8)]
                ^ tables[(5 * ByteValues) + (byte)(eight >> 16)]
                ^ tables[(4 * ByteValues) + (byte)(eight >> 24)]
                ^ tables[(3 * ByteValues) + (byte)(eight >> 32)]
                ^ tables[(2 * ByteValues) + (byte)(eight >> 40)]
                ^ tables[ByteValues + (byte)(eight >> 48)]
                ^ tables[(byte)(eight >> 56)];
            bytes = bytes.Slice(SliceCount);
        }

        foreach (byte value in bytes)
            crc = tables[(byte)(crc ^ value)] ^ (crc >> 8);
        return ~crc;
    }

    private void MakeTables()
    {
        for (uint i = 0; i < ByteValues; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ Polynomial : crc >> 1;
            _tables[(int)i] = crc;
        }

        // Table n is table n-1 with one more zero byte behind.
        for (int i = ByteValues; i < SliceCount * ByteValues; i++)
        {
            uint before = _tables[i - ByteValues];
            _tables[i] = _tables[(byte)before] ^ (before >> 8);
        }
    }

    [InlineArray(SliceCount * ByteValues)]
    private struct Tables
    {
        private uint _first;
    }
}
