// Reads the kernel's symbol table: which method, file and line a code address belongs to.
//
// A panic uses it, so it allocates nothing, takes no lock, and survives a table that memory corruption has changed: each
// offset is checked before use, each loop is bounded by the table's size, and what does not fit is "not found".
//
// Source: SymbolTableFormat.cs has the layout.
using System;
using System.Buffers.Binary;

namespace Commence.Lib.Symbols;

/// <summary>A view of a symbol table in memory (Linux: kallsyms).</summary>
/// <remarks>Context: any.</remarks>
public readonly ref struct SymbolTable
{
    private readonly ReadOnlySpan<byte> _bytes;

    private SymbolTable(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The address from which code offsets count, as the image was linked.</summary>
    public ulong BaseAddress =>
        Header(SymbolTableFormat.BaseAddressOffset) | (ulong)Header(SymbolTableFormat.BaseAddressOffset + sizeof(uint)) << 32;

    /// <summary>How many functions the table knows.</summary>
    public int FunctionCount => (int)Header(SymbolTableFormat.FunctionCountOffset);

    /// <summary>Code offsets below this one may have a function.</summary>
    public uint TextSizeBytes => Header(SymbolTableFormat.TextSizeOffset);

    /// <summary>Views <paramref name="bytes"/>, which may be longer than the table, as a symbol table.</summary>
    /// <returns>False if it is empty or something else, or was written by another version of the tool.</returns>
    public static bool TryOpen(ReadOnlySpan<byte> bytes, out SymbolTable table)
    {
        table = default;
        if (bytes.Length < SymbolTableFormat.HeaderSizeBytes)
            return false;

        uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice(SymbolTableFormat.TableSizeOffset, sizeof(uint)));
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != SymbolTableFormat.Magic ||
            BinaryPrimitives.ReadUInt16LittleEndian(bytes.Slice(SymbolTableFormat.VersionOffset, sizeof(ushort))) != SymbolTableFormat.Version ||
            bytes[SymbolTableFormat.LineRangeOffset] == 0 ||
            size < SymbolTableFormat.HeaderSizeBytes || size > (uint)bytes.Length)
            return false;

        table = new SymbolTable(bytes[..(int)size]);
        return true;
    }

    /// <summary>Whether the table is as the tool wrote it.</summary>
    public bool IsIntact()
    {
        uint sum = SymbolTableFormat.ChecksumSeed;
        for (int i = 0; i < _bytes.Length; i++)
        {
            if (i >= SymbolTableFormat.ChecksumOffset && i < SymbolTableFormat.ChecksumOffset + sizeof(uint))
                continue;
            sum = unchecked((sum ^ _bytes[i]) * SymbolTableFormat.ChecksumPrime);
        }
        return _bytes.Length > 0 && sum == Header(SymbolTableFormat.ChecksumOffset);
    }

    /// <summary>Finds the method that contains the code <paramref name="textOffset"/> bytes after <see cref="BaseAddress"/>.</summary>
    /// <returns>False if no method does, or the table is damaged there.</returns>
    /// <remarks>For a return address ask about the byte before it: the call, not what follows, is the line wanted, and after a
    /// call that never returns the next byte may belong to another method.</remarks>
    public bool TryFind(uint textOffset, out SymbolInfo symbol)
    {
        symbol = default;
        if (_bytes.IsEmpty || textOffset >= TextSizeBytes || !TryFindBlock(textOffset, out uint start, out uint records, out uint functionCount))
            return false;

        SymbolCursor cursor = new(_bytes[(int)records..]);
        Record found = default;
        Record record = new() { Start = start, NextName = cursor.ReadVarint() };
        bool isFound = false;
        for (uint i = 0; i < functionCount; i++)
        {
            ReadRecord(ref cursor, ref record, isFirst: i == 0);
            if (cursor.IsDamaged || record.Start > textOffset)
                break;
            found = record;
            isFound = true;
        }
        return isFound && TryDescribe(in found, textOffset, out symbol);
    }

    // A function's record, and what the next one's differences count from.
    private ref struct Record
    {
        internal uint Start;
        internal int Type;
        internal uint Name;      // offset of its string
        internal uint NextName;  // offset that a name not seen before has
        internal bool HasLines;
        internal int File;
        internal int Line;
        internal ReadOnlySpan<byte> Program;
    }

    private void ReadRecord(ref SymbolCursor cursor, ref Record record, bool isFirst)
    {
        if (!isFirst)
        {
            uint distance = cursor.ReadVarint();
            record.Start += (distance & SymbolTableFormat.StartIsUnaligned) != 0
                ? distance >> 1
                : (distance >> 1) * SymbolTableFormat.StartAlignmentBytes;
        }

        uint head = cursor.ReadVarint();
        record.Type += SymbolCursor.DecodeZigzag(head >> SymbolTableFormat.HeadTypeShift);
        record.Name = record.NextName + (uint)cursor.ReadZigzag();
        if (record.Name == record.NextName)
            record.NextName += 1 + (uint)StringAt(record.Name).Length;

        record.HasLines = (head & SymbolTableFormat.HeadHasLines) != 0;
        record.Program = default;
        if (!record.HasLines)
            return;
        if ((head & SymbolTableFormat.HeadFileChanged) != 0)
            record.File += cursor.ReadZigzag();
        record.Line += cursor.ReadZigzag();
        record.Program = cursor.Take(cursor.ReadVarint());
    }

    private bool TryDescribe(scoped in Record record, uint textOffset, out SymbolInfo symbol)
    {
        symbol = default;
        int file = 0, line = 0;
        if (record.HasLines)
        {
            file = record.File;
            line = record.Line;
            if (!TryRunProgram(record.Program, textOffset - record.Start, ref file, ref line))
                file = line = 0;
        }

        ReadOnlySpan<byte> method = StringAt(record.Name);
        if (method.IsEmpty)
            return false;
        Entry(SymbolTableFormat.TypesOffset, SymbolTableFormat.TypeCountOffset, record.Type, out ReadOnlySpan<byte> ns, out ReadOnlySpan<byte> type);
        Entry(SymbolTableFormat.FilesOffset, SymbolTableFormat.FileCountOffset, file, out ReadOnlySpan<byte> directory, out ReadOnlySpan<byte> fileName);
        symbol = new SymbolInfo
        {
            Namespace = ns,
            Type = type,
            Method = method,
            Directory = directory,
            File = fileName,
            Line = line < 0 ? 0 : line,
            Start = record.Start,
            Offset = textOffset - record.Start,
        };
        return true;
    }

    // Follows the rows up to the last one at or before the offset.
    private bool TryRunProgram(ReadOnlySpan<byte> program, uint offset, ref int file, ref int line)
    {
        int lineBase = (sbyte)_bytes[SymbolTableFormat.LineBaseOffset];
        int lineRange = _bytes[SymbolTableFormat.LineRangeOffset];
        SymbolCursor cursor = new(program);
        uint at = 0;
        int rowFile = file;
        while (!cursor.AtEnd)
        {
            int opcode = cursor.ReadByte();
            if (opcode == SymbolTableFormat.OpSetFile)
            {
                rowFile += cursor.ReadZigzag();
                continue;
            }

            uint distance;
            int difference;
            if (opcode == SymbolTableFormat.OpAdvance)
            {
                distance = cursor.ReadVarint();
                difference = cursor.ReadZigzag();
            }
            else
            {
                int special = opcode - SymbolTableFormat.OpSpecialFirst;
                distance = (uint)(special / lineRange) + 1;
                difference = special % lineRange + lineBase;
            }

            if (cursor.IsDamaged)
                return false;
            if (distance > offset - at)
                break;
            at += distance;
            line += difference;
            file = rowFile;
        }
        return !cursor.IsDamaged;
    }

    // The last block that begins at or before the offset; the first begins at the first function.
    private bool TryFindBlock(uint textOffset, out uint start, out uint records, out uint functionCount)
    {
        start = records = functionCount = 0;
        uint blocks = Header(SymbolTableFormat.BlocksOffset);
        uint count = Header(SymbolTableFormat.BlockCountOffset);
        if (!IsTable(blocks, count, SymbolTableFormat.BlockSizeBytes))
            return false;

        uint low = 0, high = count;
        while (low < high)
        {
            uint middle = low + (high - low) / 2;
            if (ReadUInt32((int)(blocks + middle * SymbolTableFormat.BlockSizeBytes)) <= textOffset)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == 0)
            return false;

        int row = (int)(blocks + (low - 1) * SymbolTableFormat.BlockSizeBytes);
        start = ReadUInt32(row);
        records = ReadUInt32(row + sizeof(uint));
        uint before = (low - 1) * SymbolTableFormat.FunctionsPerBlock;
        uint total = (uint)FunctionCount;
        functionCount = total <= before ? 0 : total - before;
        if (functionCount > SymbolTableFormat.FunctionsPerBlock)
            functionCount = SymbolTableFormat.FunctionsPerBlock;
        return records <= (uint)_bytes.Length;
    }

    // Entry `index` of the types or the files, and the prefix it stands under.
    private void Entry(int tableOffset, int countOffset, int index, out ReadOnlySpan<byte> prefix, out ReadOnlySpan<byte> name)
    {
        prefix = default;
        name = EntryText(tableOffset, countOffset, index, out byte prefixIndex);
        if (prefixIndex != 0)
            prefix = EntryText(SymbolTableFormat.PrefixesOffset, SymbolTableFormat.PrefixCountOffset, prefixIndex, out _);
    }

    private ReadOnlySpan<byte> EntryText(int tableOffset, int countOffset, int index, out byte prefixIndex)
    {
        prefixIndex = 0;
        uint table = Header(tableOffset);
        uint count = Header(countOffset);
        if (index <= 0 || (uint)index >= count || !IsTable(table, count, SymbolTableFormat.EntrySizeBytes))
            return default;

        int row = (int)table + index * SymbolTableFormat.EntrySizeBytes;
        uint text = ReadUInt32(row);
        prefixIndex = _bytes[row + SymbolTableFormat.EntryPrefixOffset];
        return Slice(text & SymbolTableFormat.StringOffsetMask, text >> SymbolTableFormat.StringLengthShift);
    }

    // A method's name: its length stands before it.
    private ReadOnlySpan<byte> StringAt(uint offset) =>
        offset >= (uint)_bytes.Length ? default : Slice(offset + 1, _bytes[(int)offset]);

    private ReadOnlySpan<byte> Slice(uint offset, uint length) =>
        offset > (uint)_bytes.Length || length > (uint)_bytes.Length - offset ? default : _bytes.Slice((int)offset, (int)length);

    private bool IsTable(uint offset, uint count, int rowSizeBytes) =>
        offset <= (uint)_bytes.Length && count <= ((uint)_bytes.Length - offset) / (uint)rowSizeBytes;

    private uint Header(int offset) => ReadUInt32(offset);

    private uint ReadUInt32(int offset) =>
        (uint)offset > (uint)_bytes.Length || _bytes.Length - offset < sizeof(uint)
            ? 0
            : BinaryPrimitives.ReadUInt32LittleEndian(_bytes.Slice(offset, sizeof(uint)));
}
