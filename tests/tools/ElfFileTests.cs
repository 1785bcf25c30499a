using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using Commence.Machine;
using Xunit;

namespace Commence.ToolTests;

public sealed class ElfFileTests
{
    [Fact]
    public void ThisProcessIsDynamic() => Assert.True(ElfFile.IsDynamic("/proc/self/exe"));

    [Fact]
    public void SegmentsAreRead()
    {
        ElfSegment[] loaded = [.. ElfFile.ReadSegments("/proc/self/exe").Where(segment => segment.IsLoaded)];

        Assert.NotEmpty(loaded);
        Assert.All(loaded, segment => Assert.True(segment.Contains(segment.VirtualAddress) && !segment.Contains(segment.VirtualAddress + segment.MemorySize)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("#!/bin/sh\n")]
    [InlineData("\u007fELF\u0002")]
    public void WhatIsNoElfFileHasNoSegments(string contents)
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, contents);
        Assert.Empty(ElfFile.ReadSegments(path));
        Assert.Equal(0u, ElfFile.LoadEnd(path));
        Assert.Throws<InvalidDataException>(() => ElfSymbols.Read(path));
        File.Delete(path);
    }

    [Fact]
    public void SymbolsAreRead()
    {
        byte[] file = MakeFile();
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, file);
        ElfSymbols symbols = ElfSymbols.Read(path);

        Assert.Equal(0x100020u, symbols.Entry);
        Assert.Equal(0xffffffff80200000u, symbols.Find("start"));
        Assert.Null(symbols.Find("tart"));

        // Cut off anywhere, or with any byte of its tables changed, it is refused or read, never more.
        for (int length = 0; length < file.Length; length++)
        {
            File.WriteAllBytes(path, file[..length]);
            Assert.Throws<InvalidDataException>(() => ElfSymbols.Read(path));
        }
        for (int i = 5; i < file.Length; i++)
        {
            byte[] changed = [.. file];
            changed[i] ^= 0xFF;
            File.WriteAllBytes(path, changed);
            Assert.True(Record.Exception(() => ElfSymbols.Read(path)) is null or InvalidDataException);
        }
        File.Delete(path);
    }

    // Header, two section headers (symbols, names), one symbol, its name.
    private static byte[] MakeFile()
    {
        byte[] file = new byte[64 + (2 * 64) + 24 + 7];
        "\u007fELF\u0002"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(24), 0x100020);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(40), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(60), 2);
        WriteSection(file.AsSpan(64), type: 2, offset: 192, size: 24, link: 1);
        WriteSection(file.AsSpan(128), type: 3, offset: 216, size: 7, link: 0);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(192), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(200), 0xffffffff80200000);
        "\0start\0"u8.CopyTo(file.AsSpan(216));
        return file;
    }

    private static void WriteSection(Span<byte> section, uint type, ulong offset, ulong size, uint link)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(section[4..], type);
        BinaryPrimitives.WriteUInt64LittleEndian(section[24..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(section[32..], size);
        BinaryPrimitives.WriteUInt32LittleEndian(section[40..], link);
    }
}
