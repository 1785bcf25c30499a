// Tells whether a program brings everything along: an ELF file without PT_INTERP is static.
// Source: System V ABI, "ELF-64 Object File Format", file header and program header.
using System;
using System.Buffers.Binary;
using System.IO;

namespace Commence.Machine.Initramfs;

/// <summary>Looks into ELF files.</summary>
public static class ElfFile
{
    private const int HeaderLength = 64;
    private const int ProgramHeaderLength = 56;
    private const int ProgramHeaderOffset = 32;
    private const int ProgramHeaderCount = 56;
    private const uint PtInterp = 3;

    /// <summary>Whether <paramref name="path"/> is a 64-bit ELF file that needs a dynamic linker.</summary>
    public static bool IsDynamic(string path)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> header = stackalloc byte[HeaderLength];
        if (file.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false) < HeaderLength || !header.StartsWith("\x7FELF\x02"u8))
            return false;

        file.Position = (long)BinaryPrimitives.ReadUInt64LittleEndian(header[ProgramHeaderOffset..]) & long.MaxValue;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[ProgramHeaderCount..]);
        Span<byte> segment = stackalloc byte[ProgramHeaderLength];
        for (int i = 0; i < count; i++)
        {
            if (file.ReadAtLeast(segment, ProgramHeaderLength, throwOnEndOfStream: false) < ProgramHeaderLength)
                return false;
            if (BinaryPrimitives.ReadUInt32LittleEndian(segment) == PtInterp)
                return true;
        }
        return false;
    }
}
