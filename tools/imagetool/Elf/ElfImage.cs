// Reads an ELF64 little-endian file: headers, sections, symbols, relocations.
//
// The file may be damaged: every offset and size is checked against the file before use, and what does not fit is a
// BadInputException that names the file and the part.
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Commence.ImageTool.Elf;

/// <summary>A parsed ELF64 file.</summary>
internal sealed class ElfImage
{
    private const int HeaderSizeBytes = 64, SegmentSizeBytes = 56, SectionSizeBytes = 64, SymbolSizeBytes = 24, RelaSizeBytes = 24;

    private readonly byte[] _bytes;

    private ElfImage(string name, byte[] bytes)
    {
        Name = name;
        _bytes = bytes;
    }

    /// <summary>The file's name, for messages.</summary>
    public string Name { get; }

    public ushort Machine { get; private set; }
    public ulong Entry { get; private set; }
    public int FileSize => _bytes.Length;
    public IReadOnlyList<ElfSegment> Segments { get; private set; } = [];
    public IReadOnlyList<ElfSection> Sections { get; private set; } = [];
    public IReadOnlyList<ElfSymbol> Symbols { get; private set; } = [];

    /// <summary>Reads and parses the file at <paramref name="path"/>.</summary>
    public static ElfImage Load(string path)
    {
        try
        {
            return Parse(path, File.ReadAllBytes(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"cannot read {path}: {error.Message}");
        }
    }

    /// <summary>Parses <paramref name="bytes"/>; <paramref name="name"/> is used in messages only.</summary>
    public static ElfImage Parse(string name, byte[] bytes)
    {
        ElfImage image = new(name, bytes);
        image.ParseHeader(out (ulong Offset, int Count) segments, out (ulong Offset, int Count, int NameIndex) sections);
        image.ParseSegments(segments.Offset, segments.Count);
        image.ParseSections(sections.Offset, sections.Count, sections.NameIndex);
        image.ParseSymbols();
        return image;
    }

    /// <summary>The file's first <paramref name="length"/> bytes, or all if it has fewer.</summary>
    public ReadOnlySpan<byte> Head(int length) => _bytes.AsSpan(0, Math.Min(length, _bytes.Length));

    /// <summary>The section called <paramref name="name"/>, or null.</summary>
    public ElfSection? FindSection(string name)
    {
        foreach (ElfSection section in Sections)
            if (section.Name == name)
                return section;
        return null;
    }

    /// <summary>The section's contents in the file; empty for one that has none.</summary>
    public ReadOnlySpan<byte> BytesOf(ElfSection section) =>
        section.HasBytes ? Slice(section.Offset, section.Size, $"section {section.Name}") : default;

    /// <summary>As <see cref="BytesOf(ElfSection)"/>, for readers that keep the bytes.</summary>
    public ReadOnlyMemory<byte> MemoryOf(ElfSection section)
    {
        _ = BytesOf(section); // checks the bounds
        return section.HasBytes ? _bytes.AsMemory((int)section.Offset, (int)section.Size) : default;
    }

    /// <summary>The segment's contents in the file.</summary>
    public ReadOnlySpan<byte> BytesOf(ElfSegment segment) => Slice(segment.Offset, segment.FileSize, "a segment");

    /// <summary>The relocations that apply to <paramref name="section"/>.</summary>
    public IEnumerable<ElfRelocation> RelocationsOf(ElfSection section)
    {
        foreach (ElfSection table in Sections)
        {
            if (table.Type != ElfConstants.SHT_RELA || table.Info != section.Index)
                continue;
            byte[] rows = BytesOf(table).ToArray();
            for (int at = 0; at + RelaSizeBytes <= rows.Length; at += RelaSizeBytes)
            {
                ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(rows.AsSpan(at));
                ulong info = BinaryPrimitives.ReadUInt64LittleEndian(rows.AsSpan(at + 8));
                int symbol = (int)(info >> 32);
                if (symbol < Symbols.Count)
                    yield return new ElfRelocation(offset, symbol);
            }
        }
    }

    private void ParseHeader(out (ulong Offset, int Count) segments, out (ulong Offset, int Count, int NameIndex) sections)
    {
        ReadOnlySpan<byte> header = Slice(0, HeaderSizeBytes, "the ELF header");
        if (!header[..4].SequenceEqual("\u007fELF"u8))
            throw Damaged("it is not an ELF file");
        if (header[4] != 2 || header[5] != 1)
            throw Damaged("it is not a 64-bit little-endian ELF file");

        Machine = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        Entry = BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
        segments = (BinaryPrimitives.ReadUInt64LittleEndian(header[32..]), BinaryPrimitives.ReadUInt16LittleEndian(header[56..]));
        sections = (BinaryPrimitives.ReadUInt64LittleEndian(header[40..]), BinaryPrimitives.ReadUInt16LittleEndian(header[60..]),
            BinaryPrimitives.ReadUInt16LittleEndian(header[62..]));
        if (segments.Count > 0 && BinaryPrimitives.ReadUInt16LittleEndian(header[54..]) != SegmentSizeBytes)
            throw Damaged("its program headers have an unknown size");
        if (sections.Count > 0 && BinaryPrimitives.ReadUInt16LittleEndian(header[58..]) != SectionSizeBytes)
            throw Damaged("its section headers have an unknown size");
        if (sections.Offset != 0 && sections.Count == 0)
        {
            // More than 65,279 sections: the count is in the first section header (gABI, "Section Header").
            ReadOnlySpan<byte> first = Slice(sections.Offset, SectionSizeBytes, "the section headers");
            sections.Count = (int)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(first[32..]), int.MaxValue);
            if (sections.NameIndex == 0xffff)
                sections.NameIndex = (int)BinaryPrimitives.ReadUInt32LittleEndian(first[40..]);
        }
    }

