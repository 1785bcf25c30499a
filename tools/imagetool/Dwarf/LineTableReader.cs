// Runs the line-number programs of .debug_line, versions 2 to 5.  Source: DWARF 5 §6.2, DWARF 4 §6.2.
//
// ilc writes version 4 and one sequence for all managed code; clang writes version 5 and one sequence per section.
using System;
using System.Collections.Generic;
using Commence.ImageTool.Elf;

namespace Commence.ImageTool.Dwarf;

/// <summary>Makes a <see cref="LineTable"/> from an image's debug sections.</summary>
internal sealed class LineTableReader
{
    // DW_LNS_* and DW_LNE_*, DWARF 5 §7.22.
    private const byte Copy = 1, AdvancePc = 2, AdvanceLine = 3, SetFile = 4, SetColumn = 5, NegateStmt = 6, SetBasicBlock = 7,
        ConstAddPc = 8, FixedAdvancePc = 9, SetPrologueEnd = 10, SetEpilogueBegin = 11, SetIsa = 12;
    private const byte EndSequence = 1, SetAddress = 2, DefineFile = 3;

    // DW_LNCT_* and DW_FORM_*, DWARF 5 §7.22 and §7.5.6.
    private const ulong ContentPath = 1, ContentDirectoryIndex = 2;
    private const ulong FormBlock2 = 0x03, FormBlock4 = 0x04, FormData2 = 0x05, FormData4 = 0x06, FormData8 = 0x07, FormString = 0x08,
        FormBlock = 0x09, FormData1 = 0x0b, FormStrp = 0x0e, FormUdata = 0x0f, FormData16 = 0x1e, FormLineStrp = 0x1f;

    // The C# compiler's number for a line that a debugger should step over (Portable PDB, "Sequence Points Blob").
    private const long HiddenLine = 0xfeefee;

    private readonly ElfImage _image;
    private readonly List<string> _files = [];
    private readonly Dictionary<string, int> _fileIndexes = new(StringComparer.Ordinal);
    private readonly List<Row> _rows = [];
    private int _order;

    private LineTableReader(ElfImage image) => _image = image;

    private readonly record struct Row(ulong Address, int File, int Line, bool IsEnd, int Order);

    private struct Unit
    {
        public int Version;
        public bool Is64;
        public int AddressSize;
        public byte MinInstructionLength;
        public sbyte LineBase;
        public byte LineRange;
        public byte OpcodeBase;
        public byte[] OperandCounts;
        public List<string> Directories;
        public List<int> Files;   // indexes into _files
    }

    /// <summary>Reads all line programs of <paramref name="image"/>; an image without them gives an empty table.</summary>
    public static LineTable Read(ElfImage image)
    {
        LineTableReader reader = new(image);
        if (image.FindSection(".debug_line") is { } section)
        {
            DwarfCursor cursor = new(image.BytesOf(section));
            while (!cursor.AtEnd)
                reader.ReadUnit(ref cursor);
        }
        return new LineTable(reader._files, reader.SortedRows());
    }

    private void ReadUnit(ref DwarfCursor section)
    {
        ulong length = section.ReadUInt32();
        Unit unit = new() { Is64 = length == 0xffffffff, AddressSize = 8, Directories = [], Files = [] };
        if (unit.Is64)
            length = section.ReadUInt64();
        DwarfCursor cursor = section.Sub(length);

        unit.Version = cursor.ReadUInt16();
        if (unit.Version is < 2 or > 5)
            throw new BadInputException($"{_image.Name} has a DWARF line table of version {unit.Version}; 2 to 5 are known");
        if (unit.Version >= 5)
        {
            unit.AddressSize = cursor.ReadByte();
            cursor.ReadByte(); // segment selector size: always 0 on our machines
        }
        DwarfCursor header = cursor.Sub(cursor.ReadOffset(unit.Is64));
        ReadHeader(ref header, ref unit);
        RunProgram(ref cursor, in unit);
    }

