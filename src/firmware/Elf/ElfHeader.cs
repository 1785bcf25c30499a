// The ELF-64 file header and program headers, as far as running a program needs them.
//
//   header, 64 bytes                                    program header, 56 bytes
//    0  7F "ELF", class 2, data 1, version 1             0  type u32     32  file size u64
//   16  type u16      18  machine u16                    4  flags u32    40  memory size u64
//   20  version u32   24  entry u64                      8  offset u64   48  alignment u64
//   32  program header offset u64                       16  virtual address u64
//   54  its entry size u16    56  its entry count u16   24  physical address u64
//
// The errors are those of Linux's execve: ENOEXEC for what is no program for this machine, EINVAL for a program whose
// segments cannot be mapped as they ask.
// Source: System V ABI, generic, chapter 4 "ELF Header" and chapter 5 "Program Header"; AMD64 supplement.
using System;

namespace Commence.Firmware.Elf;

/// <summary>The processor that a file's code is for.</summary>
public enum ElfMachine : ushort
{
    X64 = 62,
    Arm64 = 183,
}

public enum ElfType : ushort
{
    /// <summary>Linked at fixed addresses.</summary>
    Executable = 2,

    /// <summary>Position-independent: a PIE, a static PIE or a dynamic linker.</summary>
    Dynamic = 3,
}

/// <summary>A header that promises a program for this machine.</summary>
public readonly struct ElfHeader
{
    public const int SizeBytes = 64;

    /// <summary>As in Linux, program headers take at most this.</summary>
    public const int ProgramHeadersSizeBytesMax = 65536;

    private const int ClassOffset = 4;
    private const int DataOffset = 5;
    private const int IdentVersionOffset = 6;
    private const int TypeOffset = 16;
    private const int MachineOffset = 18;
    private const int VersionOffset = 20;
    private const int EntryOffset = 24;
    private const int ProgramHeaderOffset = 32;
    private const int ProgramHeaderSizeOffset = 54;
    private const int ProgramHeaderCountOffset = 56;
    private const byte Class64 = 2;
    private const byte LittleEndian = 1;
    private const byte CurrentVersion = 1;

    public ElfType Type { get; private init; }

    /// <summary>Where the program starts, before relocation.</summary>
    public ulong Entry { get; private init; }

    /// <summary>Where the program headers lie in the file.</summary>
    public ulong ProgramHeaders { get; private init; }

    public int ProgramHeaderCount { get; private init; }

    public int ProgramHeadersSizeBytes => ProgramHeaderCount * ElfSegment.SizeBytes;

    /// <summary>Says whether a file begins like any ELF file, to choose among formats.</summary>
    public static bool HasSignature(ReadOnlySpan<byte> file) => file.Length >= 4 && file[0] == 0x7F && file.Slice(1).StartsWith("ELF"u8);

    /// <summary>Reads the header at the start of a file.</summary>
    /// <param name="file">The file's first bytes, at least 64.</param>
    /// <param name="fileLength">The file's whole length.</param>
    /// <param name="machine">The processor that is to run it.</param>
    /// <param name="header">The header.</param>
    /// <param name="fault">What is wrong, and where.</param>
    /// <returns><see cref="Errno.None"/>, or <see cref="Errno.ENOEXEC"/>.</returns>
    public static Errno TryParse(
        ReadOnlySpan<byte> file, ulong fileLength, ElfMachine machine, out ElfHeader header, out ParseFault fault)
    {
        header = default;
        fault = Check(file, fileLength, machine);
        if (fault.IsFault)
            return Errno.ENOEXEC;

        header = new ElfHeader
        {
            Type = (ElfType)file.U16(TypeOffset),
            Entry = file.U64(EntryOffset),
            ProgramHeaders = file.U64(ProgramHeaderOffset),
            ProgramHeaderCount = file.U16(ProgramHeaderCountOffset),
        };
        return Errno.None;
    }

    private static ParseFault Check(ReadOnlySpan<byte> file, ulong fileLength, ElfMachine machine)
    {
        if (file.Length < SizeBytes || fileLength < SizeBytes)
            return Fault(FaultKind.Truncated, 0, (ulong)file.Length);
        if (!HasSignature(file))
            return Fault(FaultKind.BadSignature, 0, file.U32(0));
        if (file[ClassOffset] != Class64)
            return Fault(FaultKind.Unsupported, ClassOffset, file[ClassOffset]);
        if (file[DataOffset] != LittleEndian)
            return Fault(FaultKind.Unsupported, DataOffset, file[DataOffset]);
        if (file[IdentVersionOffset] != CurrentVersion || file.U32(VersionOffset) != CurrentVersion)
            return Fault(FaultKind.BadRevision, IdentVersionOffset, file[IdentVersionOffset]);
        if (file.U16(TypeOffset) is not ((ushort)ElfType.Executable or (ushort)ElfType.Dynamic))
            return Fault(FaultKind.Unsupported, TypeOffset, file.U16(TypeOffset));
        if (file.U16(MachineOffset) != (ushort)machine)
            return Fault(FaultKind.Unsupported, MachineOffset, file.U16(MachineOffset));
        return CheckProgramHeaders(file, fileLength);
    }

    private static ParseFault CheckProgramHeaders(ReadOnlySpan<byte> file, ulong fileLength)
    {
        ushort size = file.U16(ProgramHeaderSizeOffset);
        if (size != ElfSegment.SizeBytes)
            return Fault(FaultKind.BadLength, ProgramHeaderSizeOffset, size);

        ushort count = file.U16(ProgramHeaderCountOffset);
        uint sizeBytes = (uint)count * ElfSegment.SizeBytes;
        if (count == 0 || sizeBytes > ProgramHeadersSizeBytesMax)
            return Fault(FaultKind.BadCount, ProgramHeaderCountOffset, count);

        ulong offset = file.U64(ProgramHeaderOffset);
        bool isInside = offset <= fileLength && sizeBytes <= fileLength - offset;
        return isInside ? default : Fault(FaultKind.Truncated, ProgramHeaderOffset, offset);
    }

    private static ParseFault Fault(FaultKind kind, int offset, ulong value) => new(FirmwarePart.Elf, kind, (ulong)offset, value);
}
