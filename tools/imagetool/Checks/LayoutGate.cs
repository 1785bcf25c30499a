// Memory is never both writable and executable, and the image needs no dynamic loader.
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Commence.ImageTool.Elf;

namespace Commence.ImageTool.Checks;

/// <summary>IMG020 to IMG025.</summary>
internal static class LayoutGate
{
    private const ulong PageSizeBytes = 4096;

    // XEN_ELFNOTE_PHYS32_ENTRY.  Source: Xen "include/public/elfnote.h".
    private const uint PvhNoteType = 18;

    // Source: Multiboot2 Specification 2.0 §3.1.1 "OS image format", §3.1.2 "The magic fields of Multiboot2 header".
    private const int Multiboot2SearchBytes = 32768;
    private const int Multiboot2HeaderBytes = 16;
    private const uint Multiboot2Magic = 0xE85250D6;

    public static IEnumerable<Violation> Check(ElfImage image)
    {
        foreach (ElfSegment segment in image.Segments)
            if (CheckSegment(segment) is { } violation)
                yield return violation;
        foreach (ElfSection section in image.Sections)
            if (CheckSection(section) is { } violation)
                yield return violation;
        foreach (Violation violation in CheckPages(image))
            yield return violation;
        if (image.Machine == ElfConstants.EM_X86_64 && !HasPvhNote(image))
            yield return new Violation(Rule.NoPvhNote, "PVH", "the image has no PVH note with an entry address");
        if (image.Machine == ElfConstants.EM_X86_64 && !HasMultiboot2Header(image.Head(Multiboot2SearchBytes)))
            yield return new Violation(Rule.NoMultiboot2Header, "multiboot2", "the image has no sound multiboot2 header where a loader looks for it");
    }

    private static Violation? CheckSegment(ElfSegment segment)
    {
        string name = $"0x{segment.Address:x}";
        return segment switch
        {
            { Type: ElfConstants.PT_TLS } => new Violation(Rule.ThreadLocal, "PT_TLS", $"there is a thread-local segment at {name}"),
            { Type: ElfConstants.PT_INTERP } => new Violation(Rule.Dynamic, "PT_INTERP", "the image asks for a dynamic loader"),
            { Type: ElfConstants.PT_DYNAMIC } => new Violation(Rule.Dynamic, "PT_DYNAMIC", "the image has a dynamic segment"),
            { IsWritable: true, IsExecutable: true } => new Violation(Rule.WritableCode, name,
                $"the segment at {name} ({segment.MemorySize} bytes) is writable and executable ({segment.Access})"),
            _ => null,
        };
    }

    private static Violation? CheckSection(ElfSection section)
    {
        if (!section.IsAllocated)
            return null;
        if (section.IsWritable && section.IsExecutable)
            return new Violation(Rule.WritableCode, section.Name, $"the section {section.Name} is writable and executable");
        if ((section.Flags & ElfConstants.SHF_TLS) != 0)
            return new Violation(Rule.ThreadLocal, section.Name, $"the section {section.Name} is thread-local");
        if (section.Type == ElfConstants.SHT_DYNAMIC)
            return new Violation(Rule.Dynamic, section.Name, $"the section {section.Name} is for a dynamic loader");
        return null;
    }

    // Protection is per page: two segments of different access on one page cannot both have theirs.
    private static IEnumerable<Violation> CheckPages(ElfImage image)
    {
        for (int i = 0; i < image.Segments.Count; i++)
        {
            for (int j = i + 1; j < image.Segments.Count; j++)
            {
                (ElfSegment a, ElfSegment b) = (image.Segments[i], image.Segments[j]);
                if (a.Type != ElfConstants.PT_LOAD || b.Type != ElfConstants.PT_LOAD || a.Flags == b.Flags || a.MemorySize == 0 || b.MemorySize == 0)
                    continue;
                if (a.Address / PageSizeBytes <= (b.Address + b.MemorySize - 1) / PageSizeBytes && b.Address / PageSizeBytes <= (a.Address + a.MemorySize - 1) / PageSizeBytes)
                    yield return new Violation(Rule.SharedPage, $"0x{b.Address:x}", $"the segments at 0x{a.Address:x} ({a.Access}) and 0x{b.Address:x} ({b.Access}) share a page");
            }
        }
    }

    // Elf64_Nhdr: name size, description size, type; name and description are padded to 4 bytes (gABI chapter 5, "Note Section").
    private static bool HasPvhNote(ElfImage image)
    {
        foreach (ElfSegment segment in image.Segments)
        {
            if (segment.Type != ElfConstants.PT_NOTE)
                continue;
            ReadOnlySpan<byte> notes = image.BytesOf(segment);
            while (notes.Length >= 12)
            {
                uint nameSize = BinaryPrimitives.ReadUInt32LittleEndian(notes);
                uint size = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
                uint type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
                ulong next = 12 + Padded(nameSize) + Padded(size);
                if (next > (ulong)notes.Length)
                    break;
                if (type == PvhNoteType && size is 4 or 8 && nameSize == 4 && notes.Slice(12, 4).SequenceEqual("Xen\0"u8))
                    return true;
                notes = notes[(int)next..];
            }
        }
        return false;
    }

    // magic, architecture, length of the header with its tags, and what makes the sum of the four zero.
    private static bool HasMultiboot2Header(ReadOnlySpan<byte> head)
    {
        for (int at = 0; at + Multiboot2HeaderBytes <= head.Length; at += 8)
        {
            ReadOnlySpan<byte> header = head[at..];
            uint magic = BinaryPrimitives.ReadUInt32LittleEndian(header);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
            uint sum = magic + BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) + length + BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
            if (magic == Multiboot2Magic)
                return sum == 0 && length <= (uint)header.Length;
        }
        return false;
    }

    private static ulong Padded(uint size) => ((ulong)size + 3) & ~3ul;
}
