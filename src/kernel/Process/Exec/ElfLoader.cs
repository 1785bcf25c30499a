// Maps an ELF program into a new address space.
//
//   executable      its addresses as they are
//   position-independent program     from 2/3 of user space on, moved by a random number of pages
//   dynamic linker  where mappings go
//
// Everything that the file says has been checked (ElfHeader, ElfLayout) before the first page is mapped.
// Source: System V ABI, generic, chapter 5 "Program Loading"; AMD64 supplement §5.1.
using System;
using Commence.Firmware;
using Commence.Firmware.Elf;
using Commence.Fs;
using Commence.Memory;
using Commence.Mm;

namespace Commence.Processes;

/// <summary>Loads ELF files.</summary>
internal static class ElfLoader
{
    private const ulong PageMask = Limits.PageSizeBytes - 1;
    private const int RandomPageBits = 28;      // as Linux on x86-64 (mmap_rnd_bits)
    private const int BreakRandomPageBits = 13; // up to 32 MiB

    /// <summary>Loads a program, and the dynamic linker that it asks for.</summary>
    /// <param name="view">Where the dynamic linker's path is looked up.</param>
    /// <param name="file">The program.</param>
    /// <param name="memory">The new address space; nobody else uses it.</param>
    /// <param name="image">Where things are.</param>
    /// <returns>ENOEXEC, EINVAL, ENOMEM, EIO, EACCES, ENOENT, ELIBBAD (a broken dynamic linker), or none.</returns>
    internal static Errno Load(in FsView view, File file, AddressSpace memory, out ProgramImage image)
    {
        image = default;
        Errno error = ReadHeaders(file, out ElfHeader header, out ElfLayout layout, out KBuffer table);
        if (error != Errno.None)
            return error;

        error = LoadProgram(in view, file, in header, in layout, table.Span, memory, out image);
        table.Free();
        return error;
    }

    private static Errno LoadProgram(
        in FsView view, File file, in ElfHeader header, in ElfLayout layout, ReadOnlySpan<byte> table, AddressSpace memory, out ProgramImage image)
    {
        image = default;
        ulong bias = header.Type == ElfType.Dynamic ? ChooseBias(in layout) : 0;
        Errno error = MapSegments(file, table, bias, memory);
        if (error != Errno.None)
            return error;

        image.Entry = new UserAddr(header.Entry + bias);
        image.Start = image.Entry;
        image.ProgramHeaders = new UserAddr(layout.ProgramHeadersAddress == 0 ? 0 : layout.ProgramHeadersAddress + bias);
        image.ProgramHeaderCount = header.ProgramHeaderCount;
        image.IsStackExecutable = layout.IsStackExecutable;
        ulong breakStart = (layout.BreakAddress + bias + PageMask) & ~PageMask;
        image.BreakStart = new UserAddr(breakStart + (RandomPages(BreakRandomPageBits) << Limits.PageShift));
        return layout.HasInterpreter ? LoadInterpreter(in view, file, in layout, memory, ref image) : Errno.None;
    }

    private static Errno LoadInterpreter(in FsView view, File file, in ElfLayout layout, AddressSpace memory, ref ProgramImage image)
    {
        if (!Kmalloc.TryAllocate(layout.InterpreterSize, out KBuffer path))
            return Errno.ENOMEM;

        Errno error = KernelFile.ReadExactly(file, (long)layout.InterpreterOffset, path.Span);
        if (error == Errno.None)
            error = LoadInterpreter(in view, path.Span, memory, ref image);
        path.Free();
        return error;
    }

    private static Errno LoadInterpreter(in FsView view, ReadOnlySpan<byte> path, AddressSpace memory, ref ProgramImage image)
    {
        int length = path.IndexOf((byte)0);
        if (length != path.Length - 1)
            return Errno.ENOEXEC; // its terminating zero must be its last byte

        Result<File> opened = ProgramFile.Open(in view, default, path[..length], WalkFlags.FollowLast);
        if (!opened.IsOk)
            return opened.Error;

        File file = opened.Value;
        Errno error = ReadHeaders(file, out ElfHeader header, out ElfLayout layout, out KBuffer table);
        if (error == Errno.None)
        {
            Result<ulong> bias = ReserveBias(in layout, memory);
            error = bias.IsOk ? MapSegments(file, table.Span, bias.Value, memory) : bias.Error;
            if (error == Errno.None)
            {
                image.InterpreterBase = new UserAddr(bias.Value);
                image.Start = new UserAddr(header.Entry + bias.Value);
            }

            table.Free();
        }

        file.Put();
        return error is Errno.ENOEXEC or Errno.EINVAL ? Errno.ELIBBAD : error;
    }

