// ELF files made by hand, one broken in each way, and the real one that runs these tests.
using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Commence.Firmware;
using Commence.Firmware.Elf;
using Xunit;

namespace Commence.Tests.Firmware;

public class ElfTests
{
    private const ulong UserEnd = 0x7FFF_FFFF_F000;

    internal static byte[] Segment(
        ElfSegmentType type, uint flags, ulong offset, ulong address, ulong fileSize, ulong memorySize, ulong alignment = 0x1000) =>
        [.. Tables.Bytes((uint)type, flags), .. Tables.Bytes64(offset, address, address, fileSize, memorySize, alignment)];

    internal static byte[] File_(ElfType type, params byte[][] segments)
    {
        byte[] file = new byte[0x3000];
        "\u007FELF"u8.CopyTo(file);
        file[4] = 2;
        file[5] = 1;
        file[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(16), (ushort)type);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(18), (ushort)ElfMachine.X64);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(20), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(24), 0x401020);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(52), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(56), (ushort)segments.Length);
        byte[] table = [.. segments.SelectMany(segment => segment)];
        table.CopyTo(file, 64);
        return file;
    }

    internal static byte[] Static_() => File_(
        ElfType.Executable,
        Segment(ElfSegmentType.Load, 4, 0, 0x400000, 0x500, 0x500),
        Segment(ElfSegmentType.Load, 5, 0x1000, 0x401000, 0x800, 0x800),
        Segment(ElfSegmentType.Load, 6, 0x2010, 0x403010, 0x100, 0x2345),
        Segment(ElfSegmentType.Tls, 4, 0x2010, 0x403010, 0x20, 0x60, 32),
        Segment(ElfSegmentType.GnuStack, 6, 0, 0, 0, 0, 16));

    internal static Errno Parse(byte[] file, out ElfHeader header, out ElfLayout layout, out ParseFault fault, ElfMachine machine = ElfMachine.X64)
    {
        layout = default;
        Errno error = ElfHeader.TryParse(file, (ulong)file.Length, machine, out header, out fault);
        if (error != Errno.None)
            return error;

        ReadOnlySpan<byte> table = file.AsSpan((int)header.ProgramHeaders, header.ProgramHeadersSizeBytes);
        return ElfLayout.TryBuild(in header, table, (ulong)file.Length, UserEnd, out layout, out fault);
    }

    [Fact]
    public void LaysOutAStaticProgram()
    {
        Assert.Equal(Errno.None, Parse(Static_(), out ElfHeader header, out ElfLayout layout, out _));
        Assert.Equal((ElfType.Executable, 0x401020ul, 5), (header.Type, header.Entry, header.ProgramHeaderCount));
        Assert.Equal((0x400000ul, 0x406000ul, 0x405355ul), (layout.Start, layout.End, layout.BreakAddress));
        Assert.Equal((0x400040ul, 0x1000ul), (layout.ProgramHeadersAddress, layout.Alignment));
        Assert.Equal((true, false, false), (layout.HasStackFlags, layout.IsStackExecutable, layout.HasInterpreter));
        Assert.Equal((ElfSegmentType.Tls, 0x60ul, 32ul), (layout.Tls.Type, layout.Tls.MemorySize, layout.Tls.Alignment));
    }

    [Fact]
    public void LaysOutAPositionIndependentProgram()
    {
        byte[] file = File_(
            ElfType.Dynamic,
            Segment(ElfSegmentType.ProgramHeaders, 4, 64, 0x777040, 0x118, 0x118, 8),
            Segment(ElfSegmentType.Interpreter, 4, 0x300, 0x300, 28, 28, 1),
            Segment(ElfSegmentType.Load, 5, 0, 0, 0x900, 0x900, 0x20_0000),
            Segment(ElfSegmentType.Load, 6, 0x1000, 0x201000, 0x100, 0x100, 0x3000),
            Segment(ElfSegmentType.GnuStack, 7, 0, 0, 0, 0));
        Assert.Equal(Errno.None, Parse(file, out ElfHeader header, out ElfLayout layout, out _));
        Assert.Equal(ElfType.Dynamic, header.Type);
        Assert.Equal((true, 0x300ul, 28), (layout.HasInterpreter, layout.InterpreterOffset, layout.InterpreterSize));
        Assert.Equal((0ul, 0x202000ul, 0x20_0000ul), (layout.Start, layout.End, layout.Alignment));
        Assert.Equal((true, 0x777040ul), (layout.IsStackExecutable, layout.ProgramHeadersAddress));
        Assert.Equal(ElfSegmentType.Null, layout.Tls.Type);
    }

    [Theory]
    [InlineData(1, (byte)'X', FaultKind.BadSignature)]
    [InlineData(4, 1, FaultKind.Unsupported)]        // 32 bits
    [InlineData(5, 2, FaultKind.Unsupported)]        // big-endian
    [InlineData(6, 0, FaultKind.BadRevision)]
    [InlineData(16, 1, FaultKind.Unsupported)]       // an object file
    [InlineData(18, 3, FaultKind.Unsupported)]       // another machine
    [InlineData(20, 2, FaultKind.BadRevision)]
    [InlineData(34, 1, FaultKind.Truncated)]         // program headers behind the end
    [InlineData(39, 0xFF, FaultKind.Truncated)]
    [InlineData(54, 32, FaultKind.BadLength)]
    [InlineData(56, 0, FaultKind.BadCount)]
    [InlineData(57, 0x08, FaultKind.BadCount)]       // 2053 headers
    public void RefusesAHeaderThatIsNoProgramForUs(int offset, byte value, FaultKind expected)
    {
        byte[] file = Static_();
        file[offset] = value;
        Assert.Equal(Errno.ENOEXEC, Parse(file, out _, out _, out ParseFault fault));
        Assert.Equal((FirmwarePart.Elf, expected), (fault.Part, fault.Kind));
        Assert.InRange((long)fault.Offset, 0, offset);
    }

    [Fact]
    public void RefusesAFileThatIsTooShort()
    {
        Assert.Equal(Errno.ENOEXEC, Parse(Static_()[..63], out _, out _, out _));
        Assert.Equal(Errno.ENOEXEC, Parse([], out _, out _, out _));
        Assert.Equal(Errno.ENOEXEC, Parse(Static_()[..0x2020], out _, out _, out ParseFault fault));
        Assert.Equal(FaultKind.Truncated, fault.Kind);
        ElfHeader header = default;
        Assert.Equal(Errno.None, ElfHeader.TryParse(Static_(), 0x3000, ElfMachine.X64, out header, out _));
        Assert.Equal(Errno.ENOEXEC, ElfLayout.TryBuild(in header, new byte[100], 0x3000, UserEnd, out _, out _));
    }

    public static TheoryData<byte[], Errno, FaultKind> BadSegments => new()
    {
        { Segment(ElfSegmentType.Load, 5, 0, 0x400000, 0x501, 0x500), Errno.EINVAL, FaultKind.BadLength },
        { Segment(ElfSegmentType.Load, 5, 0, 0x400010, 0x500, 0x500), Errno.EINVAL, FaultKind.BadValue },
        { Segment(ElfSegmentType.Load, 5, 0, UserEnd, 0x500, 0x500), Errno.EINVAL, FaultKind.Overflow },
        { Segment(ElfSegmentType.Load, 5, 0, UserEnd - 0x1000, 0x500, 0x1001), Errno.EINVAL, FaultKind.Overflow },
        { Segment(ElfSegmentType.Load, 5, 0, 0xFFFF_FFFF_FFFF_F000, 0x500, 0x1000), Errno.EINVAL, FaultKind.Overflow },
        { Segment(ElfSegmentType.Load, 5, 0, 0x400000, 0x500, ulong.MaxValue), Errno.EINVAL, FaultKind.Overflow },
        { Segment(ElfSegmentType.Load, 5, 0x3000, 0x400000, 1, 1), Errno.ENOEXEC, FaultKind.Truncated },
        { Segment(ElfSegmentType.Load, 5, ulong.MaxValue - 0xFFF, 0x400000, 0x1000, 0x1000), Errno.ENOEXEC, FaultKind.Truncated },
        { Segment(ElfSegmentType.Interpreter, 4, 0x300, 0, 1, 1), Errno.ENOEXEC, FaultKind.BadLength },
        { Segment(ElfSegmentType.Interpreter, 4, 0x300, 0, 4097, 4097), Errno.ENOEXEC, FaultKind.BadLength },
        { Segment(ElfSegmentType.Interpreter, 4, 0x2FFF, 0, 20, 20), Errno.ENOEXEC, FaultKind.Truncated },
        { Segment(ElfSegmentType.Tls, 4, 0x2FFF, 0, 20, 20), Errno.ENOEXEC, FaultKind.Truncated },
        { Segment(ElfSegmentType.Note, 4, 0, 0, 0, 0), Errno.ENOEXEC, FaultKind.Missing },             // nothing to load
        { Segment(ElfSegmentType.Load, 4, 0, 0x400000, 0, 0), Errno.ENOEXEC, FaultKind.Missing },      // the same
    };

    [Theory]
    [MemberData(nameof(BadSegments))]
    public void RefusesASegmentThatCannotBeMapped(byte[] segment, Errno expected, FaultKind kind)
    {
        Assert.Equal(expected, Parse(File_(ElfType.Executable, segment), out _, out _, out ParseFault fault));
        Assert.Equal(kind, fault.Kind);
    }

    [Fact]
    public void ReadsTheProgramThatRunsThisTest()
    {
        bool isX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        Assert.SkipUnless(OperatingSystem.IsLinux() && (isX64 || RuntimeInformation.ProcessArchitecture == Architecture.Arm64), "needs an ELF host");
        byte[] file = File.ReadAllBytes(Environment.ProcessPath!);
        Errno error = Parse(file, out ElfHeader header, out ElfLayout layout, out _, isX64 ? ElfMachine.X64 : ElfMachine.Arm64);
        Assert.Equal(Errno.None, error);
        Assert.True(header.Entry < layout.End);
        Assert.True(layout.HasInterpreter);
        string interpreter = Encoding.ASCII.GetString(file, (int)layout.InterpreterOffset, layout.InterpreterSize - 1);
        Assert.Contains("/ld-", interpreter, StringComparison.Ordinal);
        Assert.Equal(Errno.ENOEXEC, Parse(file, out _, out _, out _, isX64 ? ElfMachine.Arm64 : ElfMachine.X64));
    }
}