    private void ParseSegments(ulong offset, int count)
    {
        ReadOnlySpan<byte> table = Slice(offset, (ulong)count * SegmentSizeBytes, "the program headers");
        List<ElfSegment> segments = new(count);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> row = table.Slice(i * SegmentSizeBytes, SegmentSizeBytes);
            segments.Add(new ElfSegment(
                BinaryPrimitives.ReadUInt32LittleEndian(row), BinaryPrimitives.ReadUInt32LittleEndian(row[4..]),
                BinaryPrimitives.ReadUInt64LittleEndian(row[8..]), BinaryPrimitives.ReadUInt64LittleEndian(row[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(row[24..]), BinaryPrimitives.ReadUInt64LittleEndian(row[32..]),
                BinaryPrimitives.ReadUInt64LittleEndian(row[40..])));
        }
        Segments = segments;
    }

    private void ParseSections(ulong offset, int count, int nameIndex)
    {
        ReadOnlySpan<byte> table = Slice(offset, (ulong)count * SectionSizeBytes, "the section headers");
        ReadOnlySpan<byte> names = default;
        if (nameIndex != 0 && nameIndex < count)
        {
            ReadOnlySpan<byte> row = table.Slice(nameIndex * SectionSizeBytes, SectionSizeBytes);
            names = Slice(BinaryPrimitives.ReadUInt64LittleEndian(row[24..]), BinaryPrimitives.ReadUInt64LittleEndian(row[32..]), "the section names");
        }

        List<ElfSection> sections = new(count);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> row = table.Slice(i * SectionSizeBytes, SectionSizeBytes);
            sections.Add(new ElfSection(i, StringAt(names, BinaryPrimitives.ReadUInt32LittleEndian(row)),
                BinaryPrimitives.ReadUInt32LittleEndian(row[4..]), BinaryPrimitives.ReadUInt64LittleEndian(row[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(row[16..]), BinaryPrimitives.ReadUInt64LittleEndian(row[24..]),
                BinaryPrimitives.ReadUInt64LittleEndian(row[32..]), BinaryPrimitives.ReadUInt32LittleEndian(row[40..]),
                BinaryPrimitives.ReadUInt32LittleEndian(row[44..])));
        }
        Sections = sections;
    }

    private void ParseSymbols()
    {
        foreach (ElfSection section in Sections)
        {
            if (section.Type != ElfConstants.SHT_SYMTAB)
                continue;
            if (section.Link >= (uint)Sections.Count)
                throw Damaged("its symbol table names no string table");
            ReadOnlySpan<byte> rows = BytesOf(section);
            ReadOnlySpan<byte> names = BytesOf(Sections[(int)section.Link]);
            List<ElfSymbol> symbols = new(rows.Length / SymbolSizeBytes);
            for (int at = 0; at + SymbolSizeBytes <= rows.Length; at += SymbolSizeBytes)
            {
                ReadOnlySpan<byte> row = rows.Slice(at, SymbolSizeBytes);
                symbols.Add(new ElfSymbol(StringAt(names, BinaryPrimitives.ReadUInt32LittleEndian(row)),
                    BinaryPrimitives.ReadUInt64LittleEndian(row[8..]), BinaryPrimitives.ReadUInt64LittleEndian(row[16..]),
                    (byte)(row[4] & 15), (byte)(row[4] >> 4), BinaryPrimitives.ReadUInt16LittleEndian(row[6..])));
            }
            Symbols = symbols;
            return;
        }
    }

    private static string StringAt(ReadOnlySpan<byte> table, uint offset)
    {
        if (offset == 0 || offset >= (uint)table.Length)
            return "";
        ReadOnlySpan<byte> rest = table[(int)offset..];
        int end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }

    private ReadOnlySpan<byte> Slice(ulong offset, ulong size, string part)
    {
        if (offset > (ulong)_bytes.Length || size > (ulong)_bytes.Length - offset)
            throw Damaged($"{part} lies outside the file");
        return _bytes.AsSpan((int)offset, (int)size);
    }

    private BadInputException Damaged(string reason) => new($"cannot use {Name}: {reason}");
}
