// The parts of the ELF64 format that the tool reads.  Source: System V ABI (gABI) chapters 4 and 5.
namespace Commence.ImageTool.Elf;

/// <summary>Numbers of the ELF format, under the specification's names.</summary>
internal static class ElfConstants
{
    public const ushort EM_X86_64 = 62;
    public const ushort EM_AARCH64 = 183;

    public const uint PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3, PT_NOTE = 4, PT_TLS = 7;
    public const uint PF_X = 1, PF_W = 2, PF_R = 4;

    public const uint SHT_PROGBITS = 1, SHT_SYMTAB = 2, SHT_STRTAB = 3, SHT_RELA = 4, SHT_DYNAMIC = 6, SHT_NOTE = 7, SHT_NOBITS = 8;
    public const ulong SHF_WRITE = 1, SHF_ALLOC = 2, SHF_EXECINSTR = 4, SHF_TLS = 0x400;

    public const ushort SHN_UNDEF = 0, SHN_LORESERVE = 0xff00, SHN_ABS = 0xfff1;
    public const byte STT_NOTYPE = 0, STT_OBJECT = 1, STT_FUNC = 2, STT_SECTION = 3, STT_FILE = 4;
    public const byte STB_LOCAL = 0, STB_GLOBAL = 1, STB_WEAK = 2;
}

/// <summary>A program header.</summary>
internal sealed record ElfSegment(uint Type, uint Flags, ulong Offset, ulong Address, ulong PhysicalAddress, ulong FileSize, ulong MemorySize)
{
    public bool IsWritable => (Flags & ElfConstants.PF_W) != 0;
    public bool IsExecutable => (Flags & ElfConstants.PF_X) != 0;
    public string Access => $"{((Flags & ElfConstants.PF_R) != 0 ? 'R' : '-')}{(IsWritable ? 'W' : '-')}{(IsExecutable ? 'X' : '-')}";
}

/// <summary>A section header; <paramref name="Index"/> is its place in the table.</summary>
internal sealed record ElfSection(int Index, string Name, uint Type, ulong Flags, ulong Address, ulong Offset, ulong Size, uint Link, uint Info)
{
    public bool IsAllocated => (Flags & ElfConstants.SHF_ALLOC) != 0;
    public bool IsWritable => (Flags & ElfConstants.SHF_WRITE) != 0;
    public bool IsExecutable => (Flags & ElfConstants.SHF_EXECINSTR) != 0;
    public bool HasBytes => Type != ElfConstants.SHT_NOBITS;

    public bool Contains(ulong address) => address >= Address && address - Address < Size;
}

/// <summary>A symbol of <c>.symtab</c>.</summary>
internal readonly record struct ElfSymbol(string Name, ulong Value, ulong Size, byte Type, byte Binding, ushort SectionIndex)
{
    public bool IsUndefined => SectionIndex == ElfConstants.SHN_UNDEF;
    public bool IsFunction => Type == ElfConstants.STT_FUNC;
}

/// <summary>A relocation with addend: the field at <paramref name="Offset"/> of its section refers to a symbol.</summary>
internal readonly record struct ElfRelocation(ulong Offset, int SymbolIndex);
