// Writes a symbol table to a file in the form that its extension asks for.
using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;
using Commence.ImageTool.Elf;

namespace Commence.ImageTool.Symbols;

/// <summary>The forms: <c>.o</c> an object to link, <c>.S</c> assembly source, anything else the bare table.</summary>
internal static class TableFile
{
    /// <summary>The section that holds the table.</summary>
    public const string SectionName = ".ksymtab";

    private const int AlignmentBytes = 8;

    /// <summary>Writes <paramref name="table"/> to <paramref name="path"/>, unless it already holds exactly that.</summary>
    /// <returns>Whether the file was written: an unchanged file keeps its time, so that nothing after it is built again.</returns>
    public static bool Write(string path, byte[] table, ushort machine)
    {
        byte[] contents = Path.GetExtension(path) switch
        {
            ".o" => ToObject(table, machine),
            ".S" or ".s" => Encoding.ASCII.GetBytes(ToAssembly(table)),
            _ => table,
        };
        try
        {
            if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(contents))
                return false;
            File.WriteAllBytes(path, contents);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"cannot write {path}: {error.Message}");
        }
    }

    private static string ToAssembly(byte[] table)
    {
        StringBuilder text = new($"\t.section {SectionName},\"a\",@progbits\n\t.balign {AlignmentBytes}\n");
        for (int at = 0; at < table.Length; at += 32)
        {
            text.Append("\t.byte ");
            for (int i = at; i < Math.Min(at + 32, table.Length); i++)
                text.Append(i == at ? "" : ",").Append(table[i]);
            text.Append('\n');
        }
        return text.ToString();
    }

    // A relocatable ELF file with one section of contents.  Source: gABI chapter 4.
    private static byte[] ToObject(byte[] table, ushort machine)
    {
        const int headerSize = 64, sectionSize = 64, sectionCount = 4;
        byte[] names = Encoding.ASCII.GetBytes($"\0{SectionName}\0.note.GNU-stack\0.shstrtab\0");
        int tableAt = headerSize;
        int namesAt = tableAt + table.Length;
        int sectionsAt = (namesAt + names.Length + AlignmentBytes - 1) / AlignmentBytes * AlignmentBytes;
        byte[] file = new byte[sectionsAt + sectionCount * sectionSize];

        "\u007fELF"u8.CopyTo(file);
        file[4] = 2; // 64-bit
        file[5] = 1; // little-endian
        file[6] = 1; // version
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(16), 1); // relocatable
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(18), machine);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(20), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(40), (ulong)sectionsAt);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(52), headerSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(58), sectionSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(60), sectionCount);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(62), sectionCount - 1);

        table.CopyTo(file, tableAt);
        names.CopyTo(file, namesAt);
        WriteSection(file.AsSpan(sectionsAt + sectionSize), names, SectionName, ElfConstants.SHT_PROGBITS, ElfConstants.SHF_ALLOC, tableAt, table.Length, AlignmentBytes);
        WriteSection(file.AsSpan(sectionsAt + 2 * sectionSize), names, ".note.GNU-stack", ElfConstants.SHT_PROGBITS, 0, namesAt, 0, 1);
        WriteSection(file.AsSpan(sectionsAt + 3 * sectionSize), names, ".shstrtab", ElfConstants.SHT_STRTAB, 0, namesAt, names.Length, 1);
        return file;
    }

    private static void WriteSection(Span<byte> header, byte[] names, string name, uint type, ulong flags, int offset, int size, int alignment)
    {
        int nameAt = names.AsSpan().IndexOf(Encoding.ASCII.GetBytes(name + "\0"));
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)nameAt);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], type);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)size);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], (ulong)alignment);
    }
}