    private void ReadHeader(ref DwarfCursor header, ref Unit unit)
    {
        unit.MinInstructionLength = header.ReadByte();
        if (unit.Version >= 4)
            header.ReadByte(); // maximum operations per instruction: only VLIW machines have more than 1
        header.ReadByte();     // default is_stmt: every row is wanted here, statement or not
        unit.LineBase = (sbyte)header.ReadByte();
        unit.LineRange = header.ReadByte();
        unit.OpcodeBase = header.ReadByte();
        if (unit.LineRange == 0 || unit.OpcodeBase == 0)
            throw new BadInputException($"{_image.Name} has a damaged DWARF line table header");
        unit.OperandCounts = header.Take((ulong)(unit.OpcodeBase - 1)).ToArray();

        if (unit.Version >= 5)
            ReadNamesV5(ref header, ref unit);
        else
            ReadNamesV2(ref header, ref unit);
    }

    // Versions 2 to 4: directory 0 is the compilation directory, which the line table does not give; files count from 1.
    private void ReadNamesV2(ref DwarfCursor header, ref Unit unit)
    {
        unit.Directories.Add("");
        while (header.ReadString() is { Length: > 0 } directory)
            unit.Directories.Add(directory);
        unit.Files.Add(-1);
        while (header.ReadString() is { Length: > 0 } name)
            ReadFileV2(ref header, ref unit, name);
    }

    private void ReadFileV2(ref DwarfCursor cursor, ref Unit unit, string name)
    {
        ulong directory = cursor.ReadUleb128();
        cursor.ReadUleb128(); // time
        cursor.ReadUleb128(); // length
        unit.Files.Add(FileIndex(in unit, directory, name));
    }

    // Version 5: both tables describe their own columns; both count from 0, and directory 0 is the compilation directory.
    private void ReadNamesV5(ref DwarfCursor header, ref Unit unit)
    {
        List<(string Path, ulong Directory)> rows = ReadEntries(ref header, unit.Is64);
        foreach ((string path, _) in rows)
            unit.Directories.Add(unit.Directories.Count == 0 ? path : Join(unit.Directories[0], path));
        foreach ((string path, ulong directory) in ReadEntries(ref header, unit.Is64))
            unit.Files.Add(FileIndex(in unit, directory, path));
    }

    private List<(string Path, ulong Directory)> ReadEntries(ref DwarfCursor header, bool is64)
    {
        int columnCount = header.ReadByte();
        List<(ulong Content, ulong Form)> columns = new(columnCount);
        for (int i = 0; i < columnCount; i++)
            columns.Add((header.ReadUleb128(), header.ReadUleb128()));

        ulong count = header.ReadUleb128();
        List<(string, ulong)> entries = [];
        for (ulong i = 0; i < count; i++)
        {
            string path = "";
            ulong directory = 0;
            foreach ((ulong content, ulong form) in columns)
            {
                (string text, ulong number) = ReadForm(ref header, form, is64);
                if (content == ContentPath)
                    path = text;
                else if (content == ContentDirectoryIndex)
                    directory = number;
            }
            entries.Add((path, directory));
        }
        return entries;
    }

    private (string Text, ulong Number) ReadForm(ref DwarfCursor cursor, ulong form, bool is64)
    {
        switch (form)
        {
            case FormString: return (cursor.ReadString(), 0);
            case FormLineStrp: return (StringOf(".debug_line_str", cursor.ReadOffset(is64)), 0);
            case FormStrp: return (StringOf(".debug_str", cursor.ReadOffset(is64)), 0);
            case FormData1: return ("", cursor.ReadByte());
            case FormData2: return ("", cursor.ReadUInt16());
            case FormData4: return ("", cursor.ReadUInt32());
            case FormData8: return ("", cursor.ReadUInt64());
            case FormUdata: return ("", cursor.ReadUleb128());
            case FormData16: cursor.Take(16); return ("", 0);
            case FormBlock: cursor.Take(cursor.ReadUleb128()); return ("", 0);
            case FormBlock2: cursor.Take(cursor.ReadUInt16()); return ("", 0);
            case FormBlock4: cursor.Take(cursor.ReadUInt32()); return ("", 0);
            default: throw new BadInputException($"{_image.Name}: the DWARF line table uses the unknown form 0x{form:x}");
        }
    }

