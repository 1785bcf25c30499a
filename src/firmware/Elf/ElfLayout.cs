// What the program headers of an executable ask for, checked as a whole before anything is mapped.
//
// After a successful parse these hold, so that the loader need not check again: every PT_LOAD lies within the file and below
// the end of user space, its file size is not above its memory size, its file offset and its address agree modulo the page
// size, no sum overflows, and at least one PT_LOAD exists.
using System;
using System.Numerics;

namespace Commence.Firmware.Elf;

/// <summary>The sum of an executable's program headers.</summary>
public readonly struct ElfLayout
{
    /// <summary>Linux: <c>PATH_MAX</c>, the interpreter's terminating zero included.</summary>
    private const ulong InterpreterSizeMax = 4096;
    private const ulong PageMask = Limits.PageSizeBytes - 1;

    /// <summary>The lowest address of any PT_LOAD, rounded down to a page.</summary>
    public ulong Start { get; private init; }

    /// <summary>The end of the highest PT_LOAD, rounded up to a page.</summary>
    public ulong End { get; private init; }

    /// <summary>The end of the highest PT_LOAD as it is: the heap begins behind it (Linux: <c>mm->brk</c>).</summary>
    public ulong BreakAddress { get; private init; }

    /// <summary>The largest alignment that a PT_LOAD asks for; at least a page.</summary>
    public ulong Alignment { get; private init; }

    /// <summary>Where the program headers will be in memory, before relocation, for AT_PHDR; 0 if no PT_LOAD holds them.</summary>
    public ulong ProgramHeadersAddress { get; private init; }

    /// <summary>The program needs a dynamic linker.</summary>
    public bool HasInterpreter { get; private init; }

    /// <summary>Where the dynamic linker's path lies in the file; it ends in a zero byte.</summary>
    public ulong InterpreterOffset { get; private init; }

    /// <summary>The path's size, its zero included.</summary>
    public int InterpreterSize { get; private init; }

    /// <summary>The program wants an executable stack. One that says nothing does not get it, as in Linux from 5.8 on.</summary>
    public bool IsStackExecutable { get; private init; }

    /// <summary>The program says by PT_GNU_STACK what its stack is to be.</summary>
    public bool HasStackFlags { get; private init; }

    /// <summary>The template of thread-local storage; of type null if there is none.</summary>
    public ElfSegment Tls { get; private init; }

    /// <summary>Checks the program headers of a file.</summary>
    /// <param name="header">The file's header.</param>
    /// <param name="table">The program headers' bytes, as <see cref="ElfHeader.ProgramHeadersSizeBytes"/> says.</param>
    /// <param name="fileLength">The file's whole length.</param>
    /// <param name="userEnd">The first address behind user space, on a page boundary.</param>
    /// <param name="layout">The layout.</param>
    /// <param name="fault">What is wrong; its offset counts from the file's start.</param>
    /// <returns><see cref="Errno.None"/>, <see cref="Errno.ENOEXEC"/> or <see cref="Errno.EINVAL"/>.</returns>
    public static Errno TryBuild(
        in ElfHeader header, ReadOnlySpan<byte> table, ulong fileLength, ulong userEnd, out ElfLayout layout, out ParseFault fault)
    {
        layout = default;
        var builder = new Builder(header.ProgramHeaders, fileLength, userEnd);
        if (table.Length < header.ProgramHeadersSizeBytes)
        {
            fault = new ParseFault(FirmwarePart.Elf, FaultKind.Truncated, header.ProgramHeaders, (ulong)table.Length);
            return Errno.ENOEXEC;
        }

        ElfSegments.Enumerator segments = new ElfSegments(table.Slice(0, header.ProgramHeadersSizeBytes)).GetEnumerator();
        while (segments.MoveNext())
        {
            Errno error = builder.Add(segments.Current, header.ProgramHeaders + (ulong)segments.Offset, out fault);
            if (error != Errno.None)
                return error;
        }

        return builder.Finish(out layout, out fault);
    }

    private struct Builder(ulong headersOffset, ulong fileLength, ulong userEnd)
    {
        private readonly ulong _headersOffset = headersOffset;
        private readonly ulong _fileLength = fileLength;
        private readonly ulong _userEnd = userEnd;
        private ulong _start = ulong.MaxValue;
        private ulong _break;
        private ulong _alignment = Limits.PageSizeBytes;
        private ulong _headersAddress;
        private bool _hasHeadersSegment;
        private ElfSegment _interpreter;
        private ElfSegment _stack;
        private ElfSegment _tls;

        public Errno Add(ElfSegment segment, ulong at, out ParseFault fault)
        {
            fault = default;
            switch (segment.Type)
            {
                case ElfSegmentType.Load:
                    return AddLoad(segment, at, out fault);
                case ElfSegmentType.Interpreter when _interpreter.Type == ElfSegmentType.Null: // Linux takes the first
                    return AddInterpreter(segment, at, out fault);
                case ElfSegmentType.GnuStack:
                    _stack = segment;
                    return Errno.None;
                case ElfSegmentType.Tls:
                    _tls = segment;
                    return CheckFileRange(segment, at, Errno.ENOEXEC, out fault);
                case ElfSegmentType.ProgramHeaders:
                    _headersAddress = segment.Address;
                    _hasHeadersSegment = true;
                    return Errno.None;
                default:
                    return Errno.None; // of no concern to the loader
            }
        }

        public readonly Errno Finish(out ElfLayout layout, out ParseFault fault)
        {
            layout = default;
            fault = default;
            if (_break == 0)
            {
                fault = new ParseFault(FirmwarePart.Elf, FaultKind.Missing, _headersOffset, (ulong)ElfSegmentType.Load);
                return Errno.ENOEXEC;
            }

            layout = new ElfLayout
            {
                Start = _start & ~PageMask,
                End = (_break + PageMask) & ~PageMask,
                BreakAddress = _break,
                Alignment = _alignment,
                ProgramHeadersAddress = _headersAddress,
                HasInterpreter = _interpreter.Type == ElfSegmentType.Interpreter,
                InterpreterOffset = _interpreter.Offset,
                InterpreterSize = (int)_interpreter.FileSize,
                HasStackFlags = _stack.Type == ElfSegmentType.GnuStack,
                IsStackExecutable = (_stack.Flags & ElfSegmentFlags.Execute) != 0,
                Tls = _tls,
            };
            return Errno.None;
        }

        private Errno AddLoad(ElfSegment segment, ulong at, out ParseFault fault)
        {
            fault = default;
            if (segment.MemorySize == 0 && segment.FileSize == 0)
                return Errno.None; // nothing to map

            Errno error = CheckLoad(segment, at, out fault);
            if (error != Errno.None)
                return error;

            _start = Math.Min(_start, segment.Address);
            _break = Math.Max(_break, segment.Address + segment.MemorySize);
            if (BitOperations.IsPow2(segment.Alignment))
                _alignment = Math.Max(_alignment, segment.Alignment); // Linux too ignores others
            NoteHeaders(segment);
            return Errno.None;
        }

        // Without a PT_PHDR the headers are where the segment that holds their bytes puts them.
        private void NoteHeaders(ElfSegment segment)
        {
            bool holdsHeaders = segment.Offset <= _headersOffset && _headersOffset - segment.Offset < segment.FileSize;
            if (holdsHeaders && !_hasHeadersSegment && _headersAddress == 0)
                _headersAddress = segment.Address + (_headersOffset - segment.Offset);
        }

        private readonly Errno CheckLoad(ElfSegment segment, ulong at, out ParseFault fault)
        {
            const int addressField = 16;
            const int memorySizeField = 40;
            fault = default;
            if (segment.FileSize > segment.MemorySize)
                fault = new ParseFault(FirmwarePart.Elf, FaultKind.BadLength, at + memorySizeField, segment.MemorySize);
            else if (segment.Address >= _userEnd || segment.MemorySize > _userEnd - segment.Address)
                fault = new ParseFault(FirmwarePart.Elf, FaultKind.Overflow, at + addressField, segment.Address);
            else if (((segment.Address ^ segment.Offset) & PageMask) != 0)
                fault = new ParseFault(FirmwarePart.Elf, FaultKind.BadValue, at + addressField, segment.Address);
            return fault.IsFault ? Errno.EINVAL : CheckFileRange(segment, at, Errno.ENOEXEC, out fault);
        }

        private Errno AddInterpreter(ElfSegment segment, ulong at, out ParseFault fault)
        {
            const int fileSizeField = 32;
            _interpreter = segment;
            if (segment.FileSize is < 2 or > InterpreterSizeMax)
            {
                fault = new ParseFault(FirmwarePart.Elf, FaultKind.BadLength, at + fileSizeField, segment.FileSize);
                return Errno.ENOEXEC;
            }

            return CheckFileRange(segment, at, Errno.ENOEXEC, out fault);
        }

        private readonly Errno CheckFileRange(ElfSegment segment, ulong at, Errno error, out ParseFault fault)
        {
            const int offsetField = 8;
            bool isInside = segment.Offset <= _fileLength && segment.FileSize <= _fileLength - segment.Offset;
            fault = isInside ? default : new ParseFault(FirmwarePart.Elf, FaultKind.Truncated, at + offsetField, segment.Offset);
            return isInside ? Errno.None : error;
        }
    }
}
