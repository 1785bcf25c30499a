// Encodes the kernel's symbol table.  The layout is described in src/lib/Symbols/SymbolTableFormat.cs.
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
using Commence.ImageTool.Naming;
using Commence.Lib.Symbols;

namespace Commence.ImageTool.Symbols;

/// <summary>How many bytes each part of a table takes; for the report.</summary>
internal readonly record struct SymbolTableSizes(int Tables, int Strings, int Blocks, int Records, int Programs)
{
    /// <summary>All of it, with the header.</summary>
    public int Total => SymbolTableFormat.HeaderSizeBytes + Tables + Strings + Blocks + Records;
}

/// <summary>Writes one table.</summary>
internal sealed class SymbolTableWriter
{
    private readonly SymbolSource _source;
    private readonly Indexed<string> _prefixes = new("");
    private readonly Indexed<(string Prefix, string Name)> _types = new(("", ""));
    private readonly Indexed<SourceFile> _files = new(SourceFile.None);
    private readonly ByteWriter _strings = new();
    private readonly Dictionary<string, int> _methodOffsets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Offset, int Length)> _texts = new(StringComparer.Ordinal);
    private LineEncoding _lines;

    private SymbolTableWriter(SymbolSource source) => _source = source;

    /// <summary>Encodes <paramref name="source"/>.</summary>
    public static byte[] Write(SymbolSource source, out SymbolTableSizes sizes) => new SymbolTableWriter(source).Write(out sizes);

    private byte[] Write(out SymbolTableSizes sizes)
    {
        foreach (SymbolFunction function in _source.Functions)
        {
            _prefixes.Add(function.Name.Namespace);
            _types.Add((function.Name.Namespace, function.Name.Type));
            AddMethod(function.Name.Method); // first of all strings: in the order of first use they need one byte each in the records
            foreach (SymbolRow row in function.Rows)
            {
                _prefixes.Add(row.File.Directory);
                _files.Add(row.File);
            }
        }
        AddTexts();
        _lines = LineEncoding.Best(_source.Functions);

        int blockCount = (_source.Functions.Count + SymbolTableFormat.FunctionsPerBlock - 1) / SymbolTableFormat.FunctionsPerBlock;
        int prefixes = SymbolTableFormat.HeaderSizeBytes;
        int types = prefixes + _prefixes.Count * SymbolTableFormat.EntrySizeBytes;
        int files = types + _types.Count * SymbolTableFormat.EntrySizeBytes;
        int blocks = files + _files.Count * SymbolTableFormat.EntrySizeBytes;
        int strings = blocks + blockCount * SymbolTableFormat.BlockSizeBytes;
        int records = strings + _strings.Length;
        if (_prefixes.Count > 256 || records > SymbolTableFormat.StringOffsetMask)
            throw new BadInputException($"the symbol table is too large: {_prefixes.Count} namespaces and directories (256 fit), {_strings.Length} bytes of names (16 MiB fit)");

        ByteWriter encoded = new();
        List<(uint Start, uint Offset)> index = EncodeRecords(encoded, strings, records, out int programBytes);

        byte[] table = new byte[records + encoded.Length];
        WriteHeader(table, blocks, blockCount, prefixes, types, files);
        for (int i = 0; i < _prefixes.Count; i++)
            WriteEntry(table, prefixes + i * SymbolTableFormat.EntrySizeBytes, strings, "", _prefixes.Items[i]);
        for (int i = 0; i < _types.Count; i++)
            WriteEntry(table, types + i * SymbolTableFormat.EntrySizeBytes, strings, _types.Items[i].Prefix, _types.Items[i].Name);
        for (int i = 0; i < _files.Count; i++)
            WriteEntry(table, files + i * SymbolTableFormat.EntrySizeBytes, strings, _files.Items[i].Directory, _files.Items[i].Name);
        for (int i = 0; i < index.Count; i++)
        {
            WriteUInt32(table, blocks + i * SymbolTableFormat.BlockSizeBytes, index[i].Start);
            WriteUInt32(table, blocks + i * SymbolTableFormat.BlockSizeBytes + sizeof(uint), index[i].Offset);
        }
        _strings.Bytes.CopyTo(table.AsSpan(strings));
        encoded.Bytes.CopyTo(table.AsSpan(records));
        WriteUInt32(table, SymbolTableFormat.ChecksumOffset, Checksum(table));
        sizes = new SymbolTableSizes(blocks - prefixes, _strings.Length, strings - blocks, encoded.Length, programBytes);
        return table;
    }

    private void WriteHeader(byte[] table, int blocks, int blockCount, int prefixes, int types, int files)
    {
        WriteUInt32(table, SymbolTableFormat.MagicOffset, SymbolTableFormat.Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(SymbolTableFormat.VersionOffset), SymbolTableFormat.Version);
        table[SymbolTableFormat.LineBaseOffset] = (byte)(sbyte)_lines.LineBase;
        table[SymbolTableFormat.LineRangeOffset] = (byte)_lines.LineRange;
        WriteUInt32(table, SymbolTableFormat.TableSizeOffset, (uint)table.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(SymbolTableFormat.BaseAddressOffset), _source.BaseAddress);
        WriteUInt32(table, SymbolTableFormat.TextSizeOffset, _source.TextSize);
        WriteUInt32(table, SymbolTableFormat.FunctionCountOffset, (uint)_source.Functions.Count);
        WriteUInt32(table, SymbolTableFormat.BlocksOffset, (uint)blocks);
        WriteUInt32(table, SymbolTableFormat.BlockCountOffset, (uint)blockCount);
        WriteUInt32(table, SymbolTableFormat.PrefixesOffset, (uint)prefixes);
        WriteUInt32(table, SymbolTableFormat.PrefixCountOffset, (uint)_prefixes.Count);
        WriteUInt32(table, SymbolTableFormat.TypesOffset, (uint)types);
        WriteUInt32(table, SymbolTableFormat.TypeCountOffset, (uint)_types.Count);
        WriteUInt32(table, SymbolTableFormat.FilesOffset, (uint)files);
        WriteUInt32(table, SymbolTableFormat.FileCountOffset, (uint)_files.Count);
    }

    private List<(uint Start, uint Offset)> EncodeRecords(ByteWriter output, int strings, int records, out int programBytes)
    {
        List<(uint, uint)> index = [];
        uint start = 0;
        int type = 0, file = 0, line = 0, nextName = strings;
        programBytes = 0;
        for (int i = 0; i < _source.Functions.Count; i++)
        {
            SymbolFunction function = _source.Functions[i];
            if (i % SymbolTableFormat.FunctionsPerBlock == 0)
            {
                index.Add((function.Start, (uint)(records + output.Length)));
                output.WriteVarint((uint)nextName);
                type = file = line = 0;
            }
            else
            {
                uint distance = function.Start - start;
                output.WriteVarint(distance % SymbolTableFormat.StartAlignmentBytes == 0
                    ? distance / SymbolTableFormat.StartAlignmentBytes << 1
                    : distance << 1 | SymbolTableFormat.StartIsUnaligned);
            }
            start = function.Start;

            int newType = _types.IndexOf((function.Name.Namespace, function.Name.Type));
            bool hasLines = function.Rows.Count > 0;
            int newFile = hasLines ? _files.IndexOf(function.Rows[0].File) : file;
            uint head = ByteWriter.Zigzag(newType - type) << SymbolTableFormat.HeadTypeShift;
            output.WriteVarint(head | (hasLines ? SymbolTableFormat.HeadHasLines : 0) | (newFile != file ? SymbolTableFormat.HeadFileChanged : 0));
            type = newType;

            int name = strings + _methodOffsets[function.Name.Method];
            output.WriteVarint(ByteWriter.Zigzag(name - nextName));
            if (name == nextName)
                nextName += 1 + _strings.Bytes[name - strings];

            if (!hasLines)
                continue;
            if (newFile != file)
                output.WriteVarint(ByteWriter.Zigzag(newFile - file));
            file = newFile;
            output.WriteVarint(ByteWriter.Zigzag(function.Rows[0].Line - line));
            line = function.Rows[0].Line;

            ByteWriter program = new();
            _lines.Encode(program, function.Rows, _files.IndexOf);
            output.WriteVarint((uint)program.Length);
            output.Write(program.Bytes);
            programBytes += program.Length;
        }
        return index;
    }

    private void AddMethod(string name)
    {
        if (!_methodOffsets.TryAdd(name, _strings.Length))
            return;
        ReadOnlySpan<byte> bytes = Encode(name);
        _strings.WriteByte((byte)bytes.Length);
        _strings.Write(bytes);
    }

    // Longest first, so that a shorter text finds itself in one that is already there.
    private void AddTexts()
    {
        List<string> texts = [.. _prefixes.Items];
        foreach ((_, string name) in _types.Items)
            texts.Add(name);
        foreach (SourceFile file in _files.Items)
            texts.Add(file.Name);
        texts.Sort(static (a, b) => a.Length != b.Length ? b.Length.CompareTo(a.Length) : string.CompareOrdinal(a, b));
        foreach (string text in texts)
        {
            if (_texts.ContainsKey(text))
                continue;
            byte[] bytes = Encode(text);
            int at = _strings.Bytes.IndexOf(bytes);
            if (at < 0)
            {
                at = _strings.Length;
                _strings.Write(bytes);
            }
            _texts.Add(text, (at, bytes.Length));
        }
    }

    // A length has one byte: longer names are cut, but not in the middle of a character.
    private static byte[] Encode(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int length = Math.Min(bytes.Length, byte.MaxValue);
        while (length < bytes.Length && length > 0 && (bytes[length] & 0xc0) == 0x80)
            length--;
        return bytes[..length];
    }

    private void WriteEntry(byte[] table, int at, int strings, string prefix, string name)
    {
        (int offset, int length) = _texts[name];
        WriteUInt32(table, at, (uint)(strings + offset) | (uint)length << SymbolTableFormat.StringLengthShift);
        table[at + SymbolTableFormat.EntryPrefixOffset] = (byte)_prefixes.IndexOf(prefix);
    }

    private static uint Checksum(byte[] table)
    {
        uint sum = SymbolTableFormat.ChecksumSeed;
        for (int i = 0; i < table.Length; i++)
            if (i is < SymbolTableFormat.ChecksumOffset or >= SymbolTableFormat.ChecksumOffset + sizeof(uint))
                sum = unchecked((sum ^ table[i]) * SymbolTableFormat.ChecksumPrime);
        return sum;
    }

    private static void WriteUInt32(byte[] table, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(offset), value);
}

/// <summary>Numbers distinct items in the order in which they come.</summary>
internal sealed class Indexed<T>
    where T : notnull
{
    private readonly Dictionary<T, int> _indexes = [];
    private readonly List<T> _items = [];

    /// <param name="first">Item 0.</param>
    public Indexed(T first) => Add(first);

    public IReadOnlyList<T> Items => _items;
    public int Count => _items.Count;

    public void Add(T item)
    {
        if (_indexes.TryAdd(item, _items.Count))
            _items.Add(item);
    }

    public int IndexOf(T item) => _indexes[item];
}
