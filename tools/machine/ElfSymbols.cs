// The symbols of an ELF file, and where it begins.
// Source: System V ABI, "ELF-64 Object File Format", file header, section header and symbol table.
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Commence.Machine;

/// <summary>The symbol table of a 64-bit ELF file.</summary>
public sealed class ElfSymbols
{
    private const int HeaderLength = 64;
    private const int HeaderEntry = 24;
    private const int HeaderSections = 40;
    private const int HeaderSectionCount = 60;

    private const int SectionLength = 64;
    private const int SectionType = 4;
    private const int SectionOffset = 24;
    private const int SectionSize = 32;
    private const int SectionLink = 40;
    private const uint TypeSymbols = 2; // SHT_SYMTAB

    private const int SymbolLength = 24;
    private const int SymbolValue = 8;

    private readonly Dictionary<string, ulong> _values = new(StringComparer.Ordinal);

    private ElfSymbols(ulong entry) => Entry = entry;

    /// <summary>The address at which the file begins to run.</summary>
    public ulong Entry { get; }

    /// <summary>Gives the address of a symbol, or null if there is none of that name.</summary>
    public ulong? Find(string name) => _values.TryGetValue(name, out ulong value) ? value : null;

    /// <summary>Reads a file.</summary>
    /// <remarks>Fails: throws <see cref="InvalidDataException"/> for a file that is no such ELF file or is cut off.</remarks>
    public static ElfSymbols Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        if (file.Length < HeaderLength || !file.AsSpan().StartsWith("\u007fELF\u0002"u8))
            throw new InvalidDataException($"{path} is not a 64-bit ELF file");
        try
        {
            return Parse(file);
        }
        catch (Exception error) when (error is ArgumentOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException($"{path} is cut off");
        }
    }

    private static ElfSymbols Parse(ReadOnlySpan<byte> file)
    {
        ElfSymbols symbols = new(BinaryPrimitives.ReadUInt64LittleEndian(file[HeaderEntry..]));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[HeaderSectionCount..]);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> section = Section(file, i);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[SectionType..]) != TypeSymbols)
                continue;
            int names = checked((int)BinaryPrimitives.ReadUInt32LittleEndian(section[SectionLink..]));
            symbols.Add(Contents(file, section), Contents(file, Section(file, names)));
        }
        return symbols;
    }

    private void Add(ReadOnlySpan<byte> table, ReadOnlySpan<byte> names)
    {
        for (; table.Length >= SymbolLength; table = table[SymbolLength..])
        {
            ReadOnlySpan<byte> name = names[checked((int)BinaryPrimitives.ReadUInt32LittleEndian(table))..];
            int end = name.IndexOf((byte)0);
            if (end > 0)
                _values.TryAdd(Encoding.UTF8.GetString(name[..end]), BinaryPrimitives.ReadUInt64LittleEndian(table[SymbolValue..]));
        }
    }

    private static ReadOnlySpan<byte> Section(ReadOnlySpan<byte> file, int index)
    {
        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(file[HeaderSections..]);
        return file.Slice(checked((int)(table + ((ulong)index * SectionLength))), SectionLength);
    }

    private static ReadOnlySpan<byte> Contents(ReadOnlySpan<byte> file, ReadOnlySpan<byte> section) => file.Slice(
        checked((int)BinaryPrimitives.ReadUInt64LittleEndian(section[SectionOffset..])),
        checked((int)BinaryPrimitives.ReadUInt64LittleEndian(section[SectionSize..])));
}
