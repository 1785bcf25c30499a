// Makes firmware tables byte by byte, sound by default, for tests that then break them.
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Commence.Tests.Firmware;

internal static class Tables
{
    /// <summary>Sets the byte at an offset so that all bytes sum to zero.</summary>
    public static byte[] WithChecksum(byte[] bytes, int at)
    {
        bytes[at] = 0;
        bytes[at] = (byte)-bytes.Sum(value => value);
        return bytes;
    }

    public static byte[] Acpi(string signature, byte revision, params byte[][] parts)
    {
        byte[] body = [.. parts.SelectMany(part => part)];
        byte[] table = new byte[36 + body.Length];
        Encoding.ASCII.GetBytes(signature, table);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(4), table.Length);
        table[8] = revision;
        body.CopyTo(table, 36);
        return WithChecksum(table, 9);
    }

    /// <summary>A MADT of the given entries.</summary>
    public static byte[] Madt(byte revision, params byte[][] entries) =>
        Acpi("APIC", revision, [Bytes("fee00000".ToUInt(), 1u), .. entries]);

    public static byte[] LocalApic(byte uid, byte id, uint flags) => [0, 8, uid, id, .. Bytes(flags)];

    public static byte[] LocalX2Apic(uint id, uint flags, uint uid) => [9, 16, 0, 0, .. Bytes(id, flags, uid)];

    public static byte[] Rsdp(uint rsdt, ulong xsdt = 0, byte revision = 0)
    {
        byte[] rsdp = new byte[revision >= 2 ? 36 : 20];
        "RSD PTR "u8.CopyTo(rsdp);
        rsdp[15] = revision;
        BinaryPrimitives.WriteUInt32LittleEndian(rsdp.AsSpan(16), rsdt);
        if (revision >= 2)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rsdp.AsSpan(20), 36);
            BinaryPrimitives.WriteUInt64LittleEndian(rsdp.AsSpan(24), xsdt);
        }

        WithChecksum(rsdp, 8);
        rsdp[8] = (byte)-rsdp.Take(20).Where((_, i) => i != 8).Sum(value => value);
        return revision >= 2 ? WithChecksum(rsdp, 32) : rsdp;
    }

    public static byte[] Rsdt(params uint[] tables) => Acpi("RSDT", 1, Bytes(tables));

    public static byte[] Xsdt(params ulong[] tables) => Acpi("XSDT", 1, [.. tables.SelectMany(BitConverter.GetBytes)]);

    public static byte[] MpPointer(uint table, byte defaultConfiguration = 0, bool hasImcr = false, byte revision = 4) => WithChecksum(
        [.. "_MP_"u8, .. Bytes(table), 1, revision, 0, defaultConfiguration, (byte)(hasImcr ? 0x80 : 0), 0, 0, 0], 10);

    /// <summary>An MP configuration table of the given entries, with an extension behind it.</summary>
    public static byte[] MpTable(byte[][] entries, byte[]? extension = null, int? count = null)
    {
        extension ??= [];
        byte[] body = [.. entries.SelectMany(entry => entry)];
        byte[] table = new byte[44 + body.Length];
        "PCMP"u8.CopyTo(table);
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(4), (ushort)table.Length);
        table[6] = 4;
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(34), (ushort)(count ?? entries.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(36), 0xFEE00000);
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(40), (ushort)extension.Length);
        table[42] = (byte)-extension.Sum(value => value);
        body.CopyTo(table, 44);
        return [.. WithChecksum(table, 7), .. extension];
    }

    public static byte[] MpCpu(byte id, byte flags) => [0, id, 0x14, flags, .. Bytes(0x663, 0x78BFBFD, 0, 0)];

    public static byte[] Bytes(params uint[] words) => [.. words.SelectMany(BitConverter.GetBytes)];

    public static byte[] Bytes64(params ulong[] words) => [.. words.SelectMany(BitConverter.GetBytes)];

    public static uint ToUInt(this string hex) => Convert.ToUInt32(hex, 16);

    public static List<T> ToList<T>(ReadOnlySpan<T> span) => [.. span.ToArray()];
}
