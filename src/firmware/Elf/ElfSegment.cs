// One program header.  Source: System V ABI, generic, chapter 5 "Program Header".
using System;

namespace Commence.Firmware.Elf;

public enum ElfSegmentType : uint
{
    Null = 0,
    Load = 1,
    Dynamic = 2,

    /// <summary>The path of the dynamic linker.</summary>
    Interpreter = 3,
    Note = 4,
    ProgramHeaders = 6,
    Tls = 7,
    GnuEhFrame = 0x6474_E550,

    /// <summary>Its flags say whether the stack is to be executable.</summary>
    GnuStack = 0x6474_E551,
    GnuRelro = 0x6474_E552,
    GnuProperty = 0x6474_E553,
}

[Flags]
public enum ElfSegmentFlags : uint
{
    None = 0,
    Execute = 1,
    Write = 2,
    Read = 4,
}

/// <summary>A part of the file and where it belongs in memory. Nothing in it has been checked.</summary>
public readonly struct ElfSegment
{
    public const int SizeBytes = 56;

    public ElfSegmentType Type { get; private init; }

    public ElfSegmentFlags Flags { get; private init; }

    /// <summary>Where its bytes lie in the file.</summary>
    public ulong Offset { get; private init; }

    public ulong Address { get; private init; }

    public ulong FileSize { get; private init; }

    /// <summary>What exceeds <see cref="FileSize"/> is zero.</summary>
    public ulong MemorySize { get; private init; }

    public ulong Alignment { get; private init; }

    /// <summary>Reads the header at the start of <paramref name="entry"/>.</summary>
    public static bool TryParse(ReadOnlySpan<byte> entry, out ElfSegment segment)
    {
        segment = default;
        if (entry.Length < SizeBytes)
            return false;

        segment = new ElfSegment
        {
            Type = (ElfSegmentType)entry.U32(0),
            Flags = (ElfSegmentFlags)entry.U32(4),
            Offset = entry.U64(8),
            Address = entry.U64(16),
            FileSize = entry.U64(32),
            MemorySize = entry.U64(40),
            Alignment = entry.U64(48),
        };
        return true;
    }
}

/// <summary>A program header table: <c>foreach (ElfSegment segment in new ElfSegments(bytes))</c>.</summary>
public readonly ref struct ElfSegments
{
    private readonly ReadOnlySpan<byte> _table;

    /// <param name="table">The table's bytes; a remainder behind the last whole entry is ignored.</param>
    public ElfSegments(ReadOnlySpan<byte> table) => _table = table;

    public int Count => _table.Length / ElfSegment.SizeBytes;

    public Enumerator GetEnumerator() => new(_table);

    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _table;
        private ElfSegment _current;
        private int _next;

        internal Enumerator(ReadOnlySpan<byte> table)
        {
            _table = table;
            _current = default;
            _next = 0;
        }

        public readonly ElfSegment Current => _current;

        /// <summary>Where <see cref="Current"/> lies in the table.</summary>
        public readonly int Offset => _next - ElfSegment.SizeBytes;

        public bool MoveNext()
        {
            if (!ElfSegment.TryParse(_table.Slice(_next), out _current))
                return false;

            _next += ElfSegment.SizeBytes;
            return true;
        }
    }
}
