// The layout of the kernel's symbol table, shared by the tool that writes it (tools/imagetool) and the reader in the kernel.
//
// All numbers are little-endian. Offsets count from the table's first byte, code offsets from the address in BaseAddress.
//
//   header    SizeBytes bytes: see the offsets below
//   prefixes  entries of namespaces and directories; entry 0 is empty
//   types     entries of type names, each under its namespace; entry 0 is empty
//   files     entries of file names, each under its directory; entry 0 is empty
//   blocks    8 bytes for each FunctionsPerBlock functions: u32 code offset of the first, u32 offset of its records
//   strings   UTF-8: the methods' names in the order of first use, each with its length in a byte before it, then the rest
//   records   for each block: varint offset of the string that a new method name would take, then for each function
//
// An entry is 5 bytes: u24 offset of the text, u8 its length, u8 its index in prefixes. Texts may share bytes: a type's name is
// mostly the beginning of its file's.
//
//     start     varint, left out for the first of a block: distance from the previous function, as (distance / 16) << 1
//               where it is a multiple of 16, else distance << 1 | 1
//     head      varint: zigzag(type - previous type) << 2 | has lines << 1 | file changed
//     name      varint: zigzag(offset of the name's string - offset where the next new name is)
//     file      varint, if it changed: zigzag(file - previous file)
//     line      varint, if it has lines: zigzag(first line - first line of the previous function that has lines)
//     length    varint, if it has lines: bytes of the program
//     program   the function's further rows: "from this code offset on it is that line"
//
//   program   opcode 0: varint, zigzag(file - current file) for the rows that follow
//             opcode 1: varint code distance, varint zigzag(line difference), then a row
//             others:   n = opcode - 2: code distance n / LineRange + 1, line difference n % LineRange + LineBase, then a row
//
// A block begins with type 0, file 0 and line 0. Varints are LEB128 of at most 32 bits. Line 0 means: not known.
namespace Commence.Lib.Symbols;

/// <summary>Offsets and constants of the symbol table; version 1.</summary>
internal static class SymbolTableFormat
{
    internal const uint Magic = 0x4d59534b; // "KSYM"
    internal const ushort Version = 1;
    internal const int FunctionsPerBlock = 16;
    internal const int BlockSizeBytes = 8;
    internal const int EntrySizeBytes = 5;
    internal const uint StringOffsetMask = 0x00ff_ffff;
    internal const int StringLengthShift = 24;
    internal const int EntryPrefixOffset = 4;

    // Header.
    internal const int MagicOffset = 0;
    internal const int VersionOffset = 4;
    internal const int LineBaseOffset = 6;   // sbyte
    internal const int LineRangeOffset = 7;  // byte
    internal const int TableSizeOffset = 8;
    internal const int ChecksumOffset = 12;  // FNV-1a of all bytes but these four
    internal const int BaseAddressOffset = 16; // u64
    internal const int TextSizeOffset = 24;
    internal const int FunctionCountOffset = 28;
    internal const int BlocksOffset = 32;
    internal const int BlockCountOffset = 36;
    internal const int PrefixesOffset = 40;
    internal const int PrefixCountOffset = 44;
    internal const int TypesOffset = 48;
    internal const int TypeCountOffset = 52;
    internal const int FilesOffset = 56;
    internal const int FileCountOffset = 60;
    internal const int HeaderSizeBytes = 64;

    // Records.
    internal const uint HeadFileChanged = 1;
    internal const uint HeadHasLines = 2;
    internal const int HeadTypeShift = 2;
    internal const uint StartIsUnaligned = 1;
    internal const uint StartAlignmentBytes = 16;

    // Line programs.
    internal const byte OpSetFile = 0;
    internal const byte OpAdvance = 1;
    internal const int OpSpecialFirst = 2;

    // FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/, "Parameters of the FNV-1/1a hash".
    internal const uint ChecksumSeed = 2166136261;
    internal const uint ChecksumPrime = 16777619;
}