    private static Errno ReadHeaders(File file, out ElfHeader header, out ElfLayout layout, out KBuffer table)
    {
        header = default;
        layout = default;
        table = default;
        Span<byte> head = stackalloc byte[ElfHeader.SizeBytes];
        ulong length = (ulong)file.Inode!.Size;
        if (KernelFile.ReadExactly(file, 0, head) != Errno.None)
            return Errno.ENOEXEC;

        Errno error = ElfHeader.TryParse(head, length, UserAbi.Machine, out header, out _);
        if (error != Errno.None)
            return error;
        if (!Kmalloc.TryAllocate(header.ProgramHeadersSizeBytes, out table))
            return Errno.ENOMEM;

        error = KernelFile.ReadExactly(file, (long)header.ProgramHeaders, table.Span);
        if (error == Errno.None)
            error = ElfLayout.TryBuild(in header, table.Span, length, AddressLayout.UserEnd.Value, out layout, out _);
        if (error != Errno.None)
            table.Free();
        return error;
    }

    private static Errno MapSegments(File file, ReadOnlySpan<byte> table, ulong bias, AddressSpace memory)
    {
        Errno error = FileMapping.TryMake(file, out FileMapping? mapping);
        if (error != Errno.None)
            return error == Errno.ENODEV ? Errno.ENOEXEC : error;

        ElfSegments.Enumerator segments = new ElfSegments(table).GetEnumerator();
        while (error == Errno.None && segments.MoveNext())
        {
            ElfSegment segment = segments.Current;
            if (segment.Type == ElfSegmentType.Load && segment.MemorySize != 0)
                error = MapSegment(mapping!, segment, bias, memory);
        }

        mapping!.PutReference();
        return error;
    }

    private static Errno MapSegment(FileMapping mapping, ElfSegment segment, ulong bias, AddressSpace memory)
    {
        MapProtection protection = ToProtection(segment.Flags);
        ulong start = segment.Address + bias;
        ulong fileEnd = start + segment.FileSize;
        ulong memoryEnd = start + segment.MemorySize;
        if (segment.FileSize > 0)
        {
            ulong inPage = start & PageMask;
            Result<UserAddr> mapped = memory.Map(
                new UserAddr(start - inPage), segment.FileSize + inPage, protection, MapFlags.Private | MapFlags.Fixed, mapping, segment.Offset - inPage);
            if (!mapped.IsOk)
                return mapped.Error;
        }

        // The rest of the last page of the file, then pages of their own. A segment that cannot be written has no such rest.
        ulong zeroEnd = (fileEnd + PageMask) & ~PageMask;
        bool isWritable = (protection & MapProtection.Write) != 0;
        if (segment.FileSize > 0 && memoryEnd > fileEnd && isWritable && !TryZero(memory, fileEnd, Math.Min(zeroEnd, memoryEnd)))
            return Errno.ENOMEM;

        ulong anonymousStart = segment.FileSize > 0 ? zeroEnd : start & ~PageMask;
        if (memoryEnd <= anonymousStart)
            return Errno.None;
        return memory.Map(
            new UserAddr(anonymousStart), memoryEnd - anonymousStart, protection, MapFlags.Private | MapFlags.Fixed | MapFlags.Anonymous, null, 0).Error;
    }

    private static bool TryZero(AddressSpace memory, ulong start, ulong end)
    {
        Span<byte> zeros = stackalloc byte[256];
        zeros.Clear();
        while (start < end)
        {
            int length = (int)Math.Min(end - start, (ulong)zeros.Length);
            if (memory.WriteForeign(new UserAddr(start), zeros[..length]) != length)
                return false;
            start += (ulong)length;
        }

        return true;
    }

    // A position-independent program lies from 2/3 of user space on, far from mappings and from address 0.
    private static ulong ChooseBias(in ElfLayout layout)
    {
        ulong wanted = (AddressLayout.UserEnd.Value / 3 * 2) + (RandomPages(RandomPageBits) << Limits.PageShift);
        ulong aligned = wanted & ~(layout.Alignment - 1);
        return aligned - layout.Start;
    }

    // Finds room for a dynamic linker where mappings go: maps it as a whole, and gives the room back for its segments.
    private static Result<ulong> ReserveBias(in ElfLayout layout, AddressSpace memory)
    {
        ulong size = layout.End - layout.Start + (layout.Alignment - Limits.PageSizeBytes);
        Result<UserAddr> room = memory.Map(default, size, MapProtection.None, MapFlags.Private | MapFlags.Anonymous, null, 0);
        if (!room.IsOk)
            return room.Error;

        Errno error = memory.Unmap(room.Value, size);
        return error == Errno.None ? room.Value.AlignUp(layout.Alignment).Value - layout.Start : error;
    }

    private static ulong RandomPages(int bits) => RandomPool.Next() & ((1UL << bits) - 1);

    private static MapProtection ToProtection(ElfSegmentFlags flags)
    {
        MapProtection protection = MapProtection.None;
        if ((flags & ElfSegmentFlags.Read) != 0)
            protection |= MapProtection.Read;
        if ((flags & ElfSegmentFlags.Write) != 0)
            protection |= MapProtection.Write;
        if ((flags & ElfSegmentFlags.Execute) != 0)
            protection |= MapProtection.Execute;
        return protection;
    }
}
