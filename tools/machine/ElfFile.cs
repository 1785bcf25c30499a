// As much of ELF as a host asks: is a program static, where does an image lie.
// Source: System V ABI, "ELF-64 Object File Format", file header and program header.
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Commence.Machine;

/// <summary>One program header of a 64-bit ELF file.</summary>
/// <param name="Type">What it is.</param>
/// <param name="VirtualAddress">Where it appears.</param>
/// <param name="PhysicalAddress">Where it is loaded.</param>
/// <param name="MemorySize">How many bytes it takes there.</param>
public readonly record struct ElfSegment(uint Type, ulong VirtualAddress, ulong PhysicalAddress, ulong MemorySize)
{
    private const uint PtLoad = 1;
    private const uint PtInterp = 3;

    /// <summary>Whether it is loaded.</summary>
    public bool IsLoaded => Type == PtLoad;

    /// <summary>Whether it names a dynamic linker.</summary>
    public bool IsInterpreter => Type == PtInterp;

    /// <summary>Whether <paramref name="address"/> is in it.</summary>
    public bool Contains(ulong address) => address >= VirtualAddress && address - VirtualAddress < MemorySize;
}

/// <summary>Looks into ELF files.</summary>
public static class ElfFile
{
    private const int HeaderLength = 64;
    private const int TableOffset = 32;
    private const int TableCount = 56;

    private const int SegmentLength = 56;
    private const int SegmentVirtualAddress = 16;
    private const int SegmentPhysicalAddress = 24;
    private const int SegmentMemorySize = 40;

    /// <summary>Reads the program headers; none if <paramref name="path"/> is not a 64-bit ELF file or is cut off.</summary>
    public static IReadOnlyList<ElfSegment> ReadSegments(string path)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> header = stackalloc byte[HeaderLength];
        if (file.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false) < HeaderLength || !header.StartsWith("\u007fELF\u0002"u8))
            return [];

        file.Position = (long)(BinaryPrimitives.ReadUInt64LittleEndian(header[TableOffset..]) & long.MaxValue);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[TableCount..]);
        List<ElfSegment> segments = [];
        Span<byte> segment = stackalloc byte[SegmentLength];
        while (segments.Count < count && file.ReadAtLeast(segment, SegmentLength, throwOnEndOfStream: false) == SegmentLength)
        {
            segments.Add(new ElfSegment(
                BinaryPrimitives.ReadUInt32LittleEndian(segment),
                BinaryPrimitives.ReadUInt64LittleEndian(segment[SegmentVirtualAddress..]),
                BinaryPrimitives.ReadUInt64LittleEndian(segment[SegmentPhysicalAddress..]),
                BinaryPrimitives.ReadUInt64LittleEndian(segment[SegmentMemorySize..])));
        }
        return segments;
    }

    /// <summary>Whether <paramref name="path"/> is a program that needs a dynamic linker.</summary>
    public static bool IsDynamic(string path) => ReadSegments(path).Any(static segment => segment.IsInterpreter);

    /// <summary>The physical address at which an image ends; 0 if it is none.</summary>
    public static ulong LoadEnd(string path) =>
        ReadSegments(path).Where(static segment => segment.IsLoaded).Max(static segment => (ulong?)(segment.PhysicalAddress + segment.MemorySize)) ?? 0;
}