    private string StringOf(string sectionName, ulong offset)
    {
        if (_image.FindSection(sectionName) is not { } section)
            throw new BadInputException($"{_image.Name}: the DWARF line table refers to {sectionName}, which is missing");
        DwarfCursor cursor = new(_image.BytesOf(section));
        cursor.Take(offset);
        return cursor.ReadString();
    }

    private void RunProgram(ref DwarfCursor cursor, in Unit unit)
    {
        Unit mutable = unit;
        ulong address = 0;
        ulong file = 1;
        long line = 1;
        while (!cursor.AtEnd)
        {
            byte opcode = cursor.ReadByte();
            if (opcode >= unit.OpcodeBase)
            {
                int adjusted = opcode - unit.OpcodeBase;
                address += (ulong)(adjusted / unit.LineRange) * unit.MinInstructionLength;
                line += unit.LineBase + adjusted % unit.LineRange;
                AddRow(in mutable, address, file, line);
                continue;
            }

            switch (opcode)
            {
                case 0:
                    DwarfCursor extended = cursor.Sub(cursor.ReadUleb128());
                    switch (extended.AtEnd ? (byte)0 : extended.ReadByte())
                    {
                        case EndSequence:
                            _rows.Add(new Row(address, -1, 0, true, _order++));
                            (address, file, line) = (0, 1, 1);
                            break;
                        case SetAddress: address = extended.ReadUnsigned(unit.AddressSize); break;
                        case DefineFile: ReadFileV2(ref extended, ref mutable, extended.ReadString()); break;
                    }
                    break;
                case Copy: AddRow(in mutable, address, file, line); break;
                case AdvancePc: address += cursor.ReadUleb128() * unit.MinInstructionLength; break;
                case AdvanceLine: line += cursor.ReadSleb128(); break;
                case SetFile: file = cursor.ReadUleb128(); break;
                case SetColumn or SetIsa: cursor.ReadUleb128(); break;
                case NegateStmt or SetBasicBlock or SetPrologueEnd or SetEpilogueBegin: break;
                case ConstAddPc: address += (ulong)((255 - unit.OpcodeBase) / unit.LineRange) * unit.MinInstructionLength; break;
                case FixedAdvancePc: address += cursor.ReadUInt16(); break;
                default:
                    for (int i = 0; i < unit.OperandCounts[opcode - 1]; i++)
                        cursor.ReadUleb128();
                    break;
            }
        }
    }

    private void AddRow(in Unit unit, ulong address, ulong file, long line)
    {
        if (line == HiddenLine)
            return; // the code belongs to the statement before it
        int index = file < (ulong)unit.Files.Count ? unit.Files[(int)file] : -1;
        bool isKnown = index >= 0 && line is > 0 and < int.MaxValue;
        _rows.Add(new Row(address, isKnown ? index : -1, isKnown ? (int)line : 0, false, _order++));
    }

    // Where several rows share an address the last one counts, but the end of one sequence must not hide the start of the next.
    private LineRow[] SortedRows()
    {
        _rows.Sort(static (a, b) =>
        {
            int order = a.Address.CompareTo(b.Address);
            if (order == 0)
                order = b.IsEnd.CompareTo(a.IsEnd);
            return order != 0 ? order : a.Order.CompareTo(b.Order);
        });
        List<LineRow> sorted = new(_rows.Count);
        foreach (Row row in _rows)
        {
            LineRow line = new(row.Address, row.File, row.Line);
            if (sorted.Count > 0 && sorted[^1].Address == row.Address)
                sorted[^1] = line;
            else
                sorted.Add(line);
        }
        return [.. sorted];
    }

    private int FileIndex(in Unit unit, ulong directory, string name)
    {
        string path = directory < (ulong)unit.Directories.Count ? Join(unit.Directories[(int)directory], name) : name;
        if (!_fileIndexes.TryGetValue(path, out int index))
        {
            index = _files.Count;
            _files.Add(path);
            _fileIndexes.Add(path, index);
        }
        return index;
    }

    private static string Join(string directory, string name) =>
        name.StartsWith('/') || directory.Length == 0 ? name : directory.EndsWith('/') ? directory + name : directory + "/" + name;
}
